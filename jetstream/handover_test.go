package jetstream

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"natterjack/jetstream/internal/wake"
)

// handover is a cursor of one user over the tail of one shard, without a follower or a session.
type handover struct {
	tail    tail
	readers *readers
	cursor  Cursor
	woken   chan struct{}
}

func newHandover() *handover {
	h := &handover{readers: newReaders(), woken: make(chan struct{}, 1)}
	h.cursor = Cursor{log: &Log{delivery: delivery{shelf: shelves{tails: []*tail{&h.tail}}, readers: h.readers}}, user: "bob", waker: h, at: make([]uint64, 1)}
	h.readers.add(&h.cursor)
	return h
}

func (h *handover) Wake(bool) { wake.Up(h.woken) }

// put hands on an event at a pos, as the follower does.
func (h *handover) put(pos uint64) {
	e := &Entry{pos: pos, members: []string{"bob"}, frame: make([]byte, 64)}
	h.tail.append([]*Entry{e})
	h.readers.wake(e)
}

// positions reads the events behind the cursor, as a flush does.
func (h *handover) positions(tb testing.TB) (out []uint64) {
	tb.Helper()
	for more := true; more; {
		entries, again, err := h.cursor.Next(nil, math.MaxInt)
		if err != nil {
			tb.Fatalf("next: %v", err)
		}
		for _, e := range entries {
			out = append(out, e.pos)
		}
		more = again
	}
	return out
}

// TestCursor_takesReadyAndMarkAtOnce shows that a cursor takes its ready entries and its mark
// together, even if a burst has filled the ready entries and goes on.
func TestCursor_takesReadyAndMarkAtOnce(t *testing.T) {
	h := newHandover()
	h.put(1)
	h.positions(t)
	for pos := uint64(2); pos <= 2+maxReady; pos++ {
		h.put(pos)
	}
	room := math.MaxInt
	got, marked := h.cursor.take(nil, 0, &room)
	if len(got) != maxReady || !marked {
		t.Errorf("took %d entries, marked: %v; want the %d that were ready, and the mark", len(got), marked, maxReady)
	}
	if want := uint64(1 + maxReady); h.cursor.at[0] != want {
		t.Errorf("the cursor stands at %d, want it at %d, before the mark", h.cursor.at[0], want)
	}
}

// TestCursor_burstWhileItReads hands on bursts in one goroutine while another reads all the
// time. Each burst begins when the last one has come out.
func TestCursor_burstWhileItReads(t *testing.T) {
	const bursts, burst = 1_000, maxReady + 1
	h := newHandover()
	var came atomic.Uint64
	var putting sync.WaitGroup
	putting.Go(func() {
		for pos := uint64(0); pos < bursts*burst; {
			for came.Load() < pos {
				runtime.Gosched()
			}
			for range burst {
				pos++
				h.put(pos)
			}
		}
	})
	want := uint64(1)
	for want <= bursts*burst {
		for _, pos := range h.positions(t) {
			if pos != want {
				t.Errorf("saw %d after %d", pos, want-1)
			}
			want = pos + 1
			came.Store(pos)
		}
	}
	putting.Wait()
}

// TestCursor_findsWhatItPassedOver makes a cursor step over entries that became ready for it.
// It must still find them.
func TestCursor_findsWhatItPassedOver(t *testing.T) {
	l := alone(t)
	bob, _ := follow(t, l, "bob", nil)
	const n = 20
	for i := range n {
		ack := mustSend(t, l, "alice", text("bob", fmt.Sprint("c", i), "hi"))
		if i == 0 {
			bob.readTo(t, "c0")
		}
		if i > 0 && i < n-1 {
			<-bob.woken
			shard := l.layout.shardOf("alice~bob")
			if err := l.shards[shard].follower.Await(t.Context(), ack.Pos); err != nil {
				t.Fatal(err)
			}
			bob.cursor.at[shard] = ack.Pos
		}
	}
	bob.readTo(t, fmt.Sprint("c", n-1))
	if got := len(messages(t, bob.seen)); got != n {
		t.Errorf("saw %d messages, want %d", got, n)
	}
	if got := l.Holes(); got != n-2 {
		t.Errorf("%d events were found missing, want %d", got, n-2)
	}
}
