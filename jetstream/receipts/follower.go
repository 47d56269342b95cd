package receipts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/view"
)

const (
	heartbeat    = time.Second // after two missed heartbeats the consumer is checked
	aliveTimeout = time.Second
	consumerIdle = 5 * time.Minute // after this the engine removes a consumer without a follower
	followAhead  = 1024            // messages requested at once
	followBatch  = 256             // messages applied at once
	retryAfter   = 250 * time.Millisecond
)

// follower reads a shard's stream into the view, starting from the view's position. It is less
// strict than the follower of the log, because a record that comes twice changes nothing.
type follower struct {
	shard  int
	cfg    *Config
	memory *memory
	told   func([]rise)
	log    *slog.Logger
	// begun is called at least once, when it is known what has to be checked.
	begun func()
	// level is called at least once, when everything is applied that was stored at the start.
	level   func()
	checks  chan struct{} // the checker's; poked if there is something to check
	applied chan struct{} // a token: the view has applied more records

	delivered uint64 // messages that the present consumer has delivered
	read      atomic.Uint64
}

// run follows until ctx ends. After any error it starts again behind the last applied record.
func (f *follower) run(ctx context.Context) {
	for failed := uint64(0); ctx.Err() == nil; {
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if at := f.position() + 1; at != failed { // logged once for each position
			f.log.WarnContext(ctx, "follower of receipts starts again", "shard", f.shard, "from", at, "error", err)
			failed = at
		}
		_ = pause.For(ctx, retryAfter) // the loop checks ctx
	}
}

func (f *follower) position() uint64 { return f.cfg.View.ReceiptsPosition(f.shard) }

// follow makes a consumer and applies what it delivers, until the consumer fails or ctx ends.
func (f *follower) follow(ctx context.Context) error {
	last, err := f.begin(ctx)
	if err != nil {
		return fmt.Errorf("look for the end of the stream: %w", err)
	}
	f.begun()
	consumer, err := f.consumer(ctx)
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
	}
	defer f.deleteConsumer(ctx, consumer)
	if consumer.CachedInfo().NumPending == 0 || f.position() >= last {
		f.isLevel()
	}
	msgs, err := consumer.Messages(jetstream.PullMaxMessages(followAhead), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var pumping sync.WaitGroup
	defer pumping.Wait()
	defer msgs.Stop()
	defer cancel(nil)
	come := make(chan jetstream.Msg, followBatch)
	pumping.Go(func() { cancel(pump(ctx, consumer, msgs, come)) })
	for {
		select {
		case m := <-come:
			if err := f.take(ctx, m, come, last); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// pump passes on what a consumer delivers, until the consumer fails or ctx ends.
func pump(ctx context.Context, consumer jetstream.Consumer, msgs jetstream.MessagesContext, to chan<- jetstream.Msg) error {
	for {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if errors.Is(err, jetstream.ErrNoHeartbeat) {
			if err := alive(ctx, consumer); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		select {
		case to <- m:
		case <-ctx.Done():
			return nil
		}
	}
}

// begin asks for the last record of the stream. A view that is ahead of the stream has records
// that are gone. Such a view starts again from the first record, like a view that has none yet.
// What either then reads has to be checked.
func (f *follower) begin(ctx context.Context) (last uint64, err error) {
	s, err := f.cfg.JS.Stream(ctx, StreamName(f.shard))
	if err != nil {
		return 0, err
	}
	last = s.CachedInfo().State.LastSeq
	at := f.position()
	if last < at {
		reaches, err := f.cfg.Reaches(ctx, StreamName(f.shard), at)
		if reaches || err != nil {
			return at, err
		}
		f.log.ErrorContext(ctx, "the view is ahead of its stream of receipts, and reads it anew", "shard", f.shard, "position", at)
	} else if at > 0 || last == 0 || f.toCheck() {
		return last, nil
	}
	end, err := f.cfg.End(ctx, f.shard) // after last: what a record refers to was in the log
	if err == nil {
		err = f.cfg.View.ResetReceipts(f.shard, view.ReceiptsCheck{Record: last, Pos: end})
	}
	if err != nil {
		return 0, err
	}
	f.memory.forgetAll()
	return last, nil
}

// consumer makes a consumer that delivers the records after the last applied one.
func (f *follower) consumer(ctx context.Context) (jetstream.Consumer, error) {
	f.delivered = 0
	return f.cfg.JS.CreateConsumer(ctx, StreamName(f.shard), jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       f.position() + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: consumerIdle,
		Metadata:          map[string]string{"natterjack_node": f.cfg.Node},
	})
}

// take applies a message together with those that wait behind it.
func (f *follower) take(ctx context.Context, m jetstream.Msg, come <-chan jetstream.Msg, last uint64) error {
	var moves []view.ReceiptMove
	for n := 1; ; n++ {
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("metadata: %w", err)
		}
		f.delivered++
		if meta.Sequence.Consumer != f.delivered {
			return fmt.Errorf("consumer delivered %d as its message %d", meta.Sequence.Consumer, f.delivered)
		}
		said, err := decode(f.cfg.Epoch, m.Data(), meta.Sequence.Stream)
		if err != nil { // not written by a node; it is skipped
			f.log.WarnContext(ctx, "a record of receipts cannot be read", "shard", f.shard, "sequence", meta.Sequence.Stream, "error", err)
		}
		moves = append(moves, said...)
		if n < followBatch && len(moves) < maxRecord {
			select {
			case m = <-come:
				continue
			default:
			}
		}
		f.read.Add(uint64(n))
		if err := f.apply(ctx, moves, meta.Sequence.Stream); err != nil {
			return err
		}
		if meta.NumPending == 0 || meta.Sequence.Stream >= last {
			f.isLevel()
		}
		return nil
	}
}

// apply has the view take in moves, and retries while the disk is full. It then reports the
// cursors that have risen.
func (f *follower) apply(ctx context.Context, moves []view.ReceiptMove, upto uint64) error {
	for {
		var risen []rise
		f.memory.step()
		err := f.cfg.View.ApplyReceipts(f.shard, moves, upto, func(m []view.ReceiptMoved) { risen = f.memory.take(m) })
		f.memory.step()
		if err == nil {
			poke(f.applied)
			f.told(risen)
			return nil
		}
		if !errors.Is(err, view.ErrDiskFull) {
			return err
		}
		if pause.For(ctx, time.Second) != nil {
			return ctx.Err()
		}
	}
}

func (f *follower) isLevel() {
	f.level()
	if f.toCheck() {
		poke(f.checks)
	}
}

func (f *follower) toCheck() bool { return f.cfg.View.ReceiptsToCheck(f.shard) != view.ReceiptsCheck{} }

// alive checks whether a consumer that has fallen silent still exists.
func alive(ctx context.Context, c jetstream.Consumer) error {
	ctx, cancel := context.WithTimeout(ctx, aliveTimeout)
	defer cancel()
	if _, err := c.Info(ctx); err != nil {
		return fmt.Errorf("consumer has fallen silent: %w", err)
	}
	return nil
}

// deleteConsumer deletes a consumer that is not needed any more. If that fails, the engine
// deletes it later.
func (f *follower) deleteConsumer(ctx context.Context, c jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := f.cfg.JS.DeleteConsumer(ctx, StreamName(f.shard), c.CachedInfo().Name); err != nil {
		f.log.DebugContext(ctx, "consumer left behind", "shard", f.shard, "error", err)
	}
}
