package channel

import (
	"cmp"
	"hash/fnv"
	"io"

	"natterjack/server/wire"
)

// create returns the one event that creates a group, or none if the same command already
// created it. A second command with the same client id that asks for another group is a
// conflict. This holds even if the first group is deleted, because its id is never reused. A
// creator who has left gets the same answer, so it does not tell whether the group still exists.
func (a *act) create(c wire.CreateGroup) ([]wire.Record, error) {
	name, err := cleanName(c.Name, wire.MaxGroupNameLen)
	if err != nil {
		return nil, err
	}
	a.key = c.ClientID
	members := sorted(append([]string{a.user}, c.Members...))
	switch {
	case a.st != nil && a.st.Deleted, a.st.Exists() && (a.st.Origin != origin(name, members) || !a.st.Member(a.user)):
		return nil, wire.Errorf(wire.CodeConflict, "client_id: was already used for another group")
	case a.st.Exists():
		return nil, nil
	case a.env.MaxMembers > 0 && len(members) > a.env.MaxMembers:
		return nil, wire.Errorf(wire.CodeTooLarge, "members: there would be %d with you; at most %d are allowed", len(members), a.env.MaxMembers)
	}
	for _, user := range members {
		if err := cmp.Or(a.accepts(user), a.roomIn(user)); err != nil {
			return nil, err
		}
	}
	return a.meta(wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Name: name, Members: members}), nil
}

// origin returns a fingerprint (FNV-1a) of the name and members that a group was created with.
// It only distinguishes commands of the same client, not of different clients, so it need not
// resist attacks.
func origin(name string, members []string) uint64 {
	h := fnv.New64a()
	for _, s := range append([]string{name}, members...) {
		_, _ = io.WriteString(h, s+"\x00") // a hash never fails; neither a name nor a user has the separator
	}
	return h.Sum64()
}

// update changes settings. Its event has only the settings that change, see [State.update].
func (a *act) update(c wire.UpdateChannel) ([]wire.Record, error) {
	if c.Picture != nil {
		if err := withPictureFacts(c.Picture); err != nil {
			return nil, err
		}
	}
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

// settings are the settings of a group that admins can change.
type settings struct {
	Name, Topic string
	SlowModeS   int
	Archived    bool
	Picture     wire.Picture
}

func (s *State) settings() settings {
	return settings{Name: s.Name, Topic: s.Topic, SlowModeS: s.SlowModeS, Archived: s.Archived, Picture: s.Picture}
}

// set sets the properties that a command sets.
func (s *settings) set(c *wire.UpdateChannel) (err error) {
	if c.Name != nil {
		if s.Name, err = cleanName(*c.Name, wire.MaxGroupNameLen); err != nil {
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
	if c.Picture != nil {
		s.Picture = *c.Picture
	}
	return nil
}

// take sets the properties that an event has set.
func (s *settings) take(g *wire.GroupSettings) {
	set(&s.Name, g.Name)
	set(&s.Topic, g.Topic)
	set(&s.SlowModeS, g.SlowModeS)
	set(&s.Archived, g.Archived)
	set(&s.Picture, g.Picture)
}

// to returns the settings that must be set to get from s to next.
func (s *settings) to(next settings) *wire.GroupSettings {
	return &wire.GroupSettings{
		Name: differing(s.Name, next.Name), Topic: differing(s.Topic, next.Topic),
		SlowModeS: differing(s.SlowModeS, next.SlowModeS), Archived: differing(s.Archived, next.Archived),
		Picture: differing(s.Picture, next.Picture),
	}
}

// differing returns after, or nil if it equals before.
func differing[T comparable](before, after T) *T {
	if before == after {
		return nil
	}
	return &after
}

// end returns the group's last event.
func (a *act) end() []wire.Record {
	return a.meta(wire.Meta{Action: wire.ActionDeleted, Kind: wire.Group})
}
