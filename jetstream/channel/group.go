package channel

import (
	"hash/fnv"
	"io"

	"natterjack/server/wire"
)

// create gives the one event that makes a group, or none where the same command made it before. A second command under the same
// client id that wants another group is a conflict, also when the first is deleted: its id is never given again.
func (a *act) create(c wire.CreateGroup) ([]Event, error) {
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

// update changes settings. Its event has all of them as they are afterwards, so that whoever reads it needs no other.
func (a *act) update(c wire.UpdateChannel) ([]Event, error) {
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
	return a.meta(wire.Meta{
		Action: wire.ActionUpdated, Name: next.Name, Topic: next.Topic, SlowModeS: next.SlowModeS, Archived: next.Archived,
	}), nil
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

// end is the group's last event.
func (a *act) end() []Event {
	return a.meta(wire.Meta{Action: wire.ActionDeleted, Kind: wire.Group})
}
