package channel

import (
	"hash/fnv"
	"io"

	"natterjack/server/wire"
)

// create gives the one event that makes a group, or none where the same command made it before. A second command under the same
// client id that wants another group is a conflict, also when the first is deleted: its id is never given again.
func (a *act) create(c wire.CreateGroup) ([]wire.Record, error) {
	name, err := cleanName(c.Name)
	if err != nil {
		return nil, err
	}
	a.key = c.ClientID
	members := sorted(append([]string{a.user}, c.Members...))
	switch {
	case a.st != nil && a.st.Deleted, a.st.Exists() && a.st.Origin != origin(name, members):
		return nil, wire.Errorf(wire.CodeConflict, "client_id: was used for another group")
	case a.st.Exists() && !a.st.Member(a.user):
		return nil, Forbidden()
	case a.st.Exists():
		return nil, nil
	case a.env.MaxMembers > 0 && len(members) > a.env.MaxMembers:
		return nil, wire.Errorf(wire.CodeTooLarge, "members: %d with you, at most %d are allowed", len(members), a.env.MaxMembers)
	}
	return a.meta(wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Name: name, Members: members}), nil
}

// origin is a fingerprint of what a group was made as: FNV-1a. Clients are told apart from themselves by it, not from each other, so it
// need not withstand anybody.
func origin(name string, members []string) uint64 {
	h := fnv.New64a()
	for _, s := range append([]string{name}, members...) {
		_, _ = io.WriteString(h, s+"\x00") // a hash never fails; neither a name nor a user has the separator
	}
	return h.Sum64()
}

// update changes settings. Its event has those that it changes, and no others: see [State.update].
func (a *act) update(c wire.UpdateChannel) ([]wire.Record, error) {
	before := a.st.settings()
	next := before
	if err := next.set(&c); err != nil {
		return nil, err
	}
	switch {
	case next == before:
		return nil, nil
	case before.Archived && next.Archived:
		return nil, archived()
	}
	return a.meta(wire.Meta{Action: wire.ActionUpdated, Settings: before.to(next)}), nil
}

// settings are what admins change of a group.
type settings struct {
	Name, Topic string
	SlowModeS   int
	Archived    bool
}

func (s *State) settings() settings {
	return settings{Name: s.Name, Topic: s.Topic, SlowModeS: s.SlowModeS, Archived: s.Archived}
}

// set takes over what a command sets.
func (s *settings) set(c *wire.UpdateChannel) (err error) {
	if c.Name != nil {
		if s.Name, err = cleanName(*c.Name); err != nil {
			return err
		}
	}
	if c.Topic != nil {
		if s.Topic, err = cleanTopic(*c.Topic); err != nil {
			return err
		}
	}
	if c.SlowModeS != nil {
		s.SlowModeS = *c.SlowModeS
	}
	if c.Archived != nil {
		s.Archived = *c.Archived
	}
	return nil
}

// take takes over what an event has set.
func (s *settings) take(g *wire.GroupSettings) {
	set(&s.Name, g.Name)
	set(&s.Topic, g.Topic)
	set(&s.SlowModeS, g.SlowModeS)
	set(&s.Archived, g.Archived)
}

// to returns what has to be set for these settings to become next.
func (s *settings) to(next settings) *wire.GroupSettings {
	return &wire.GroupSettings{
		Name: differing(s.Name, next.Name), Topic: differing(s.Topic, next.Topic),
		SlowModeS: differing(s.SlowModeS, next.SlowModeS), Archived: differing(s.Archived, next.Archived),
	}
}

// differing returns what is after, or nil where that is what was before.
func differing[T comparable](before, after T) *T {
	if before == after {
		return nil
	}
	return &after
}

// end is the group's last event.
func (a *act) end() []wire.Record {
	return a.meta(wire.Meta{Action: wire.ActionDeleted, Kind: wire.Group})
}
