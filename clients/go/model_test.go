package natter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"natterjack/server/wire"
)

// plan is one run of the model: how much each sender sends, over which transport, and which
// faults happen.
type plan struct {
	seed      uint64
	transport Transport
	faults    map[fault]int
	channels  int
	senders   int // number in each channel
	messages  int // number of each sender
	buffer    int
	slow      bool
}

func drawPlan(t *rapid.T) plan {
	p := plan{
		seed:      rapid.Uint64().Draw(t, "seed"),
		transport: rapid.SampledFrom([]Transport{WebSocket, Stream, Poll}).Draw(t, "transport"),
		channels:  rapid.IntRange(1, 4).Draw(t, "channels"),
		senders:   rapid.IntRange(1, 2).Draw(t, "senders"),
		messages:  rapid.IntRange(1, 6).Draw(t, "messages"),
		buffer:    rapid.IntRange(1, 40).Draw(t, "buffer"),
		slow:      rapid.Bool().Draw(t, "slow"),
		faults:    map[fault]int{},
	}
	for f := none + 1; f < kinds; f++ {
		p.faults[f] = rapid.IntRange(0, 3).Draw(t, fmt.Sprint("fault ", f))
	}
	return p
}

// Whatever a server does, every send is stored once, and its ack matches the stored message. A
// sender's messages keep their order. Every event comes out once, in the order of its channel,
// unless a reset was told.
func TestModel(t *testing.T) {
	var happened [kinds]int
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		var problems []string
		synctest.Test(t, func(t *testing.T) {
			run := &modelRun{plan: p, server: newFaulty(p.seed, 3, maps.Clone(p.faults)), next: map[string]uint64{}}
			run.run(t)
			problems = run.problems
			for f, n := range run.server.done {
				happened[f] += n
			}
		})
		if len(problems) > 0 {
			rt.Fatalf("%+v: %v", p, problems)
		}
	})
	for f := none + 1; f < kinds; f++ {
		if happened[f] == 0 {
			t.Errorf("fault %d never happened", f)
		}
	}
}

type modelRun struct {
	plan
	server *faulty
	client *Client

	mu       sync.Mutex // guards the following
	problems []string
	next     map[string]uint64 // per channel, the next seq in Events; 0 if any may come
	resets   int
	seen     int
}

func (r *modelRun) wrong(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.problems) < 5 {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

func (r *modelRun) run(t *testing.T) {
	t.Helper()
	r.client = serve(t, r.server.handler).start(t, func(o *Options) {
		o.Transport, o.MaxEvents = r.transport, r.buffer
	})
	if _, err := r.client.Session(t.Context()); err != nil {
		r.wrong("session: %v", err)
		return
	}
	for _, c := range r.names() {
		r.next[c] = 1
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Hour)
	var reader, senders sync.WaitGroup
	reader.Go(func() { r.read(ctx) })
	for _, c := range r.names() {
		for range r.senders {
			senders.Go(func() { r.send(ctx, c) })
		}
		senders.Go(func() { r.others(c) })
	}
	senders.Wait()
	r.server.heal()
	// An event that a session left out shows when its channel goes on.
	for _, c := range r.names() {
		r.server.store("bob", &wire.Send{Channel: c, ClientID: "last" + c, Content: wire.Content{Text: "last"}})
	}
	time.Sleep(10 * time.Minute)
	stop()
	reader.Wait()
	r.check()
}

func (r *modelRun) names() (names []string) {
	for i := range r.channels {
		names = append(names, wire.DirectChannel("alice", fmt.Sprint("bob", i)))
	}
	return names
}

// send runs one sender, which waits for each ack.
func (r *modelRun) send(ctx context.Context, channel string) {
	last := uint64(0)
	for range r.messages {
		ack, err := r.client.Send(ctx, channel, "hi")
		if err != nil {
			r.wrong("send: %v", err)
			return
		}
		if ack.Seq <= last || ack.Channel != channel {
			r.wrong("ack %+v after seq %d", ack, last)
		}
		last = ack.Seq
		r.server.mu.Lock()
		stored := r.server.byName["alice "+ack.ClientID]
		r.server.mu.Unlock()
		if ack.Ref = stored.Ref; ack != stored {
			r.wrong("ack %+v, stored %+v", ack, stored)
		}
	}
}

// others sends messages of other users meanwhile.
func (r *modelRun) others(channel string) {
	for i := range r.messages {
		r.server.store("bob", &wire.Send{Channel: channel, ClientID: fmt.Sprint(channel, i), Content: wire.Content{Text: "ho"}})
		time.Sleep(rand.N(20 * time.Second))
	}
}

func (r *modelRun) read(ctx context.Context) {
	for ev, err := range r.client.Events(ctx) {
		switch {
		case errors.Is(err, ErrFatal):
			if !errors.Is(err, context.Canceled) {
				r.wrong("events ended: %v", err)
			}
			return
		case errors.Is(err, ErrReset):
			if _, gap := errors.AsType[*GapError](err); gap {
				r.wrong("a gap in a log that has none: %v", err)
			}
			r.resets++
			clear(r.next)
		case isDisconnected(err):
		case err != nil:
			r.wrong("among the events: %v", err)
		default:
			r.take(&ev)
		}
		if r.slow {
			time.Sleep(rand.N(5 * time.Second))
		}
	}
}

func (r *modelRun) take(ev *Event) {
	r.seen++
	if due := r.next[ev.Channel]; due != 0 && ev.Seq != due {
		r.wrong("event %d of %s where %d was due", ev.Seq, ev.Channel, due)
	}
	r.next[ev.Channel] = ev.Seq + 1
}

func (r *modelRun) check() {
	want := 0
	for _, c := range r.names() {
		stored := r.server.seqs[c]
		if due := uint64(r.messages*(r.senders+1) + 1); stored != due {
			r.wrong("%d messages of %s are stored, not %d", stored, c, due)
		}
		if r.resets == 0 && r.next[c] != stored+1 {
			r.wrong("%s was read up to %d of %d", c, r.next[c]-1, stored)
		}
		want += int(stored)
	}
	if r.resets == 0 && r.seen != want {
		r.wrong("%d events of %d", r.seen, want)
	}
	if r.resets != r.server.done[forget] {
		// Forgetting before there was a position, and two of them in a row, give less than one
		// reset each.
		if r.resets > r.server.done[forget] {
			r.wrong("%d resets told, %d happened", r.resets, r.server.done[forget])
		}
	}
}
