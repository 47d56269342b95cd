package jetstream

import (
	"cmp"
	"sync"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

// rates limit the commands per second of each user, over all of their sessions on this node and
// all surfaces, because all commands pass through the log. A node counts the commands of its
// own clients. Commands that other nodes send it have been counted there.
type rates struct {
	mu    sync.Mutex // protects following
	users *rate.Buckets[string]
}

func newRates(l wire.Limits) *rates {
	return &rates{users: rate.NewBuckets[string](cmp.Or(l.UserCommandsPerS, wire.DefaultLimits().UserCommandsPerS))}
}

// pace limits the events per second of each channel of a shard, and those of each member to
// half of that. So a member who floods a group leaves the other half to the others.
type pace struct {
	channels *rate.Buckets[string]
	members  *rate.Buckets[memberOf]
}

type memberOf struct{ channel, user string }

func newPace(l wire.Limits) *pace {
	perS := cmp.Or(l.ChannelEventsPerS, wire.DefaultLimits().ChannelEventsPerS)
	return &pace{rate.NewBuckets[string](perS), rate.NewBuckets[memberOf](max(1, perS/2))}
}

// take counts n events by a member, or refuses them. Refused events count for neither limit.
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

// Charge counts a command against its user's rate on this node, or refuses it. The methods of
// the log that take a command, or that start a cursor, do so themselves. Charge is for other
// work done for a user.
func (l *Log) Charge(user string) error { return l.rates.charge(time.Now(), user) }

func (r *rates) charge(now time.Time, user string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.users.Take(now, user, 1); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "at most %d commands a second, from all of your sessions together", r.users.PerS()).After(wait)
	}
	return nil
}

// charge refuses a command that would overtake another one, a command that some nodes do not
// know yet, and a command for which there is no room. It then applies the channel's rate.
// Retries of stored commands and refused commands were answered before, at no charge. A command
// that was charged and not stored is not charged again.
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
