package tell

import (
	"sync"
	"time"

	"natterjack/jetstream/rate"
)

// A user is told ten times at once, and ten times a minute, on one node. Beyond that they are told
// of the newest message of each channel when their rate allows it.
const (
	toldPerMin = 10
	// slower is how much slower the clock of the buckets is. They hold the tokens that come back in
	// [rate.Burst] by that clock.
	slower = 30
)

// perS is the rate of the buckets, by their own clock.
const perS = toldPerMin * slower / int(rate.Minute)

// rates bounds how often a user is told. Its methods may be called concurrently.
type rates struct {
	mu sync.Mutex // protects following
	by *rate.Buckets[string]
}

func newRates() *rates { return &rates{by: rate.NewBuckets[string](perS)} }

// freeAt returns when a user may be told next, or the zero time if that is now.
func (r *rates) freeAt(now time.Time, user string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.by.Wait(rate.Slower(now, slower), user, 1); wait > 0 {
		return now.Add(wait * slower)
	}
	return time.Time{}
}

// take counts that a user is told.
func (r *rates) take(now time.Time, user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by.Take(rate.Slower(now, slower), user, 1)
}
