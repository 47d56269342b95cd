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

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// fakeStream is a stream in memory that is its own follower, and that fails when told to.
type fakeStream struct {
	memory *memory

	mu     sync.Mutex
	seq    uint64
	values map[key]view.Receipt
	rounds []int // how many cursors each record had
	fail   error
	deaf   bool // no follower applies the records
}

func (s *fakeStream) put(_ context.Context, writes []write) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rounds = append(s.rounds, len(writes))
	if s.fail != nil {
		return 0, s.fail
	}
	s.seq++
	var moves []view.ReceiptMoved
	for _, w := range writes {
		before := s.values[w.key]
		now := markOf(&before).merge(w.Mark)
		after := view.Receipt{Channel: w.channel, User: w.user, Read: now.Read, Delivered: now.Delivered, At: s.seq}
		s.values[w.key] = after
		moves = append(moves, view.ReceiptMoved{Before: before, After: after})
	}
	if !s.deaf {
		s.memory.take(moves)
	}
	return s.seq, nil
}

func (s *fakeStream) find(channel, user string) (view.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key{channel, user}], nil
}

func (s *fakeStream) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *fakeStream) marks() map[key]Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	marks := map[key]Mark{}
	for k, r := range s.values {
		marks[k] = markOf(&r)
	}
	return marks
}

func (s *fakeStream) counts() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int(nil), s.rounds...)
}

// runWriter runs a writer over a fake stream until stop is called or the bubble's test ends.
func runWriter(t *testing.T) (w *writer, s *fakeStream, stop func()) {
	t.Helper()
	s = &fakeStream{values: map[key]view.Receipt{}}
	s.memory = newMemory(s.find)
	w = newWriter(0, s.memory, s, func() error { return nil }, logger(t))
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

// TestWriter_coalesces: of a hundred moves a second the first is written at once, and after
// that there are four writes a second.
func TestWriter_coalesces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _ := runWriter(t)
		time.Sleep(time.Minute) // the silence must not save up writes
		for n := range uint64(1000) {
			accept(t, w, "alice", Mark{Read: n + 1})
			accept(t, w, "bob", Mark{Delivered: n + 1})
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(writePause)
		rounds := s.counts()
		if len(rounds) < 39 || len(rounds) > 42 {
			t.Errorf("%d records in ten seconds, want one each %v", len(rounds), writePause)
		}
		for i, n := range rounds[1:] {
			if n != 2 {
				t.Errorf("record %d had %d cursors, want both together", i+1, n)
			}
		}
		want := map[key]Mark{{"alice~bob", "alice"}: {1000, 1000}, {"alice~bob", "bob"}: {0, 1000}}
		if got := s.marks(); !maps.Equal(got, want) {
			t.Errorf("stored %v, want %v", got, want)
		}
		accept(t, w, "alice", Mark{Read: 999})
		accept(t, w, "bob", Mark{Delivered: 1000})
		time.Sleep(time.Hour)
		if again := s.counts(); len(again) != len(rounds) {
			t.Errorf("%d records with nothing to write", len(again)-len(rounds))
		}
	})
}

// TestWriter_triesAgain: while the stream takes no writes, moves wait, up to a limit on their
// number and on the time. They are written when the stream takes writes again.
func TestWriter_triesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, stop := runWriter(t)
		s.set(func() { s.fail = errTest })
		for i := range maxSaid {
			acceptIn(t, w, fmt.Sprint("c", i), "alice", Mark{Read: 1})
		}
		refused(t, w, "one too many", wire.CodeUnavailable)
		acceptIn(t, w, "c7", "alice", Mark{Read: 2}) // cursors that wait may move on
		time.Sleep(bearFor - time.Second)
		acceptIn(t, w, "c7", "alice", Mark{Read: 3})
		time.Sleep(2 * time.Second)
		refused(t, w, "c7", wire.CodeUnavailable)
		if before, after, err := w.accept(key{"c7", "alice"}, Mark{Read: 3}); before != after || err != nil {
			t.Errorf("what was promised is refused now: %v", err)
		}
		s.set(func() { s.fail = nil })
		time.Sleep(2 * writePause)
		acceptIn(t, w, "c8", "alice", Mark{Read: 9})
		stop()
		if got := s.marks(); len(got) != maxSaid || got[key{"c7", "alice"}].Read != 3 || got[key{"c8", "alice"}].Read != 9 {
			t.Errorf("%d cursors stored, want %d", len(got), maxSaid)
		}
	})
}

