package bridge

import (
	"time"

	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

// bucket limits the rate of frames of a session, before anything is looked up for a frame. The log
// limits how much a user may do on all sessions together.
type bucket struct{ rate.Bucket }

// take takes one token of perS per second, see [rate.Bucket.Take].
func (b *bucket) take(now time.Time, perS int) (wait time.Duration) { return b.Take(now, 1, perS) }

// charge counts a command that sessions execute themselves against its user's rate. All other
// commands are charged where they are answered. Commands that keep a connection alive are free.
func (b *Bridge) charge(user string, cmd wire.Command) error {
	if _, ok := cmd.(wire.Change); ok || wire.OperationOf(cmd).Asker != wire.BySessions {
		return nil
	}
	return b.operations.Charge(user)
}

func overRate(l wire.Limits, wait time.Duration) *wire.Error {
	return wire.Errorf(wire.CodeTooFast, "at most %d commands a second are allowed in one session; wait", l.CommandsPerS).After(wait)
}

func overInFlight(l wire.Limits) *wire.Error {
	return wire.Errorf(wire.CodeTooFast, "at most %d commands may wait for a reply at a time; wait", l.InFlight).After(retryInFlight)
}

// retryInFlight is about how long a commit takes: after it there is a free place again.
const retryInFlight = 50 * time.Millisecond
