package channel

import (
	"slices"

	"natterjack/server/wire"
)

// addMembers adds those users who are not members yet. A banned user must be unbanned first,
// because the admin who adds the user may not know of the ban.
func (a *act) addMembers(c wire.AddMembers) ([]wire.Record, error) {
	added := without(sorted(c.Members), a.st.Members)
	for _, user := range added {
		if err := a.mayAdd(user); err != nil {
			return nil, err
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

// mayAdd returns the reason why the acting user may not add a user, or nil. A user who asked to
// join may be added in any case. A user who has left comes back only by asking, or by an invite.
// Otherwise a user who does not want to be in a group could be put there again and again.
func (a *act) mayAdd(user string) error {
	if a.st.banned(user) {
		return wire.Errorf(wire.CodeForbidden, "members: %s is banned; unban the user first", user)
	}
	if _, asked := slices.BinarySearch(a.st.Requested, user); !asked {
		if err := a.accepts(user); err != nil {
			return err
		}
		left, err := a.left(user)
		switch {
		case err != nil:
			return err
		case left:
			return wire.Errorf(wire.CodeForbidden, "members: %s has left the group; give the user an invite instead", user)
		}
	}
	return a.roomIn(user)
}

func (a *act) left(user string) (bool, error) {
	if a.env.Stays == nil {
		return false, nil
	}
	stays, err := a.env.Stays(user)
	return stays.left(), err
}

// accepts returns an error if a user has blocked the acting user. A block keeps the other from
// reaching the user, also by way of a group. The error says no more than the answer to a direct
// message does.
func (a *act) accepts(user string) error {
	if user != a.user && a.env.Blocked != nil && a.env.Blocked(user, a.user) {
		return wire.Errorf(wire.CodeForbidden, "members: %s does not accept to be added by you", user)
	}
	return nil
}

// roomIn returns an error if a user is in as many groups as a user may be.
func (a *act) roomIn(user string) error {
	if a.env.Groups == nil || a.env.MaxGroups == 0 {
		return nil
	}
	n, err := a.env.Groups(user)
	switch {
	case err != nil:
		return err
	case n < a.env.MaxGroups:
		return nil
	case user == a.user:
		return wire.Errorf(wire.CodeTooLarge, "channel: you are in %d groups, and no more are allowed; leave one first", n)
	default:
		return wire.Errorf(wire.CodeTooLarge, "members: %s is in as many groups as are allowed", user)
	}
}

// full reports whether the group has no room for that many more members.
func (a *act) full(more int) bool {
	return a.env.MaxMembers > 0 && len(a.st.Members)+more > a.env.MaxMembers
}

// removeMember removes a user, or refuses a user who asked to join. A ban may also name a user who
// is not a member and has not asked.
func (a *act) removeMember(c wire.RemoveMember) ([]wire.Record, error) {
	_, asked := slices.BinarySearch(a.st.Requested, c.User)
	tell := a.about // users who are not members learn nothing of the group
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

// setRole gives a member a role. The owner gives any role to any other member, and becomes an
// admin when giving the owner role away. An admin gives roles below the admin role to members
// below the admin role. So a group always has exactly one owner.
func (a *act) setRole(c wire.SetRole) ([]wire.Record, error) {
	now, own := a.st.Role(c.User), a.st.Role(a.user)
	switch {
	case now == "":
		return nil, wire.Errorf(wire.CodeInvalid, "user: is not a member of the group")
	case now == c.Role:
		return nil, nil
	case c.User == a.user && own == wire.RoleOwner:
		return nil, wire.Errorf(wire.CodeForbidden, "user: you are the owner; to give up that role, make another member the owner")
	case !a.below(c.User):
		return nil, notBelow("user")
	case own != wire.RoleOwner && rank(c.Role) >= rank(own):
		return nil, wire.Errorf(wire.CodeForbidden, "role: must be below yours")
	}
	return a.meta(wire.Meta{Action: wire.ActionRole, Members: []string{c.User}, Role: c.Role}), nil
}

// leave removes the user. The group ends with its last member, because no user would be left to
// read or delete it.
func (a *act) leave() ([]wire.Record, error) {
	switch {
	case len(a.st.Members) == 1:
		return a.end(), nil
	case a.st.Role(a.user) == wire.RoleOwner:
		return nil, wire.Errorf(wire.CodeForbidden, "channel: you are its owner; make another member the owner before you leave")
	}
	return a.moves(wire.ActionLeft, a.user), nil
}

func (s *State) banned(user string) bool {
	_, found := slices.BinarySearch(s.Banned, user)
	return found
}
