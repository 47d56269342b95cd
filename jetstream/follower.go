package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/internal/crashpoint"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

const (
	// followHeartbeat is the smallest interval that nats.go allows. After two missed heartbeats
	// the follower asks whether its consumer still exists. So a follower whose consumer's node
	// died is silent for two seconds, and not for the default of ten.
	followHeartbeat = 500 * time.Millisecond
	// aliveTimeout is how long a silent consumer may take to say that it still exists.
	aliveTimeout = time.Second
	// stopTimeout is how long a consumer that is given up may take to stop.
	stopTimeout = 5 * time.Second
	// levelAfter is how long nothing must have been delivered before a follower asks whether
	// there is anything more.
	levelAfter  = 200 * time.Millisecond
	followBatch = 512 // most events applied together, and half of what is requested from the consumer at a time
)

// follower reads one shard, in order, into the view and from there into the tail. It wakes the
// cursors whose users the events concern. It always starts at the view's own position. It never
// starts at "new", which would skip the events between two consumers.
type follower struct {
	shard    int
	js       jetstream.JetStream
	engine   Engine
	view     *view.View
	tail     *tail
	readers  *readers
	sight    *sight
	erase    chan struct{} // the eraser's channel: poked when something was deleted
	partings *partings
	copy     *copies.Reader // for run's goroutine only
	log      *slog.Logger

	waiting atomic.Int32   // how many callers await a position
	telling sync.WaitGroup // the functions of owed that are not called yet

	mu      sync.Mutex // protects following
	changed chan struct{}
	owed    []owed // ascending by pos
}

// run follows the shard until ctx ends. If a consumer cannot be made, or a batch cannot be
// applied, run tries again from the view's position. So nothing is skipped.
func (f *follower) run(ctx context.Context) {
	for failed := uint64(0); ctx.Err() == nil; {
		err := f.follow(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if at := f.view.Position(f.shard) + 1; at != failed { // logged once for each position
			f.log.WarnContext(ctx, "follower starts again", "shard", f.shard, "from", at, "error", err)
			failed = at
		}
		rest(ctx, err, f.view.Room)
	}
}

// follow makes a consumer and applies what it delivers, until the consumer fails or ctx ends.
func (f *follower) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	consumer, err := f.consumer(ctx)
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
	}
	defer f.deleteConsumer(ctx, consumer)
	f.copy.Source = hostOf(consumer, f.engine)
	msgs, silent := make(chan jetstream.Msg, 2*followBatch), make(chan struct{}, 1)
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		select {
		case msgs <- m:
		case <-ctx.Done():
		}
	}, jetstream.PullMaxMessages(2*followBatch), jetstream.PullHeartbeat(followHeartbeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if errors.Is(err, jetstream.ErrNoHeartbeat) {
				poke(silent)
				return
			}
			cancel(err)
		}))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	defer func() {
		consuming.Stop()
		cancel(nil) // lets a handler that waits for room return
		select {
		case <-consuming.Closed():
		// The shard goes on anyway. Nobody reads the messages that come late.
		case <-time.After(stopTimeout):
			f.log.ErrorContext(ctx, "consumer did not stop", "shard", f.shard)
		}
	}()
	if err := f.applyAll(ctx, consumer, msgs, silent); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (f *follower) applyAll(ctx context.Context, consumer jetstream.Consumer, msgs <-chan jetstream.Msg, silent <-chan struct{}) error {
	var delivered uint64 // messages delivered by this consumer
	idle := time.NewTicker(levelAfter)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-msgs:
			// Gosched lets more messages arrive. Under load, events are then applied by the
			// dozen and not in pairs.
			runtime.Gosched()
			idle.Reset(levelAfter)
			events, err := f.gather(m, msgs, &delivered)
			if err == nil {
				err = f.apply(ctx, events)
			}
			if err != nil {
				return err
			}
		case <-silent:
			if err := alive(ctx, consumer); err != nil {
				return err
			}
		case <-idle.C:
			if f.waiting.Load() > 0 {
				f.level(ctx)
			}
		}
	}
}

// alive asks a silent consumer whether it still exists. If it does, the consumer has been asked
// for messages again already. A machine that was busy for a second is no reason to make a new
// consumer. To make one needs the cluster's meta leader, and an election if the meta leader has
// just died.
func alive(ctx context.Context, consumer jetstream.Consumer) error {
	ctx, cancel := context.WithTimeout(ctx, aliveTimeout)
	defer cancel()
	if _, err := consumer.Info(ctx); err != nil {
		return fmt.Errorf("consumer has fallen silent: %w", err)
	}
	return nil
}

// poke puts a token into a channel of capacity one, unless it holds one already.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// level moves the view's position past messages that are gone. When an operator purges the end
// of a stream, nothing is delivered for the purged messages. A caller that waits for the
// stream's last pos would then wait forever. level runs only while a caller waits.
//
// It proves nothing that no more messages are pending: the consumer reads this node's replica,
// which may be behind the leader after a restart. So the leader itself must say that the
// messages are gone.
func (f *follower) level(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, levelAfter)
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
		f.log.ErrorContext(ctx, "view not moved past purged messages", "shard", f.shard, "error", err)
		return
	}
	f.tail.skip(upto)
	f.announce()
}

// gather collects the messages that are queued behind the first one. It does not wait for more.
func (f *follower) gather(m jetstream.Msg, msgs <-chan jetstream.Msg, delivered *uint64) ([]view.Event, error) {
	events := make([]view.Event, 0, 1+min(len(msgs), followBatch))
	for {
		ev, err := eventOf(m, delivered)
		if err != nil {
			return nil, err
		}
		events = append(events, ev)
		if len(events) == followBatch {
			return events, nil
		}
		select {
		case m = <-msgs:
		default:
			return events, nil
		}
	}
}

// eventOf turns a message of the stream into an event. The consumer's own count shows whether a
// message was lost on the way. If so, everything is read again from the view's position. A
// subject of an unknown form cannot come from a writer. Its message keeps its pos and belongs
// to no channel.
func eventOf(m jetstream.Msg, delivered *uint64) (view.Event, error) {
	meta, err := m.Metadata()
	if err != nil {
		return view.Event{}, fmt.Errorf("metadata: %w", err)
	}
	*delivered++
	if meta.Sequence.Consumer != *delivered {
		return view.Event{}, fmt.Errorf("consumer delivered %d as its message %d", meta.Sequence.Consumer, *delivered)
	}
	return view.Event{Pos: meta.Sequence.Stream, Channel: channelOf(m.Subject()), Record: m.Data(), Unsure: true}, nil
}

// take applies events to the view, and informs everything that waits for them.
func (f *follower) take(ctx context.Context, events []view.Event) error {
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
	f.announce()
	erases := slices.ContainsFunc(applied, deletes)
	if erases || f.view.Voided(f.shard) > voided {
		poke(f.erase)
	}
	f.sight.tell(applied)
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

// await returns once the view has applied the shard up to pos.
func (f *follower) await(ctx context.Context, pos uint64) error {
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
