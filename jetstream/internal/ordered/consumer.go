package ordered

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// placements is how often a reader tries to get its consumer onto its own server. The engine
	// places it at random among the stream's replicas. With three replicas, 20 tries fail once
	// in 3,000.
	placements = 20
	// consumerIdle is how long a consumer may be without its reader before the engine removes
	// it. It is long enough for a process that was stopped for a while, and short enough that
	// crashed processes leave nothing behind.
	consumerIdle = 5 * time.Minute
	// deleteTimeout is how long the engine may take to remove a consumer.
	deleteTimeout = time.Second
)

// consumer makes a consumer that delivers the messages after the sink's position, on this node's
// own server if that is wanted. A consumer on a server that dies can only be made anew when the
// cluster has a meta leader, and that takes an election if the dead server was the meta leader.
// nats.go calls it an ordered consumer: no acks, one replica, in memory, made anew from the last
// position after any doubt. The ordered consumer of nats.go itself cannot be placed. It always
// starts at an explicit sequence. It never starts at "new", which would skip the messages between
// two consumers.
func (r *Reader) consumer(ctx context.Context) (jetstream.Consumer, error) {
	most, err := r.placements(ctx)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		c, err := r.JS.CreateConsumer(ctx, r.Stream, jetstream.ConsumerConfig{
			DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:       r.Sink.Position() + 1,
			AckPolicy:         jetstream.AckNonePolicy,
			MemoryStorage:     true,
			Replicas:          1,
			InactiveThreshold: consumerIdle,
			Metadata:          map[string]string{"natterjack_node": r.Node},
		})
		if err != nil {
			return nil, err
		}
		if try >= most || r.hostOf(c) == r.Node {
			return c, nil
		}
		r.deleteConsumer(ctx, c)
	}
}

// placements returns how many tries are worthwhile. It returns 1 if this node's server has no
// copy of the stream, because no consumer can be placed there.
func (r *Reader) placements(ctx context.Context) (int, error) {
	if !r.Here {
		return 1, nil
	}
	stream, err := r.JS.Stream(ctx, r.Stream)
	if err != nil {
		return 0, err
	}
	at := stream.CachedInfo().Cluster
	if at == nil || at.Leader == r.Node || slices.ContainsFunc(at.Replicas, func(p *jetstream.PeerInfo) bool { return p.Name == r.Node }) {
		return placements, nil
	}
	return 1, nil
}

// hostOf returns the name of the server whose copy of the stream a consumer reads.
func (r *Reader) hostOf(c jetstream.Consumer) string {
	if at := c.CachedInfo().Cluster; at != nil && at.Leader != "" {
		return at.Leader
	}
	return r.Node
}

// alive asks a silent consumer whether it still exists. If it does, the consumer has been asked
// for messages again already. A machine that was busy for a second is no reason to make a new
// consumer. To make one needs the cluster's meta leader, and an election if the meta leader has
// just died.
func alive(ctx context.Context, c jetstream.Consumer) error {
	ctx, cancel := context.WithTimeout(ctx, aliveTimeout)
	defer cancel()
	if _, err := c.Info(ctx); err != nil {
		return fmt.Errorf("the consumer has fallen silent: %w", err)
	}
	return nil
}

// deleteConsumer removes a consumer that is not needed any more. If that fails, the engine
// removes it later.
func (r *Reader) deleteConsumer(ctx context.Context, c jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deleteTimeout)
	defer cancel()
	if err := r.JS.DeleteConsumer(ctx, r.Stream, c.CachedInfo().Name); err != nil {
		r.Log.DebugContext(ctx, "the consumer could not be deleted", "stream", r.Stream, "error", err)
	}
}
