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
	// followHeartbeat is the smallest that nats.go allows. After two missed ones the consumer is asked whether it is there, so that a
	// follower whose consumer's node died is silent for two seconds instead of the ten of the default.
	followHeartbeat = 500 * time.Millisecond
	// aliveTimeout is how long a consumer that has fallen silent may take to say that it is still there.
	aliveTimeout = time.Second
	// stopTimeout is how long a consumer that is given up may take to stop.
	stopTimeout = 5 * time.Second
	// levelAfter is how long nothing must have been delivered before a follower asks whether there is nothing more.
	levelAfter  = 200 * time.Millisecond
	followBatch = 512 // events applied together at most, and half of what is asked of the consumer at once
)

// follower reads one shard, in order, into the view and from there into the tail, and wakes whom it concerns. It always starts
// at the view's own position, never at "new", which would skip what came between two consumers.
type follower struct {
	shard    int
	js       jetstream.JetStream
	engine   Engine
	view     *view.View
	tail     *tail
	readers  *readers
	sight    *sight
	erase    chan struct{} // of the eraser: poked when something was deleted
	partings *partings
	copy     *copies.Reader // of run's goroutine
	log      *slog.Logger

	waiting atomic.Int32   // how many await a position
	telling sync.WaitGroup // what is owed, and not told yet

	mu      sync.Mutex // protects following
	changed chan struct{}
	owed    []owed // ascending by pos
}

// run follows until ctx ends. A consumer that cannot be made, or a batch that cannot be applied, is tried again from the
// view's position: nothing is skipped.
func (f *follower) run(ctx context.Context) {
	for failed := uint64(0); ctx.Err() == nil; {
		err := f.follow(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if at := f.view.Position(f.shard) + 1; at != failed { // said once a place
			f.log.WarnContext(ctx, "follower starts again", "shard", f.shard, "from", at, "error", err)
			failed = at
		}
		rest(ctx, err, f.view.Room)
	}
}

// follow makes a consumer and applies what it delivers, until something is wrong with it or ctx ends.
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
		cancel(nil) // lets a handler that waits for room go
		select {
		case <-consuming.Closed():
		case <-time.After(stopTimeout): // the shard goes on all the same: what comes late finds nobody
			f.log.ErrorContext(ctx, "consumer did not stop", "shard", f.shard)
		}
	}()
	if err := f.applyAll(ctx, consumer, msgs, silent); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (f *follower) applyAll(ctx context.Context, consumer jetstream.Consumer, msgs <-chan jetstream.Msg, silent <-chan struct{}) error {
	var delivered uint64 // by this consumer
	idle := time.NewTicker(levelAfter)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-msgs:
			runtime.Gosched() // lets what came with it arrive: under load events are applied by the dozen, and not by twos
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

// alive asks a consumer that has fallen silent whether it is still there; if so, it has been asked for messages again already. A
// machine that was busy for a second is no reason to make a new consumer: that takes the cluster's meta leader, and an election
// where that is what has just died.
func alive(ctx context.Context, consumer jetstream.Consumer) error {
	ctx, cancel := context.WithTimeout(ctx, aliveTimeout)
	defer cancel()
	if _, err := consumer.Info(ctx); err != nil {
		return fmt.Errorf("consumer has fallen silent: %w", err)
	}
	return nil
}

// poke leaves a token in a channel of one, where there is none yet.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// level moves the view's position past messages that are gone. When an operator purges the end of a stream nothing is
// delivered for it, and whoever waits for the stream's last pos would wait for ever. It runs only while somebody waits.
//
// That nothing more is pending proves nothing: the consumer reads this node's replica, which after a restart may not have got
// as far as the leader. So the leader itself must say that the messages are gone.
func (f *follower) level(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, levelAfter)
	defer cancel()
	at := f.view.Position(f.shard)
	upto, err := goneUpto(asking, f.js, f.shard, at)
	if err != nil || upto <= at {
		return // whoever waits asks again
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

// gather takes what waits behind the first message, without waiting for more.
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

// eventOf is a message of the stream as an event. The consumer's own count tells whether one was lost on the way: then all
// is read again from the view's position. A message with a subject of another form than ours cannot have come from a writer;
// it keeps its pos and belongs to no channel.
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

// take takes events into the view, and has all know who wait for them.
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

// round is what the view has just taken in, on its way to the cursors.
type round struct {
	first, upto uint64          // pos
	unknown     bool            // who may see some of it
	erases      bool            // some of what came before it
	entries     func() []*Entry // unless unknown
}

// shelve puts a round where cursors find it, and returns that of which their readers are still to be told.
func (f *follower) shelve(r *round) []*Entry {
	if f.readers.none() {
		f.tail.skip(r.upto) // whoever comes now starts at the view's position or reads the view
		return nil
	}
	if r.unknown { // the first reader has come meanwhile
		f.tail.skip(r.upto)
		f.readers.wakeAll(f.shard, r.first)
		return nil
	}
	entries := r.entries()
	if r.erases {
		f.tail.skip(r.upto) // it may hold what is gone: the view, where that is blank, serves who is behind
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
