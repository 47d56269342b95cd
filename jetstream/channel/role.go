package channel

import (
	"slices"
	"strings"

	"natterjack/server/wire"
)

// letters are the roles as [State.Roles] stores them, from the lowest. The index of a letter is
// its rank.
const letters = "rmao"

var roles = [len(letters)]wire.Role{wire.RoleReader, wire.RoleMember, wire.RoleAdmin, wire.RoleOwner}

// Role returns a user's role in the channel, or "" if the user is not a member. Both users of a
// direct channel have the role of a member.
func (s *State) Role(user string) wire.Role {
	if s == nil {
		return ""
	}
	at, found := slices.BinarySearch(s.Members, user)
	switch {
	case !found:
		return ""
	case at >= len(s.Roles):
		return wire.RoleMember
	default:
		return roles[max(strings.IndexByte(letters, s.Roles[at]), 0)]
	}
}

// Owner returns a group's owner, or "" in other channels.
func (s *State) Owner() string {
	if at := strings.IndexByte(s.Roles, letterOf(wire.RoleOwner)); at >= 0 {
		return s.Members[at]
	}
	return ""
}

// With returns the members who have a role, ascending.
func (s *State) With(role wire.Role) (users []string) {
	for i, user := range s.Members[:min(len(s.Roles), len(s.Members))] {
		if s.Roles[i] == letterOf(role) {
			users = append(users, user)
		}
	}
	return users
}

// letterOf returns a valid role as [State.Roles] stores it.
func letterOf(role wire.Role) byte { return letters[rank(role)-1] }

func allOf(role wire.Role, n int) string { return strings.Repeat(string(letterOf(role)), n) }

// rank orders the roles: a higher role may do everything that a lower one may. A user who is
// not a member ranks below all roles.
func rank(role wire.Role) int { return slices.Index(roles[:], role) + 1 }