// TestWriter_full: when the store is full, no new moves are accepted until the store takes the
// accepted ones.
func TestWriter_full(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _ := runWriter(t)
		s.set(func() { s.fail = refine(&jetstream.APIError{ErrorCode: 10077}) })
		accept(t, w, "alice", Mark{Read: 1})
		synctest.Wait()
		refused(t, w, "alice~bob", wire.CodeStorageFull)
		refused(t, w, "alice~carol", wire.CodeStorageFull)
		s.set(func() { s.fail = nil })
		time.Sleep(2 * writePause)
		w.room = func() error { return wire.Errorf(wire.CodeStorageFull, "full") }
		refused(t, w, "alice~carol", wire.CodeStorageFull)
		accept(t, w, "alice", Mark{Read: 1}) // changes nothing
		w.room = func() error { return nil }
		acceptIn(t, w, "alice~carol", "alice", Mark{Read: 100})
	})
}

func refused(t *testing.T, w *writer, channel string, want wire.Code) {
	t.Helper()
	_, _, err := w.accept(key{channel, "alice"}, Mark{Read: 100})
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != want || !e.Retryable {
		t.Errorf("accept: %v, want %s", err, want)
	}
}

// TestWriter_saysItAgain: a record that was stored and did not reach the view may have been
// purged, so it is written again.
func TestWriter_saysItAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _ := runWriter(t)
		s.set(func() { s.deaf = true })
		accept(t, w, "alice", Mark{Read: 1})
		time.Sleep(sayAgain / 2)
		if n := len(s.counts()); n != 1 {
			t.Errorf("written %d times, want once", n)
		}
		s.set(func() { s.deaf = false })
		time.Sleep(sayAgain)
		if n := len(s.counts()); n != 2 || w.memory.waiting() {
			t.Errorf("written %d times, want twice; something waits: %v", n, w.memory.waiting())
		}
	})
}

// TestWriter_writesBeforeItStops: moves that were accepted during the pause are not lost in an
// orderly stop.
func TestWriter_writesBeforeItStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, stop := runWriter(t)
		accept(t, w, "alice", Mark{Read: 1})
		synctest.Wait()
		accept(t, w, "alice", Mark{Read: 2})
		stop()
		if got := s.marks()[key{"alice~bob", "alice"}].Read; got != 2 {
			t.Errorf("stored %d, want 2", got)
		}
	})
}

// TestMemory_isBounded: memory remembers the cursors that were requested most recently.
func TestMemory_isBounded(t *testing.T) {
	asked := 0
	m := newMemory(func(string, string) (view.Receipt, error) {
		asked++
		return view.Receipt{Read: 1, Delivered: 1}, nil
	})
	for i := range 10 * maxRecent {
		for _, channel := range []string{"hot", fmt.Sprint("c", i)} {
			if got, err := m.own(key{channel, "alice"}); got != (Mark{1, 1}) || err != nil {
				t.Fatal(got, err)
			}
		}
	}
	if n := len(m.young) + len(m.old); n > maxRecent || asked != 10*maxRecent+1 {
		t.Errorf("%d are remembered, want %d at most; %d were asked for", n, maxRecent, asked)
	}
}

// TestMemory_remembersNothingOld: a cursor that was read from the view before a batch is not
// remembered after it.
func TestMemory_remembersNothingOld(t *testing.T) {
	disk := view.Receipt{Channel: "alice~bob", User: "alice", Read: 1, Delivered: 1}
	var m *memory
	apply := func() {}
	m = newMemory(func(string, string) (view.Receipt, error) {
		found := disk
		apply()
		return found, nil
	})
	apply = func() {
		next := disk
		next.Read, next.Delivered = 2, 2
		m.step()
		m.take([]view.ReceiptMoved{{Before: disk, After: next}})
		disk = next
		m.step()
		apply = func() {}
	}
	k := key{"alice~bob", "alice"}
	for range 2 {
		if _, err := m.own(k); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := m.own(k); got.Read != 2 || err != nil {
		t.Errorf("remembered %v, %v", got, err)
	}
}
