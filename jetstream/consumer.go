package jetstream

import (
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// placements is how often a follower tries to get its consumer onto its own server. The engine places it at random among the
	// stream's replicas; of three, 20 tries miss once in 3,000.
	placements = 20
	// consumerIdle is after how long without its follower the engine removes a consumer: long enough for a process that was
	// stopped for a while, short enough that crashed ones leave nothing behind.
	consumerIdle = 5 * time.Minute
)

// consumer makes the follower's consumer, on this node's own server where that has a replica. Then no other node's death touches
// what this node delivers; a consumer on a server that dies could only be made anew once the cluster has a
// meta leader, which after the death of that one takes an election. It is what nats.go calls an ordered consumer (no acks,
// one replica, in memory, made anew from the last position after any doubt), which cannot be placed.
func (f *follower) consumer(ctx context.Context) (jetstream.Consumer, error) {
	most, err := f.placements(ctx)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		c, err := f.js.CreateConsumer(ctx, StreamName(f.shard), jetstream.ConsumerConfig{
			DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:       f.view.Position(f.shard) + 1,
			AckPolicy:         jetstream.AckNonePolicy,
			MemoryStorage:     true,
			Replicas:          1,
			InactiveThreshold: consumerIdle,
			Metadata:          map[string]string{"natterjack_node": f.engine.Name()},
		})
		if err != nil {
			return nil, err
		}
		at := c.CachedInfo().Cluster
		if at == nil || at.Leader == "" || at.Leader == f.engine.Name() || try >= most {
			return c, nil
		}
		f.deleteConsumer(ctx, c)
	}
}

// placements is how often it is worth trying: once where this node's server has no copy of the stream, for no consumer can be placed there.
func (f *follower) placements(ctx context.Context) (int, error) {
	stream, err := f.js.Stream(ctx, StreamName(f.shard))
	if err != nil {
		return 0, err
	}
	at := stream.CachedInfo().Cluster
	if at == nil || at.Leader == f.engine.Name() || slices.ContainsFunc(at.Replicas, func(r *jetstream.PeerInfo) bool { return r.Name == f.engine.Name() }) {
		return placements, nil
	}
	return 1, nil
}

// hostOf is the server whose copy of the stream a consumer reads.
func hostOf(c jetstream.Consumer, engine Engine) string {
	if at := c.CachedInfo().Cluster; at != nil && at.Leader != "" {
		return at.Leader
	}
	return engine.Name()
}

// deleteConsumer removes a consumer that is not needed any more. Where that fails the engine does it, later.
func (f *follower) deleteConsumer(ctx context.Context, c jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := f.js.DeleteConsumer(ctx, StreamName(f.shard), c.CachedInfo().Name); err != nil {
		f.log.DebugContext(ctx, "consumer left behind", "shard", f.shard, "error", err)
	}
}
