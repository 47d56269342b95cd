package channel

import (
	"slices"

	"natterjack/server/wire"
)

// letters are the roles as [State.Roles] has them, from the lowest: a letter's place is its rank.
const letters = "rmao"

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
		return roleOf(s.Roles[at])
	}
}

func roleOf(letter byte) wire.Role {
	switch letter {
	case 'o':
		return wire.RoleOwner
	case 'a':
		return wire.RoleAdmin
	case 'r':
		return wire.RoleReader
	default:
		return wire.RoleMember
	}
}

// letter is a role as [State.Roles] has it.
func letter(role wire.Role) byte { return letters[rank(role)-1] }

// rank orders the roles: the higher may all that the lower may. Who is not a member has none, and ranks below all.
func rank(role wire.Role) int {
	switch role {
	case wire.RoleOwner:
		return 4
	case wire.RoleAdmin:
		return 3
	case wire.RoleMember:
		return 2
	case wire.RoleReader:
		return 1
	default:
		return 0
	}
}
