package channel

import "natterjack/server/wire"

// Paced reports whether an event of a kind, by a user, in the channel as it was before, counts against the channel's rate. What
// ends a flood does not, or the flood would hold it back: what is taken away, and what owner and admins do to the channel itself.
// Neither can be one, for its user has a rate of his own.
func Paced(st *State, user string, kind wire.Kind) bool {
	switch kind {
	case wire.KindDelete:
		return false
	case wire.KindMeta:
		return rank(st.Role(user)) <= rank(wire.RoleMember)
	default:
		return true
	}
}
