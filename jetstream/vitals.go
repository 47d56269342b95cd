package jetstream

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	// stuckAfter is how long a stream must have acknowledged nothing that this node published, to be stuck: three tries.
	stuckAfter = 3 * ackTimeout
	// stuckFor is how long that is believed after the last try: where nobody tries, nobody knows.
	stuckFor = 10 * time.Second
	// relieveEvery is how often the lead of a stream that stays stuck is handed on.
	relieveEvery = 30 * time.Second
	// deadTries is how many tries must have failed, a second apart, for a stream to be dead: a process
	// that was stopped for a while finds one that is as long ago as it likes.
	deadTries = 5
)

// vitals tell whether a shard's stream takes what this node's writer publishes, as the writer finds it: while nobody writes, nothing is
// tried, for that would cost an idle cluster writes. Their methods may be called concurrently.
type vitals struct {
	since    atomic.Int64 // Unix nanoseconds: when the first was published of what was not acknowledged; 0 after an ack
	last     atomic.Int64 // when that was last found
	relieved atomic.Int64 // when the lead was last handed on for it
	tries    atomic.Int32 // that failed since then, of those a second apart
}

// acked notes an ack.
func (v *vitals) acked() {
	if v.since.Load() != 0 {
		v.since.Store(0)
		v.tries.Store(0)
	}
}

// unanswered notes that what was published at a time has not been acknowledged. What has had no time for it does not count.
func (v *vitals) unanswered(sent, now time.Time) {
	if now.Sub(sent) < ackTimeout/2 {
		return
	}
	v.failed(sent, now)
}

// failed notes that what was published at a time could not be stored.
func (v *vitals) failed(sent, now time.Time) {
	if now.UnixNano()-v.last.Swap(now.UnixNano()) >= int64(time.Second) {
		v.tries.Add(1)
	}
	v.since.CompareAndSwap(0, sent.UnixNano())
}

// dead reports whether the stream has taken nothing for some time, in spite of many tries.
func (v *vitals) dead(now time.Time, after time.Duration) bool {
	return v.stuck(now) && v.tries.Load() >= deadTries && now.Sub(time.Unix(0, v.since.Load())) >= after
}

// Dead is an error where a stream that this node writes has taken nothing for some time, although
// it was tried.
func (l *Log) Dead(after time.Duration) error {
	now := time.Now()
	for shard, v := range l.vitals {
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

// due reports whether a stream that is stuck is to be led by another node, and notes that it will be.
func (v *vitals) due(now time.Time) bool {
	if !v.stuck(now) || now.Sub(time.Unix(0, v.relieved.Load())) < relieveEvery {
		return false
	}
	v.relieved.Store(now.UnixNano())
	return true
}

// relieve hands on the streams that are stuck although they have their quorum, each to one of some others, by their names. In the engine
// a stream may come to refuse or forget all that is proposed to it, and be healthy by all it says of itself; another leader takes it
// up again. While it lasts this node does not say where the shard ends, and so no node counts as level.
func (l *Log) relieve(ctx context.Context, others []string) {
	now := time.Now()
	for shard, v := range l.vitals {
		if !l.engine.LeadsStream(StreamName(shard)) {
			v.acked() // whatever it was, it is not this node's any more
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
