package channel

import (
	"slices"

	"natterjack/server/wire"
)

// addMembers adds those who are not there yet. Who is banned must be unbanned first: an admin who adds him may not know.
func (a *act) addMembers(c wire.AddMembers) ([]wire.Record, error) {
	added := without(sorted(c.Members), a.st.Members)
	for _, user := range added {
		if a.st.banned(user) {
			return nil, wire.Errorf(wire.CodeForbidden, "members: %s is banned; unban first", user)
		}
	}
	switch {
	case len(added) == 0:
		return nil, nil
	case a.full(len(added)):
		return nil, tooMany("members", a.env.MaxMembers)
	}
	return a.moves(wire.ActionAdded, added...), nil
}

// full reports whether so many more are too many.
func (a *act) full(more int) bool {
	return a.env.MaxMembers > 0 && len(a.st.Members)+more > a.env.MaxMembers
}

// removeMember takes a user out, and refuses one who asked to join. A ban can come first: of somebody who is neither.
func (a *act) removeMember(c wire.RemoveMember) ([]wire.Record, error) {
	_, asked := slices.BinarySearch(a.st.Requested, c.User)
	tell := a.about // who is no member learns nothing of the group
	if a.st.Member(c.User) {
		tell = a.moves
	}
	switch {
	case c.Ban && a.st.banned(c.User), !c.Ban && !asked && !a.st.Member(c.User):
		return nil, nil
	case !a.below(c.User):
		return nil, notBelow("user")
	case !c.Ban:
		return tell(wire.ActionRemoved, c.User), nil
	case len(a.st.Banned) >= MaxBanned:
		return nil, tooMany("user: bans of a group", MaxBanned)
	}
	return tell(wire.ActionBanned, c.User), nil
}

func (a *act) unban(c wire.Unban) ([]wire.Record, error) {
	if !a.st.banned(c.User) {
		return nil, nil
	}
	return a.about(wire.ActionUnbanned, c.User), nil
}

// setRole: the owner gives any role to any other, and becomes an admin by giving away his own; an admin gives roles below his own to
// members below him. So a group has one owner, always.
func (a *act) setRole(c wire.SetRole) ([]wire.Record, error) {
	now, own := a.st.Role(c.User), a.st.Role(a.user)
	switch {
	case now == "":
		return nil, wire.Errorf(wire.CodeInvalid, "user: is not a member")
	case now == c.Role:
		return nil, nil
	case c.User == a.user && own == wire.RoleOwner:
		return nil, wire.Errorf(wire.CodeForbidden, "user: the owner gives up that role by giving it to another")
	case !a.below(c.User):
		return nil, notBelow("user")
	case own != wire.RoleOwner && rank(c.Role) >= rank(own):
		return nil, wire.Errorf(wire.CodeForbidden, "role: is not below yours")
	}
	return a.meta(wire.Meta{Action: wire.ActionRole, Members: []string{c.User}, Role: c.Role}), nil
}

// leave takes the user out. With the last member the group ends: nobody would be left to read it, or to delete it.
func (a *act) leave() ([]wire.Record, error) {
	switch {
	case len(a.st.Members) == 1:
		return a.end(), nil
	case a.st.Role(a.user) == wire.RoleOwner:
		return nil, wire.Errorf(wire.CodeForbidden, "channel: its owner gives that role to another before leaving")
	}
	return a.moves(wire.ActionLeft, a.user), nil
}

func (s *State) banned(user string) bool {
	_, found := slices.BinarySearch(s.Banned, user)
	return found
}
