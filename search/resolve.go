package search

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"natterjack/search/query"
	"natterjack/search/text"
	"natterjack/server/wire"
)

// resolver finds out which users and channels the names in a query mean. A name that means nothing
// finds nothing.
type resolver struct {
	ctx   context.Context //nolint:containedctx // it lives as long as one search
	user  string
	scope Scope
	query query.Query

	known  map[string][]string // the meanings of names so far
	people map[string]bool     // users who share a channel with the user; nil until asked for
	called map[string][]string // users by their display names, folded; nil until asked for
	work   int                 // the work so far, in units of [Log.Spend]
	err    error               // the first error; the search then fails

	until   time.Time // names are looked up until then
	partial bool      // people and called are not all
	cut     bool      // a user or a channel that a name means may be missing
}

// longestNames is how long the names in a query are looked up. A name that is not found by then
// finds nothing.
const longestNames = 100 * time.Millisecond

// meant holds the users and channels that the names in a query mean.
type meant struct {
	channels      []string
	from, notFrom []string
	cut           bool // there was no time for all
}

// resolve finds out which users and channels the names in a query mean for a user.
func (s *Search) resolve(ctx context.Context, user string, scope Scope, q query.Query, only string) (m meant, err error) {
	r := &resolver{ctx: ctx, user: user, scope: scope, query: q, until: time.Now().Add(cmp.Or(s.cfg.names, longestNames))}
	m.channels, err = r.channels(only)
	m.from, m.notFrom = r.senders(false), r.senders(true)
	if m.cut = r.cut; m.cut && slices.ContainsFunc(q.Clauses, func(c query.Clause) bool { return c.Not && c.Kind >= query.From && c.Kind <= query.With }) {
		m.channels = nil // the excluded users or channels are not known
	}
	return m, errors.Join(err, r.err, s.spend(user, r.work))
}

// late reports whether there is no time to look at more.
func (r *resolver) late() bool { return time.Now().After(r.until) }

// channels returns the channels in which to search: those that the user is a member of, as the
// query and the command narrow them.
func (r *resolver) channels(only string) (ids []string, err error) {
	if ids, err = r.scope.Channels(); err != nil {
		return nil, err
	}
	if only != "" {
		if !slices.Contains(ids, only) {
			return nil, nil
		}
		ids = []string{only}
	}
	in, with := r.query.Of(query.In), r.query.Of(query.With)
	if len(in)+len(with) == 0 {
		return ids, nil
	}
	var narrowed []string
	for _, id := range ids {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		if r.late() {
			r.cut = true
			break
		}
		r.work += workOfChannel
		c, err := r.scope.Channel(id)
		if err != nil {
			return nil, err
		}
		if allows(in, func(name string) bool { return r.named(&c, name) }) && allows(with, func(name string) bool { return r.member(&c, name) }) {
			narrowed = append(narrowed, id)
		}
	}
	return narrowed, nil
}

// allows reports whether some clause that must hold does, if there are any, and no other one does.
func allows(clauses []query.Clause, holds func(name string) bool) bool {
	wanted, found := false, false
	for _, c := range clauses {
		is := holds(c.Value)
		if c.Not && is {
			return false
		}
		wanted, found = wanted || !c.Not, found || !c.Not && is
	}
	return found || !wanted
}

// named reports whether a channel has a name: its id, the name of a group, or the other user of a
// direct channel.
func (r *resolver) named(c *wire.ChannelInfo, name string) bool {
	if c.ID == name {
		return true
	}
	if c.Kind == wire.Direct {
		return slices.ContainsFunc(r.users(name), func(user string) bool { return wire.DirectChannel(r.user, user) == c.ID })
	}
	return c.Name != "" && folded(c.Name) == folded(name)
}

func (r *resolver) member(c *wire.ChannelInfo, name string) bool {
	return slices.ContainsFunc(r.users(name), func(user string) bool {
		_, found := slices.BinarySearch(c.Members, user)
		return found
	})
}

// senders returns the users whom the names of some clauses mean.
func (r *resolver) senders(not bool) (users []string) {
	for _, name := range r.query.Names(query.From, not) {
		users = append(users, r.users(name)...)
	}
	return users
}

// me means the user who asks, unless that is the name of a user.
const me = "me"

// users returns the users that a name means: the user with that id, even if they share no channel
// with the user any more, or else all users with that display name who share one.
func (r *resolver) users(name string) []string {
	if found, ok := r.known[name]; ok {
		return found
	}
	id := strings.ToLower(name)
	if id == me {
		id = r.user
	}
	var found []string
	if wire.ValidUser(id) {
		found = append(found, id)
	}
	if id != r.user && r.err == nil {
		if r.err = r.meet(); !r.people[id] && r.err == nil {
			if r.err = r.call(); r.err == nil {
				found = append(found, r.called[folded(name)]...)
			}
			r.cut = r.cut || r.partial
		}
	}
	if r.known == nil {
		r.known = map[string][]string{}
	}
	r.known[name] = found
	return found
}

// meet finds out which users share a channel with the user.
func (r *resolver) meet() error {
	if r.people != nil {
		return nil
	}
	ids, err := r.scope.Channels()
	if err != nil {
		return err
	}
	r.people = map[string]bool{}
	for _, id := range ids {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		c, err := r.scope.Channel(id)
		if err != nil {
			return err
		}
		r.work += workOfChannel + len(c.Members)
		for _, user := range c.Members {
			r.people[user] = true
		}
		if len(r.people) >= maxPeople || r.late() {
			r.partial = true
			break
		}
	}
	return nil
}

// call finds out how the people in the user's channels are called.
func (r *resolver) call() error {
	if r.called != nil {
		return nil
	}
	r.called = map[string][]string{}
	for user := range r.people {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if r.late() {
			r.partial = true
			break
		}
		r.work += workOfPerson
		name, err := r.scope.Name(user)
		if err != nil {
			return err
		}
		if name != "" {
			name = folded(name)
			r.called[name] = append(r.called[name], user)
		}
	}
	return nil
}

// folded returns the form of a name in which names that people take for the same are equal.
func folded(name string) string { return strings.Join(strings.Fields(text.Fold(name).Text), " ") }
