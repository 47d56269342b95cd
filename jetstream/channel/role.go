package channel

import (
	"slices"
	"strings"

	"natterjack/server/wire"
)

// letters are the roles as [State.Roles] has them, from the lowest: a letter's place is its rank.
const letters = "rmao"

var roles = [len(letters)]wire.Role{wire.RoleReader, wire.RoleMember, wire.RoleAdmin, wire.RoleOwner}

// Role is what a user may do in the channel; empty where he is not a member. Whoever is in a direct channel is a member there.
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

// Owner is a group's; nobody otherwise.
func (s *State) Owner() string {
	if at := strings.IndexByte(s.Roles, letterOf(wire.RoleOwner)); at >= 0 {
		return s.Members[at]
	}
	return ""
}

// With are the members who have a role, ascending.
func (s *State) With(role wire.Role) (users []string) {
	for i, user := range s.Members[:min(len(s.Roles), len(s.Members))] {
		if s.Roles[i] == letterOf(role) {
			users = append(users, user)
		}
	}
	return users
}

// letterOf is a valid role as [State.Roles] has it.
func letterOf(role wire.Role) byte { return letters[rank(role)-1] }

func allOf(role wire.Role, n int) string { return strings.Repeat(string(letterOf(role)), n) }

// rank orders the roles: the higher may all that the lower may. Who is not a member has none, and ranks below all.
func rank(role wire.Role) int { return slices.Index(roles[:], role) + 1 }
