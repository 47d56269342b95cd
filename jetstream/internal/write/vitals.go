package write

import (
	"cmp"
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
	relieveEvery = 10 * time.Second
	// deadTries is how many tries, a second apart, must have failed for a stream to be dead.
	// Time alone does not tell: after a process was stopped for a while, a failed try may seem
	// any age.
	deadTries = 5
)

// started is the moment from which vitals count. Times counted from it are monotonic: a clock
// that is set must not make a stream look stuck.
var started = time.Now()

// counted returns a time as vitals store it, never 0.
func counted(t time.Time) int64 { return cmp.Or(int64(t.Sub(started)), 1) }

// timeOf returns the time of a stored number.
func timeOf(n int64) time.Time { return started.Add(time.Duration(n)) }

// Vitals tell whether a shard's stream takes the publishes of this node's writer. While nobody
// writes, nothing is tried, because probes would cost an idle cluster writes. The methods may
// be called concurrently.
type Vitals struct {
	// since is the time of the first publish that was not acknowledged, as counted returns it. It
	// is 0 after an ack. The other times are stored the same way.
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
	at := counted(now)
	if last := v.last.Swap(at); last == 0 || at-last >= int64(time.Second) {
		v.tries.Add(1)
	}
	v.since.CompareAndSwap(0, counted(sent))
}

// Dead reports whether the stream has taken nothing for at least the duration after, in spite
// of many tries.
func (v *Vitals) Dead(now time.Time, after time.Duration) bool {
	return v.Stuck(now) && v.tries.Load() >= deadTries && now.Sub(timeOf(v.since.Load())) >= after
}

// Stuck reports whether the stream takes nothing.
func (v *Vitals) Stuck(now time.Time) bool {
	since := v.since.Load()
	return since != 0 && now.Sub(timeOf(since)) >= StuckAfter && now.Sub(timeOf(v.last.Load())) < stuckFor
}

// Due reports whether a stuck stream is to be handed to another leader. If so, it notes the
// time.
func (v *Vitals) Due(now time.Time) bool {
	relieved := v.relieved.Load()
	if !v.Stuck(now) || relieved != 0 && now.Sub(timeOf(relieved)) < relieveEvery {
		return false
	}
	v.relieved.Store(counted(now))
	return true
}

// Since returns the time of the first publish that was not acknowledged.
func (v *Vitals) Since() time.Time { return timeOf(v.since.Load()) }
