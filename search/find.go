package search

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"natterjack/search/names"
	"natterjack/search/text"
	"natterjack/server/wire"
)

const (
	maxPeople   = 50_000                 // so many people are looked at
	longestFind = 100 * time.Millisecond // and for so long
	checkEvery  = 256

	workOfPerson  = 20 // to look at a name, in units of [Log.Spend]
	workOfChannel = 50
)

// Find answers the operation find.
func (s *Search) Find(ctx context.Context, c Caller, cmd wire.Find) (reply wire.Matches, err error) {
	reply = wire.Matches{People: []wire.PersonMatch{}, Channels: []wire.ChannelMatch{}}
	if err := s.cfg.Log.Spend(c.User, 0); err != nil {
		return reply, err
	}
	ctx, end := s.finds.begin(ctx, c.Session)
	defer end()
	release, err := s.turn(ctx, c.User)
	if err != nil {
		return reply, cause(ctx, err)
	}
	defer release()
	scope, err := s.cfg.Log.Scope(ctx, c.User)
	if err != nil {
		return reply, cause(ctx, err)
	}
	defer func() { err = errors.Join(err, scope.Close()) }()
	f := finder{query: names.Parse(cmd.Query), limit: wire.HitLimit(cmd.Limit), until: time.Now().Add(longestFind), met: map[string]bool{}}
	if f.query.Empty() {
		return reply, nil
	}
	err = f.look(ctx, scope)
	if err = errors.Join(err, s.cfg.Log.Spend(c.User, 1+f.looked*workOfChannel+len(f.met)*workOfPerson)); err != nil {
		return reply, cause(ctx, err)
	}
	for _, m := range f.best(f.people) {
		reply.People = append(reply.People, personOf(&m))
	}
	for _, m := range f.best(f.channels) {
		reply.Channels = append(reply.Channels, wire.ChannelMatch{Channel: m.id, Name: m.name, Archived: m.archived, Highlights: inName(m.name, m.spans[0])})
	}
	reply.More = f.cut || len(f.people) > f.limit || len(f.channels) > f.limit
	return reply, nil
}

// personOf describes a user: with the highlights of their display name, or of their id if they have
// none.
func personOf(m *named) wire.PersonMatch {
	if len(m.spans) == 1 {
		return wire.PersonMatch{User: m.id, Highlights: inName(m.id, m.spans[0])}
	}
	return wire.PersonMatch{User: m.id, Name: m.name, Highlights: inName(m.name, m.spans[0])}
}

// cause returns why ctx ended if it has, and err otherwise.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func inName(name string, spans []text.Span) []wire.Highlight {
	found := make([][2]int, len(spans))
	for i, s := range spans {
		found[i] = [2]int{s.From, s.To}
	}
	return wire.HighlightsOf(name, found, "", 0)
}

// finder looks for people and channels for one user.
type finder struct {
	query names.Query
	limit int
	until time.Time

	looked           int             // so many channels
	met              map[string]bool // people
	people, channels []named
	cut              bool // there was no time for all
}

// named is a user or a channel whose name matches.
type named struct {
	id, name string
	archived bool
	class    names.Class
	spans    [][]text.Span
}

// look looks at the user's channels, and at the people in them.
func (f *finder) look(ctx context.Context, scope Scope) error {
	ids, err := scope.Channels()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if f.late(ctx) {
			break
		}
		c, err := scope.Channel(id)
		if err != nil {
			return err
		}
		f.looked++
		if c.Kind == wire.Group {
			if m := f.query.Match(c.Name); m.Class < names.None {
				f.channels = append(f.channels, named{c.ID, c.Name, c.Archived, m.Class, m.Spans})
			}
		}
		if err := f.lookAt(ctx, scope, c.Members); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// lookAt looks at users that it has not met yet.
func (f *finder) lookAt(ctx context.Context, scope Scope, users []string) error {
	for _, user := range users {
		if f.met[user] {
			continue
		}
		if len(f.met)%checkEvery == 0 && f.late(ctx) {
			return nil
		}
		f.met[user] = true
		name, err := scope.Name(user)
		if err != nil {
			return err
		}
		called := []string{user}
		if name != "" {
			called = []string{name, user}
		}
		if m := f.query.Match(called...); m.Class < names.None {
			f.people = append(f.people, named{id: user, name: called[0], class: m.Class, spans: m.Spans})
		}
	}
	return nil
}

// late reports whether the find has to end.
func (f *finder) late(ctx context.Context) bool {
	f.cut = f.cut || ctx.Err() != nil || len(f.met) >= maxPeople || time.Now().After(f.until)
	return f.cut
}

// best returns the best matches, in order.
func (f *finder) best(all []named) []named {
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	return all[:min(len(all), f.limit)]
}
