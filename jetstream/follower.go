package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/internal/crashpoint"
	"natterjack/jetstream/internal/ordered"
	"natterjack/jetstream/internal/wake"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// goneTimeout is how long the leader may take to say which messages are gone.
const goneTimeout = 200 * time.Millisecond

// follower reads one shard, in order, into the view and from there into the tail. It wakes the
// cursors whose users the events concern. It starts at the view's own position, again and again,
// so nothing is skipped.
type follower struct {
	shard    int
	js       jetstream.JetStream
	engine   Engine
	view     *view.View
	tail     *tail
	readers  *readers
	sight    *sight
	owners   *owners
	news     *news
	erase    chan struct{} // the eraser's channel: poked when something was deleted
	partings *partings
	sent     func(applied []view.Applied) // is called with the applied events, to tell whose sends they are
	copy     *copies.Reader               // for run's goroutine only
	log      *slog.Logger

	waiting atomic.Int32   // how many callers await a position
	telling sync.WaitGroup // the functions of owed that are not called yet

	mu      sync.Mutex // protects following
	changed chan struct{}
	owed    []owed // ascending by pos
}

// run follows the shard until ctx ends.
func (f *follower) run(ctx context.Context) {
	r := ordered.Reader{
		JS: f.js, Stream: StreamName(f.shard), Node: f.engine.Name(), Here: true, Sink: f, Log: f.log,
		Opened: func(host string, _ uint64) { f.copy.Source = host },
		Idle: func(ctx context.Context) {
			if f.waiting.Load() > 0 {
				f.level(ctx)
			}
		},
		Rest: func(ctx context.Context, after error) { rest(ctx, after, f.view.Room) },
	}
	r.Run(ctx)
}

// Position implements [ordered.Sink].
func (f *follower) Position() uint64 { return f.view.Position(f.shard) }

// Take implements [ordered.Sink]. A subject of an unknown form cannot come from a writer. Its
// message keeps its pos and belongs to no channel.
func (f *follower) Take(ctx context.Context, msgs []ordered.Message) error {
	events := make([]view.Event, len(msgs))
	for i := range msgs {
		m := &msgs[i]
		events[i] = view.Event{Pos: m.Seq, Channel: channelOf(m.Subject), Record: m.Data, Unsure: true}
	}
	return f.apply(ctx, events)
}

// level moves the view's position past messages that are gone. When an operator purges the end
// of a stream, nothing is delivered for the purged messages. A caller that waits for the
// stream's last pos would then wait forever. level runs only while a caller waits.
//
// It proves nothing that no more messages are pending: the consumer reads this node's replica,
// which may be behind the leader after a restart. So the leader itself must say that the
// messages are gone.
func (f *follower) level(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, goneTimeout)
	defer cancel()
	at := f.view.Position(f.shard)
	upto, err := goneUpto(asking, f.js, f.shard, at)
	if err != nil || upto <= at {
		return // the caller that waits asks again
	}
	if lost, err := f.lostUpto(ctx, upto); err != nil || lost {
		return
	}
	if _, err := f.view.Apply(f.shard, nil, upto); err != nil {
		f.log.ErrorContext(ctx, "the view could not be moved past purged messages", "shard", f.shard, "error", err)
		return
	}
	f.tail.skip(upto)
	f.announce()
}

// applyWhole applies events to the view, and informs everything that waits for them.
func (f *follower) applyWhole(ctx context.Context, events []view.Event) error {
	if len(events) == 0 {
		return nil
	}
	crashpoint.Reach(crashpoint.BeforeApply)
	voided := f.view.Voided(f.shard)
	applied, err := f.view.Apply(f.shard, events, 0)
	for err != nil && f.mendRecord(ctx, events, err) {
		applied, err = f.view.Apply(f.shard, events, 0)
	}
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	crashpoint.Reach(crashpoint.AfterApply)
	f.owners.tell(applied) // before anybody learns that the view is this far
	f.announce()
	erases := slices.ContainsFunc(applied, deletes)
	if erases || f.view.Voided(f.shard) > voided {
		wake.Up(f.erase)
	}
	f.sight.tell(applied)
	f.news.note(applied)
	f.partings.note(applied)
	defer f.pay()
	r := round{
		upto:    f.view.Position(f.shard),
		unknown: slices.ContainsFunc(applied, func(a view.Applied) bool { return a.Unknown }),
		erases:  erases,
		entries: func() []*Entry { return entriesOf(f.shard, applied) },
	}
	if len(applied) > 0 {
		r.first = applied[0].Pos
	}
	for _, e := range f.shelve(&r) {
		f.readers.wake(e)
	}
	f.sent(applied)
	return nil
}

// round is a group of events that the view has just applied, on its way to the cursors.
type round struct {
	first, upto uint64          // pos
	unknown     bool            // it is not known who may see some of the events
	erases      bool            // the round erases earlier events
	entries     func() []*Entry // not used if unknown
}

// shelve puts a round where cursors find it. It returns the entries whose readers must still be
// woken.
func (f *follower) shelve(r *round) []*Entry {
	if f.readers.none() {
		f.tail.skip(r.upto) // a cursor that starts later begins at the view's position or reads the view
		return nil
	}
	if r.unknown { // the first reader came after the events were applied
		f.tail.skip(r.upto)
		f.readers.wakeAll(f.shard, r.first)
		return nil
	}
	entries := r.entries()
	if r.erases {
		// The tail may hold erased content. The view holds it blank, and serves the readers
		// that are behind.
		f.tail.skip(r.upto)
	} else {
		f.tail.append(entries)
	}
	crashpoint.Reach(crashpoint.AfterTail)
	return entries
}

func entriesOf(shard int, applied []view.Applied) []*Entry {
	entries := make([]*Entry, len(applied))
	for i := range applied {
		entries[i] = newEntry(shard, &applied[i])
	}
	return entries
}

// deletes reports whether an event leaves something to be erased from the stream.
func deletes(a view.Applied) bool {
	return a.Kind == wire.KindDelete || a.Deleted
}

// Await implements [write.Follower]. It returns once the view has applied the shard up to pos.
func (f *follower) Await(ctx context.Context, pos uint64) error {
	f.waiting.Add(1)
	defer f.waiting.Add(-1)
	for {
		changed := f.watch()
		if f.view.Position(f.shard) >= pos {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// watch returns a channel that is closed at the next change of the view's position.
func (f *follower) watch() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.changed
}

func (f *follower) announce() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}
