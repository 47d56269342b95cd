package channel

import (
	"slices"

	"natterjack/server/wire"
)

// Apply returns the state of a channel after one more event. st is nil before the first event.
// Apply does not judge whether the event counts, see [Head.Follows]. An event of an unknown kind or
// action moves the head and changes nothing else, because a newer node may have written it. A
// channel is created once. A second creation changes nothing, so that no user can take over a
// channel by it.
func Apply(st *State, channel string, pos uint64, r *wire.Record) *State {
	next := State{ID: channel}
	if st != nil {
		next = *st
	}
	next.Head = next.Next(pos, r)
	switch r.Kind {
	case wire.KindMessage:
		next.spoke(r)
	case wire.KindDelete:
		next.Pins = next.pinned(r.Target, true)
	case wire.KindPin:
		next.Pins = next.pinned(r.Target, r.Remove)
	case wire.KindMeta:
		if r.Meta != nil {
			next.change(r, r.Meta)
		}
	default: // reactions and edits change only their message
	}
	return &next
}

// change applies a change of the channel itself. A deleted group takes no further changes.
// Channels other than groups take none after their creation.
func (s *State) change(r *wire.Record, m *wire.Meta) {
	switch {
	case s.Deleted || s.Kind != wire.Group && s.Kind != "":
	case m.Action == wire.ActionDeleted: // this may be all that the log still has of the group
		*s = State{ID: s.ID, Kind: wire.Group, Deleted: true, Head: s.Head}
	case s.Kind == "" && m.Action == wire.ActionCreated && m.Kind != "":
		s.create(r, m)
	case s.Kind == wire.Group:
		s.changeGroup(r, m)
	}
}

func (s *State) create(r *wire.Record, m *wire.Meta) {
	s.Kind, s.Name, s.Members = m.Kind, m.Name, ascending(m.Members)
	s.Creator, s.Created = r.Sender, r.Timestamp
	if m.Kind == wire.Group {
		s.Origin = origin(m.Name, s.Members)
		s.Roles = allOf(wire.RoleMember, len(s.Members))
		s.Since = orNil(slices.Repeat([]uint64{s.Seq}, len(s.Members)))
		s.give(r.Sender, wire.RoleOwner)
	}
}

func (s *State) changeGroup(r *wire.Record, m *wire.Meta) {
	switch m.Action {
	case wire.ActionUpdated:
		s.update(m.Settings)
	case wire.ActionAdded:
		s.enter(m.Members)
	case wire.ActionJoined:
		s.enter(m.Members)
		s.spend(m.Invite)
	case wire.ActionRequested:
		s.ask(without(without(m.Members, s.Members), s.Banned), r.ClientID)
		s.spend(m.Invite)
	case wire.ActionLeft:
		s.exit(m.Members)
	case wire.ActionRemoved:
		s.Removed = s.removedToo(m.Members)
		s.exit(m.Members)
	case wire.ActionBanned:
		s.exit(m.Members)
		s.Banned = with(s.Banned, m.Members)
	case wire.ActionUnbanned:
		s.Banned = without(s.Banned, sorted(m.Members))
	case wire.ActionRole:
		for _, user := range m.Members {
			s.give(user, m.Role)
		}
	case wire.ActionInvited:
		if m.Invite != nil {
			s.Invites = s.withInvite(Invite{Invite: *m.Invite, Made: When(r), Pos: s.Pos})
		}
	case wire.ActionInviteRevoked:
		if m.Invite != nil {
			s.Invites = s.withoutInvite(m.Invite.Hash)
		}
	default: // written by a newer node
	}
}

// update sets the settings that an event has. It keeps all others: the writer on an older node
// does not know them and must not reset them.
func (s *State) update(g *wire.GroupSettings) {
	if g == nil {
		return
	}
	set(&s.Name, g.Name)
	set(&s.Topic, g.Topic)
	set(&s.SlowModeS, g.SlowModeS)
	set(&s.Archived, g.Archived)
	set(&s.Picture, g.Picture)
	if s.SlowModeS == 0 {
		s.Spoke = nil
	}
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

func (s *State) spend(i *wire.Invite) {
	if i != nil {
		s.Invites = s.spendInvite(i.Hash)
	}
}

// enter adds the users who are not members yet.
func (s *State) enter(users []string) {
	members, roles, since := slices.Clone(s.Members), []byte(s.Roles), slices.Clone(s.Since)
	for _, user := range users {
		if at, found := slices.BinarySearch(members, user); !found {
			members = slices.Insert(members, at, user)
			roles = slices.Insert(roles, at, letterOf(wire.RoleMember))
			since = slices.Insert(since, at, s.Seq)
		}
	}
	s.Members, s.Roles, s.Since = members, string(roles), since
	users = sorted(users)
	s.Banned, s.Removed = without(s.Banned, users), without(s.Removed, users)
	s.answer(users)
}

// removedToo returns the list of removed users, with some members added. If the list is too long,
// the first ones are dropped.
func (s *State) removedToo(users []string) []string {
	removed := without(s.Removed, sorted(users))
	for _, user := range users {
		if s.Member(user) {
			removed = append(slices.Clip(removed), user)
		}
	}
	return removed[max(0, len(removed)-maxRemoved):]
}

// exit removes users from the members and from the users who asked to join.
func (s *State) exit(users []string) {
	users = sorted(users)
	var roles []byte
	var since []uint64
	for i, user := range s.Members {
		if _, out := slices.BinarySearch(users, user); !out {
			roles, since = append(roles, s.Roles[i]), append(since, s.Since[i])
		}
	}
	s.Members, s.Roles, s.Since = without(s.Members, users), string(roles), since
	s.answer(users)
}

// ask adds users who asked to join by a request with a client id.
func (s *State) ask(users []string, clientID string) {
	requested, asked := slices.Clone(s.Requested), slices.Clone(s.Asked)
	for _, user := range users {
		if at, found := slices.BinarySearch(requested, user); !found {
			requested = slices.Insert(requested, at, user)
			asked = slices.Insert(asked, at, clientID)
		}
	}
	s.Requested, s.Asked = requested, asked
}

// answer removes users from the list of requests to join.
func (s *State) answer(users []string) {
	left := without(s.Requested, users)
	if len(left) == len(s.Requested) {
		return
	}
	var asked []string
	for i, user := range s.Requested {
		if _, found := slices.BinarySearch(users, user); !found {
			asked = append(asked, s.Asked[i])
		}
	}
	s.Requested, s.Asked = left, asked
}

// give sets the role of a member. If the role is owner, the previous owner becomes an admin,
// because there is only one owner.
func (s *State) give(user string, role wire.Role) {
	at, found := slices.BinarySearch(s.Members, user)
	if !found || !role.Valid() {
		return
	}
	roles := []byte(s.Roles)
	if role == wire.RoleOwner {
		for i := range roles {
			if roles[i] == letterOf(wire.RoleOwner) {
				roles[i] = letterOf(wire.RoleAdmin)
			}
		}
	}
	roles[at] = letterOf(role)
	s.Roles = string(roles)
}
