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

// charge has the log count a command against its user's rate that is not for the log: what is, the log counts itself.
func (b *Bridge) charge(user string, cmd wire.Command) error {
	switch cmd.(type) {
	case wire.GetPresence, wire.SetPresence, wire.FollowPresence, wire.Watch, wire.SetTyping, wire.ListSessions, wire.SignOut:
		return b.log.Charge(user)
	default:
		return nil
	}
}

func overRate(l wire.Limits, wait time.Duration) *wire.Error {
	return wire.Errorf(wire.CodeTooFast, "at most %d commands a second on one session", l.CommandsPerS).After(wait)
}

func overInFlight(l wire.Limits) *wire.Error {
	return wire.Errorf(wire.CodeTooFast, "at most %d commands without a reply", l.InFlight).After(retryInFlight)
}

// retryInFlight is about how long a commit takes: by then there is a place again.
const retryInFlight = 50 * time.Millisecond
