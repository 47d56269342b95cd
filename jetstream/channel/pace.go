package channel

import "natterjack/server/wire"

// Paced reports whether an event counts against the channel's rate: an event of a kind, by a
// user, given the channel's state before it. Deletions do not count, nor do changes of the channel
// itself by its owner or admins. They can end a flood, so the flood must not hold them back. They
// cannot be a flood themselves, because each user has a rate too. Notes of a user who is not a
// member do not count either: such a user must neither use up the channel's rate nor learn from a
// refusal how busy the channel is. The writer bounds these notes apart.
func Paced(st *State, user string, kind wire.Kind) bool {
	switch kind {
	case wire.KindDelete:
		return false
	case wire.KindNote:
		return st.Member(user)
	case wire.KindMeta:
		return rank(st.Role(user)) <= rank(wire.RoleMember)
	default:
		return true
	}
}
