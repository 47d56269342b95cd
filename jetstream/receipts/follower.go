package receipts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	heartbeat    = time.Second // after two missed ones the consumer is asked whether it is there
	aliveTimeout = time.Second
	consumerIdle = 5 * time.Minute // after which the engine removes a consumer without its follower
	followAhead  = 1024            // messages asked for at once
	retryAfter   = 250 * time.Millisecond
)

// follower reads a shard's stream into its table, from the beginning and then on. It need not be as careful as the follower of the log: what comes
// twice or late changes nothing.
type follower struct {
	shard  int
	js     jetstream.JetStream
	node   string
	stored func(key, Mark, uint64)
	log    *slog.Logger
	level  func() // told once: that all which was stored when it began has come

	at        uint64 // sequence of the last message taken in
	delivered uint64 // by the consumer at hand
}

func newFollower(shard int, cfg *Config, stored func(key, Mark, uint64), level func(), log *slog.Logger) *follower {
	return &follower{
		shard: shard, js: cfg.JS, node: cfg.Node, stored: stored, log: log, level: sync.OnceFunc(level),
	}
}

// run follows until ctx ends. Whatever goes wrong, it begins again behind the last message it has seen.
func (f *follower) run(ctx context.Context) {
	for said := false; ctx.Err() == nil; {
		at := f.at
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if f.at > at {
			said = false
		}
		if !said { // once a place
			f.log.WarnContext(ctx, "follower of receipts starts again", "shard", f.shard, "from", f.at+1, "error", err)
			said = true
		}
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
		}
	}
}

func (f *follower) follow(ctx context.Context) error {
	consumer, err := f.consumer(ctx)
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
	}
	defer f.deleteConsumer(ctx, consumer)
	if consumer.CachedInfo().NumPending == 0 {
		f.level()
	}
	msgs, err := consumer.Messages(jetstream.PullMaxMessages(followAhead), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	defer msgs.Stop()
	for {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if errors.Is(err, jetstream.ErrNoHeartbeat) {
			err = alive(ctx, consumer)
		} else if err == nil {
			err = f.take(ctx, m)
		}
		if err != nil {
			return err
		}
	}
}

// consumer makes one that delivers what comes after the last message taken in, or everything where the stream ends before that: it has
// lost its end then, or was made anew.
func (f *follower) consumer(ctx context.Context) (jetstream.Consumer, error) {
	s, err := f.js.Stream(ctx, StreamName(f.shard))
	if err != nil {
		return nil, err
	}
	if s.CachedInfo().State.LastSeq < f.at {
		f.at = 0
	}
	f.delivered = 0
	return s.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       f.at + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: consumerIdle,
		Metadata:          map[string]string{"natterjack_node": f.node},
	})
}

// take takes in a message. One that cannot be read was not written by a node, and is passed over.
func (f *follower) take(ctx context.Context, m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	f.delivered++
	if meta.Sequence.Consumer != f.delivered {
		return fmt.Errorf("consumer delivered %d as its message %d", meta.Sequence.Consumer, f.delivered)
	}
	k, ok := parseSubject(m.Subject())
	mark, err := decode(m.Data())
	if !ok || err != nil {
		f.log.WarnContext(ctx, "receipt cannot be read", "shard", f.shard, "sequence", meta.Sequence.Stream, "error", err)
	}
	if ok { // with its sequence, so that the next write replaces it
		f.stored(k, mark, meta.Sequence.Stream)
	}
	f.at = meta.Sequence.Stream
	if meta.NumPending == 0 {
		f.level()
	}
	return nil
}

// alive asks a consumer that has fallen silent whether it is still there.
func alive(ctx context.Context, c jetstream.Consumer) error {
	ctx, cancel := context.WithTimeout(ctx, aliveTimeout)
	defer cancel()
	if _, err := c.Info(ctx); err != nil {
		return fmt.Errorf("consumer has fallen silent: %w", err)
	}
	return nil
}

// deleteConsumer removes a consumer that is not needed any more. Where that fails the engine does it, later.
func (f *follower) deleteConsumer(ctx context.Context, c jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := f.js.DeleteConsumer(ctx, StreamName(f.shard), c.CachedInfo().Name); err != nil {
		f.log.DebugContext(ctx, "consumer left behind", "shard", f.shard, "error", err)
	}
}
