package jetstream

import (
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// placements is how often a follower tries to get its consumer onto its own server. The
	// engine places it at random among the stream's replicas. With three replicas, 20 tries
	// fail once in 3,000.
	placements = 20
	// consumerIdle is how long a consumer may be without its follower before the engine removes
	// it. It is long enough for a process that was stopped for a while, and short enough that
	// crashed processes leave nothing behind.
	consumerIdle = 5 * time.Minute
)

// consumer makes the follower's consumer, on this node's own server if that has a replica. Then
// the death of another node does not touch what this node delivers. A consumer on a server that
// dies can only be made anew when the cluster has a meta leader, and that takes an election if
// the dead server was the meta leader. The consumer is what nats.go calls an ordered consumer:
// no acks, one replica, in memory, made anew from the last position after any doubt. The
// ordered consumer of nats.go itself cannot be placed.
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

// placements returns how many tries are worthwhile. It returns 1 if this node's server has no
// copy of the stream, because no consumer can be placed there.
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

// hostOf returns the name of the server whose copy of the stream a consumer reads.
func hostOf(c jetstream.Consumer, engine Engine) string {
	if at := c.CachedInfo().Cluster; at != nil && at.Leader != "" {
		return at.Leader
	}
	return engine.Name()
}

// deleteConsumer removes a consumer that is not needed any more. If that fails, the engine
// removes it later.
func (f *follower) deleteConsumer(ctx context.Context, c jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := f.js.DeleteConsumer(ctx, StreamName(f.shard), c.CachedInfo().Name); err != nil {
		f.log.DebugContext(ctx, "consumer left behind", "shard", f.shard, "error", err)
	}
}
