package write

import (
	"cmp"
	"time"

	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

// pace limits the events per second of each channel of a shard, and the events of each member to
// half of that. The rate of the channel is shared by recent use, so members who send as fast as
// they can leave room for a member who sends little.
type pace struct {
	channels *rate.Shares[string, string]
	members  *rate.Buckets[memberOf]
	requests *rate.Buckets[memberOf] // notes of users who wait to join
}

// requestNotesPerS is how many commands of a user who waits to join are noted in a second. A client
// retries less often.
const requestNotesPerS = 1

type memberOf struct{ channel, user string }

func newPace(l wire.Limits) *pace {
	perS := cmp.Or(l.ChannelEventsPerS, wire.DefaultLimits().ChannelEventsPerS)
	return &pace{
		rate.NewShares[string, string](perS), rate.NewBuckets[memberOf](max(1, perS/2)), rate.NewBuckets[memberOf](requestNotesPerS),
	}
}

// takeRequest counts a note of a user who waits to join, and reports whether there may be one.
func (p *pace) takeRequest(now time.Time, who memberOf) bool {
	return p.requests.Take(now, who, 1) == 0
}

// take counts n events by a member, or refuses them. Refused events count for neither limit.
func (p *pace) take(now time.Time, who memberOf, n int) error {
	if wait := p.members.Wait(now, who, n); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "channel: at most %d events a second from one member", p.members.PerS()).After(wait).In(who.channel)
	}
	if wait := p.channels.Take(now, who.channel, who.user, n); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "channel: at most %d events a second, shared by its members", p.channels.PerS()).After(wait).In(who.channel)
	}
	p.members.Take(now, who, n)
	return nil
}
