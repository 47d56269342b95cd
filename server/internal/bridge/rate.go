package bridge

import (
	"time"

	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

// bucket holds a session to a rate of frames, before anything is looked up for one. How much its user may do on all of his sessions
// together is for the log to say.
type bucket struct{ rate.Bucket }

// take takes one token of perS per second, see [rate.Bucket.Take].
func (b *bucket) take(now time.Time, perS int) (wait time.Duration) { return b.Take(now, 1, perS) }

// charge has a command that sessions carry out themselves count against its user's rate. All others are charged by those who answer
// them, and what keeps a connection is free.
func (b *Bridge) charge(user string, cmd wire.Command) error {
	if _, ok := cmd.(wire.Change); ok || wire.OperationOf(cmd).Asker != wire.BySessions {
		return nil
	}
	return b.operations.Charge(user)
}

func overRate(l wire.Limits, wait time.Duration) *wire.Error {
	return wire.Errorf(wire.CodeTooFast, "at most %d commands a second on one session", l.CommandsPerS).After(wait)
}

func overInFlight(l wire.Limits) *wire.Error {
	return wire.Errorf(wire.CodeTooFast, "at most %d commands without a reply", l.InFlight).After(retryInFlight)
}

// retryInFlight is about how long a commit takes: by then there is a place again.
const retryInFlight = 50 * time.Millisecond
