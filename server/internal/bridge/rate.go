package bridge

import (
	"time"

	"natterjack/server/wire"
)

// bucket holds commands to a rate, as a token bucket that is kept in one number: the time at which it would be full again
// (the "generic cell rate algorithm"). x/time/rate does the same in 64 bytes and a mutex. The zero value is full.
type bucket struct{ fullAt int64 } // Unix nanoseconds

// burst is how many seconds' worth of commands may come at once.
const burst = 2

// take takes one token of perS per second. Where there is none it takes nothing and says how long until there is.
func (b *bucket) take(now time.Time, perS int) (wait time.Duration) {
	each := int64(time.Second) / int64(perS)
	next := max(b.fullAt, now.UnixNano()) + each
	if over := next - now.UnixNano() - burst*int64(time.Second); over > 0 {
		return time.Duration(over)
	}
	b.fullAt = next
	return 0
}

func (b *bucket) full(now time.Time) bool { return b.fullAt <= now.UnixNano() }

func overRate(l wire.Limits, wait time.Duration) *wire.Error {
	return wire.Errorf(wire.CodeTooFast, "at most %d commands a second", l.CommandsPerS).After(wait)
}

func overInFlight(l wire.Limits) *wire.Error {
	return wire.Errorf(wire.CodeTooFast, "at most %d commands without a reply", l.InFlight).After(retryInFlight)
}

// retryInFlight is about how long a commit takes: by then there is a place again.
const retryInFlight = 50 * time.Millisecond
