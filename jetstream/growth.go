package jetstream

import (
	"cmp"
	"sync"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

// growth limits how many groups each user makes a minute, how many members the user brings into
// groups, and how often they change their profile. A group is cheap to make and costs each of its
// members for ever. A node counts for the users of its own clients, as for [rates].
type growth struct {
	mu       sync.Mutex // protects following
	groups   *rate.Buckets[string]
	members  *rate.Buckets[string]
	profiles *rate.Buckets[string]
}

func newGrowth(l wire.Limits) *growth {
	d := wire.DefaultLimits()
	return &growth{
		groups:   rate.NewBuckets[string](cmp.Or(l.GroupsPerMin, d.GroupsPerMin)),
		members:  rate.NewBuckets[string](cmp.Or(l.MembersPerMin, d.MembersPerMin)),
		profiles: rate.NewBuckets[string](profilesPerMin),
	}
}

// take counts new groups and new members for a user, or refuses them. The clock of the buckets is
// slower: a second of it is a minute.
func (g *growth) take(now time.Time, user string, groups, members int) error {
	now = rate.Slower(now, rate.Minute)
	g.mu.Lock()
	defer g.mu.Unlock()
	if groups > 0 {
		if wait := g.groups.Wait(now, user, groups); wait > 0 {
			return wire.Errorf(wire.CodeTooFast, "at most %d new groups a minute", g.groups.PerS()).After(wait * time.Duration(rate.Minute))
		}
	}
	if members > 0 {
		if wait := g.members.Take(now, user, members); wait > 0 {
			return wire.Errorf(wire.CodeTooFast, "at most %d new members of groups a minute", g.members.PerS()).After(wait * time.Duration(rate.Minute))
		}
	}
	if groups > 0 {
		g.groups.Take(now, user, groups)
	}
	return nil
}

// takeProfile counts a change of a user's profile, or refuses it.
func (g *growth) takeProfile(now time.Time, user string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := g.profiles.Take(rate.Slower(now, rate.Minute), user, 1); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "at most %d changes of your profile a minute", g.profiles.PerS()).After(wait * time.Duration(rate.Minute))
	}
	return nil
}

// chargeGrowth counts the groups and members that a command of a user would make, or refuses it.
// A retry of a stored command makes none. Of a channel that the user is not in, nothing is looked
// up: how long that takes must not tell whether the channel exists.
func (l *Log) chargeGrowth(user string, cmd wire.Command) error {
	var id, clientID string
	groups, members := 0, 1
	switch c := cmd.(type) {
	case wire.CreateGroup:
		groups, members, id, clientID = 1, 1+len(c.Members), channel.GroupID(user, c.ClientID), c.ClientID
	case wire.AddMembers:
		id, clientID = c.Channel, c.ClientID
	case wire.Join:
		id, clientID = c.Channel, c.ClientID
	default:
		return nil
	}
	member, err := l.view.Member(user, id)
	add, adds := cmd.(wire.AddMembers)
	if err != nil || member != adds { // an outsider's is refused, a member joins no more, and a group that exists was made
		return err
	}
	stored, err := l.view.Find(id, user, clientID)
	if err != nil || stored != nil {
		return err
	}
	if adds {
		if members, err = l.strangers(id, add.Members); err != nil {
			return err
		}
	}
	return l.growth.take(time.Now(), user, groups, members)
}

// strangers returns how many of some users are not in a group.
func (l *Log) strangers(channel string, users []string) (int, error) {
	st, err := l.view.Channel(channel)
	fresh := map[string]bool{}
	for _, user := range users {
		if !st.Member(user) {
			fresh[user] = true
		}
	}
	return len(fresh), err
}
