package jetstream

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	// stuckAfter is how long a stream must have acknowledged none of this node's publishes to
	// count as stuck. It is three tries.
	stuckAfter = 3 * ackTimeout
	// stuckFor is how long a stream counts as stuck after the last try. Without tries its state
	// is not known.
	stuckFor = 10 * time.Second
	// relieveEvery is the interval at which the lead of a stream that stays stuck is handed on.
	relieveEvery = 30 * time.Second
	// deadTries is how many tries, a second apart, must have failed for a stream to be dead.
	// Time alone does not tell: after a process was stopped for a while, a failed try may seem
	// any age.
	deadTries = 5
)

// vitals tell whether a shard's stream takes the publishes of this node's writer. While nobody
// writes, nothing is tried, because probes would cost an idle cluster writes. The methods may
// be called concurrently.
type vitals struct {
	// since is the time of the first publish that was not acknowledged, in Unix nanoseconds. It
	// is 0 after an ack.
	since    atomic.Int64
	last     atomic.Int64 // when a publish was last found unacknowledged
	relieved atomic.Int64 // when the lead was last handed on because of it
	tries    atomic.Int32 // failed since then, at least a second apart
}

// acked notes an ack.
func (v *vitals) acked() {
	if v.since.Load() != 0 {
		v.since.Store(0)
		v.tries.Store(0)
	}
}

// unanswered notes that a message published at sent has not been acknowledged. It does not
// count if there was too little time for an ack.
func (v *vitals) unanswered(sent, now time.Time) {
	if now.Sub(sent) < ackTimeout/2 {
		return
	}
	v.failed(sent, now)
}

// failed notes that a message published at sent could not be stored.
func (v *vitals) failed(sent, now time.Time) {
	if now.UnixNano()-v.last.Swap(now.UnixNano()) >= int64(time.Second) {
		v.tries.Add(1)
	}
	v.since.CompareAndSwap(0, sent.UnixNano())
}

// dead reports whether the stream has taken nothing for at least the duration after, in spite
// of many tries.
func (v *vitals) dead(now time.Time, after time.Duration) bool {
	return v.stuck(now) && v.tries.Load() >= deadTries && now.Sub(time.Unix(0, v.since.Load())) >= after
}

// Dead returns an error if a stream that this node writes has taken nothing for at least the
// duration after, in spite of many tries.
func (l *Log) Dead(after time.Duration) error {
	now := time.Now()
	for shard, s := range l.shards {
		v := s.vitals
		if v.dead(now, after) {
			since := time.Unix(0, v.since.Load())
			return fmt.Errorf("jetstream: the stream %s has taken no writes since %s", StreamName(shard), since.Format(time.RFC3339))
		}
	}
	return nil
}

// stuck reports whether the stream takes nothing.
func (v *vitals) stuck(now time.Time) bool {
	since := v.since.Load()
	return since != 0 && now.Sub(time.Unix(0, since)) >= stuckAfter && now.Sub(time.Unix(0, v.last.Load())) < stuckFor
}

// due reports whether a stuck stream is to be handed to another leader. If so, it notes the
// time.
func (v *vitals) due(now time.Time) bool {
	if !v.stuck(now) || now.Sub(time.Unix(0, v.relieved.Load())) < relieveEvery {
		return false
	}
	v.relieved.Store(now.UnixNano())
	return true
}

// relieve hands on the streams that are stuck although they have their quorum, each to one of
// the named servers. In the engine, a stream may start to refuse or forget all that is proposed
// to it, and still report that it is healthy. Another leader makes it work again. Meanwhile
// this node does not name the end of the shard, so no node counts as level.
func (l *Log) relieve(ctx context.Context, others []string) {
	now := time.Now()
	for shard, s := range l.shards {
		v := s.vitals
		if !l.engine.LeadsStream(StreamName(shard)) {
			v.acked() // a shard that this node does not lead is not its concern
			continue
		}
		if !v.due(now) {
			continue
		}
		l.log.ErrorContext(ctx, "the stream takes no writes although this node leads it", "shard", shard, "since", time.Unix(0, v.since.Load()))
		if err := l.handOn(ctx, shard, others); err != nil {
			l.log.WarnContext(ctx, "nobody takes the lead over", "shard", shard, "error", err)
		}
	}
}
