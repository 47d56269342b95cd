package jetstream

import (
	"cmp"
	"sync"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

// rates hold each user to so many commands a second, over all of his sessions here and over all surfaces, for all of them come to
// the log. A node counts what it is asked itself; what other nodes send it, they have counted.
type rates struct {
	mu    sync.Mutex // protects following
	users *rate.Buckets[string]
}

func newRates(l wire.Limits) *rates {
	return &rates{users: rate.NewBuckets[string](cmp.Or(l.UserCommandsPerS, wire.DefaultLimits().UserCommandsPerS))}
}

// pace holds a shard's channels to so many events a second each, and each member of one to half of that: whoever floods a group
// leaves the others as much as he takes.
type pace struct {
	channels *rate.Buckets[string]
	members  *rate.Buckets[memberOf]
}

type memberOf struct{ channel, user string }

func newPace(l wire.Limits) *pace {
	perS := cmp.Or(l.ChannelEventsPerS, wire.DefaultLimits().ChannelEventsPerS)
	return &pace{rate.NewBuckets[string](perS), rate.NewBuckets[memberOf](max(1, perS/2))}
}

// take counts n events by a member, or refuses them, and then they count for neither.
func (p *pace) take(now time.Time, who memberOf, n int) error {
	if wait := p.channels.Wait(now, who.channel, n); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "channel: at most %d events a second", p.channels.PerS()).After(wait).In(who.channel)
	}
	if wait := p.members.Take(now, who, n); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "channel: at most %d events a second from one member", p.members.PerS()).After(wait).In(who.channel)
	}
	p.channels.Take(now, who.channel, n)
	return nil
}

// Charge counts a command against its user's rate on this node, or refuses it. The methods of the log that take a command, or begin to
// follow, do so themselves; Charge is for those who do something else for a user.
func (l *Log) Charge(user string) error { return l.rates.charge(time.Now(), user) }

func (r *rates) charge(now time.Time, user string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.users.Take(now, user, 1); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "at most %d commands a second, from all of your sessions together", r.users.PerS()).After(wait)
	}
	return nil
}

// charge refuses what would overtake another command, what not all nodes know and what there is no
// room for, and holds a channel to its rate. What was stored before and what is refused has cost
// nothing by then, and what was not stored the first time is not charged again.
func (d *decision) charge(c *command, st *channel.State, events []wire.Record) error {
	if err := c.turns.held(c); err != nil {
		return err
	}
	if err := d.dialect.admit(c); err != nil {
		return err
	}
	if err := d.room.admit(c); err != nil {
		return err
	}
	n := 0
	for i := range events {
		if channel.Paced(st, c.user, events[i].Kind) {
			n++
		}
	}
	if n == 0 || c.charged {
		return nil
	}
	if err := d.pace.take(d.now, memberOf{c.channel, c.user}, n); err != nil {
		return err
	}
	c.charged = true
	return nil
}
