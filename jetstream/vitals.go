package jetstream

import (
	"context"
	"fmt"
	"time"
)

// Dead returns an error if a stream that this node writes has taken nothing for at least the
// duration after, in spite of many tries.
func (l *Log) Dead(after time.Duration) error {
	now := time.Now()
	for shard, s := range l.shards {
		v := s.write.Vitals()
		if v.Dead(now, after) {
			return fmt.Errorf("jetstream: the stream %s has taken no writes since %s", StreamName(shard), v.Since().Format(time.RFC3339))
		}
	}
	return nil
}

// relieve hands on the streams that are stuck although they have their quorum, each to one of
// the named servers. In the engine, a stream may start to refuse or forget all that is proposed
// to it, and still report that it is healthy. Another leader makes it work again. Meanwhile
// this node does not name the end of the shard, so no node counts as level.
func (l *Log) relieve(ctx context.Context, others []string) {
	now := time.Now()
	for shard, s := range l.shards {
		v := s.write.Vitals()
		if !l.engine.LeadsStream(StreamName(shard)) {
			v.Acked() // a shard that this node does not lead is not its concern
			continue
		}
		if !v.Due(now) {
			continue
		}
		l.log.ErrorContext(ctx, "the stream takes no writes although this node leads it", "shard", shard, "since", v.Since())
		if err := l.handOn(ctx, shard, others); err != nil {
			l.log.WarnContext(ctx, "nobody takes the lead over", "shard", shard, "error", err)
		}
	}
}
