package receipts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// fakeStream is a stream in memory that counts, and that fails or is in conflict when told.
type fakeStream struct {
	mu     sync.Mutex
	rev    uint64
	values map[key]Mark
	revs   map[key]uint64
	rounds []int // how many writes each put had
	fail   error
}

func newFakeStream() *fakeStream { return &fakeStream{values: map[key]Mark{}, revs: map[key]uint64{}} }

func (s *fakeStream) put(_ context.Context, writes []write) []result {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rounds = append(s.rounds, len(writes))
	results := make([]result, len(writes))
	for i, w := range writes {
		switch {
		case s.fail != nil:
			results[i].err = s.fail
		case s.revs[w.key] != w.after:
			results[i].err = errConflict
		default:
			results[i].rev = s.store(w.key, w.Mark)
		}
	}
	return results
}

func (s *fakeStream) store(k key, m Mark) uint64 {
	s.rev++
	s.values[k], s.revs[k] = m, s.rev
	return s.rev
}

func (s *fakeStream) last(_ context.Context, k key) (Mark, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[k], s.revs[k], s.fail
}

func (s *fakeStream) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *fakeStream) counts() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int(nil), s.rounds...)
}

// runWriter runs a writer over a fake stream until the end of the bubble's test or stop.
func runWriter(t *testing.T) (w *writer, s *fakeStream, stop func()) {
	t.Helper()
	s = newFakeStream()
	table := newTable()
	w = newWriter(0, table, s, func(k key, m Mark, rev uint64) {
		_, after := table.apply(k, m, rev)
		w.settle(k, after)
	}, logger(t))
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(stop)
	return w, s, stop
}

func accept(t *testing.T, w *writer, user string, m Mark) {
	t.Helper()
	acceptIn(t, w, "alice~bob", user, m)
}

func acceptIn(t *testing.T, w *writer, channel, user string, m Mark) {
	t.Helper()
	if _, _, err := w.accept(key{channel, user}, m); err != nil {
		t.Fatal(err)
	}
}

// TestWriter_coalesces: what is said a hundred times a second is written at once, and then twice a second.
func TestWriter_coalesces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _ := runWriter(t)
		time.Sleep(time.Minute) // that nothing was said before must not save up writes
		for n := range uint64(1000) {
			accept(t, w, "alice", Mark{Read: n + 1})
			accept(t, w, "bob", Mark{Delivered: n + 1})
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(pause)
		rounds := s.counts()
		if len(rounds) < 19 || len(rounds) > 22 {
			t.Errorf("%d rounds in ten seconds, want one each %v", len(rounds), pause)
		}
		for i, n := range rounds[1:] {
			if n != 2 {
				t.Errorf("round %d had %d writes, want both cursors together", i+1, n)
			}
		}
		want := map[key]Mark{{"alice~bob", "alice"}: {1000, 1000}, {"alice~bob", "bob"}: {0, 1000}}
		s.set(func() {
			if !maps.Equal(s.values, want) {
				t.Errorf("stored %v, want %v", s.values, want)
			}
		})
		time.Sleep(time.Hour)
		if again := s.counts(); len(again) != len(rounds) {
			t.Errorf("%d rounds with nothing to write", len(again)-len(rounds))
		}
	})
}

// TestWriter_mergesOnConflict: another node has moved the cursor, further in one respect and less far in the other.
func TestWriter_mergesOnConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _ := runWriter(t)
		k := key{"alice~bob", "alice"}
		s.set(func() { s.store(k, Mark{Read: 2, Delivered: 9}) })
		accept(t, w, "alice", Mark{Read: 5})
		time.Sleep(2 * pause)
		s.set(func() {
			if got, want := s.values[k], (Mark{5, 9}); got != want {
				t.Errorf("stored %v, want %v", got, want)
			}
		})
		if left := w.waiting(k); left != (Mark{}) {
			t.Errorf("%v waits still", left)
		}
	})
}

// TestWriter_triesAgain: while the stream takes no writes what is accepted waits, up to a bound, and is written when it does again.
func TestWriter_triesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, stop := runWriter(t)
		s.set(func() { s.fail = errors.New("no leader") })
		for i := range maxAccepted {
			acceptIn(t, w, fmt.Sprint("c", i), "alice", Mark{Read: 1})
		}
		_, _, err := w.accept(key{"one too many", "alice"}, Mark{Read: 1})
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != wire.CodeUnavailable || !e.Retryable {
			t.Errorf("accept: %v, want it to be refused for now", err)
		}
		acceptIn(t, w, "c7", "alice", Mark{Read: 2}) // those that wait may move on
		time.Sleep(3 * pause)
		s.set(func() { s.fail = nil })
		time.Sleep(pause)
		stop()
		s.set(func() {
			if len(s.values) != maxAccepted || s.values[key{"c7", "alice"}].Read != 2 {
				t.Errorf("%d cursors stored, want %d", len(s.values), maxAccepted)
			}
		})
	})
}

// TestWriter_writesBeforeItStops: what was accepted in the pause is not lost in an orderly stop.
func TestWriter_writesBeforeItStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, stop := runWriter(t)
		accept(t, w, "alice", Mark{Read: 1})
		synctest.Wait()
		accept(t, w, "alice", Mark{Read: 2})
		stop()
		s.set(func() {
			if got := s.values[key{"alice~bob", "alice"}].Read; got != 2 {
				t.Errorf("stored %d, want 2", got)
			}
		})
	})
}
