package jetstream

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Dead returns an error if a stream that this node writes has taken nothing for at least the
// duration after, in spite of many tries.
func (l *Log) Dead(after time.Duration) error {
	now := time.Now()
	for shard, s := range l.shards {
		v := s.write.Vitals()
		if v.Dead(now, after) {
			return fmt.Errorf("jetstream: the stream %s has accepted no writes since %s", StreamName(shard), v.Since().Format(time.RFC3339))
		}
	}
	return nil
}

// relieve leaves the lead of the streams that are stuck although they have their quorum. In the
// engine, a stream may start to refuse or forget all that is proposed to it, and still report that
// it is healthy. A slow disk looks the same. Another leader makes it work again. Meanwhile this
// node does not name the end of the shard, so no node counts as level.
//
// The lead goes to whichever node is elected, and not to one that is named and known to be fit. For
// that, the JetStream API and the words of other nodes would be needed, and a slow disk holds up
// both. A node that is elected and not fit hands the lead on by itself.
func (l *Log) relieve(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, relieveTimeout)
	defer cancel()
	var asking sync.WaitGroup
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
		asking.Go(func() {
			if err := l.stepDown(ctx, shard); err != nil {
				l.log.WarnContext(ctx, "no other node takes over the lead yet", "shard", shard, "error", err)
			}
		})
	}
	asking.Wait()
}

// relieveTimeout is how long the engine may take to leave the leads of all stuck streams. After
// that it is no longer waited for: meanwhile no word of another node is heard.
const relieveTimeout = 500 * time.Millisecond
