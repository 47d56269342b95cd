package write

import (
	"sync/atomic"
	"time"
)

const (
	// StuckAfter is how long a stream must have acknowledged none of this node's publishes to
	// count as stuck. It is three tries.
	StuckAfter = 3 * ackTimeout
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

// Vitals tell whether a shard's stream takes the publishes of this node's writer. While nobody
// writes, nothing is tried, because probes would cost an idle cluster writes. The methods may
// be called concurrently.
type Vitals struct {
	// since is the time of the first publish that was not acknowledged, in Unix nanoseconds. It
	// is 0 after an ack.
	since    atomic.Int64
	last     atomic.Int64 // when a publish was last found unacknowledged
	relieved atomic.Int64 // when the lead was last handed on because of it
	tries    atomic.Int32 // failed since then, at least a second apart
}

// Acked notes an ack.
func (v *Vitals) Acked() {
	if v.since.Load() != 0 {
		v.since.Store(0)
		v.tries.Store(0)
	}
}

// unanswered notes that a message published at sent has not been acknowledged. It does not
// count if there was too little time for an ack.
func (v *Vitals) unanswered(sent, now time.Time) {
	if now.Sub(sent) < ackTimeout/2 {
		return
	}
	v.failed(sent, now)
}

// failed notes that a message published at sent could not be stored.
func (v *Vitals) failed(sent, now time.Time) {
	if now.UnixNano()-v.last.Swap(now.UnixNano()) >= int64(time.Second) {
		v.tries.Add(1)
	}
	v.since.CompareAndSwap(0, sent.UnixNano())
}

// Dead reports whether the stream has taken nothing for at least the duration after, in spite
// of many tries.
func (v *Vitals) Dead(now time.Time, after time.Duration) bool {
	return v.Stuck(now) && v.tries.Load() >= deadTries && now.Sub(time.Unix(0, v.since.Load())) >= after
}

// Stuck reports whether the stream takes nothing.
func (v *Vitals) Stuck(now time.Time) bool {
	since := v.since.Load()
	return since != 0 && now.Sub(time.Unix(0, since)) >= StuckAfter && now.Sub(time.Unix(0, v.last.Load())) < stuckFor
}

// Due reports whether a stuck stream is to be handed to another leader. If so, it notes the
// time.
func (v *Vitals) Due(now time.Time) bool {
	if !v.Stuck(now) || now.Sub(time.Unix(0, v.relieved.Load())) < relieveEvery {
		return false
	}
	v.relieved.Store(now.UnixNano())
	return true
}

// Since returns the time of the first publish that was not acknowledged.
func (v *Vitals) Since() time.Time { return time.Unix(0, v.since.Load()) }
