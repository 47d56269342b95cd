package channel

import (
	"slices"

	"natterjack/server/wire"
)

// Stay is a stretch of a channel's messages during which a user was a member: those with After < seq ≤ Upto.
type Stay struct{ After, Upto uint64 }

// lasts is the end of a stay that has none yet.
const lasts = ^uint64(0)

// Stays are all those of a user in a channel, ascending. What lies in one he may see, for ever. What lies in none does not exist for
// him: he can neither see it nor act on it, nor tell it from a number that was never given.
type Stays []Stay

// Include reports whether a message lies in one.
func (s Stays) Include(seq uint64) bool {
	return slices.ContainsFunc(s, func(stay Stay) bool { return seq > stay.After && seq <= stay.Upto })
}

// After are a user's stays after a move, which may be his or not. The given ones are not changed. Moves that the stays have in them
// already may be repeated, if all that came after them are too: they add what is there.
func (s Stays) After(user string, m Move) Stays {
	switch {
	case slices.Contains(m.Left, user):
		s = slices.Clone(s)
		for i := range s {
			if s[i].Upto == lasts {
				s[i].Upto = max(m.Seq, s[i].After)
			}
		}
	case slices.Contains(m.Joined, user):
		s = append(slices.Clip(s), Stay{After: m.Seq, Upto: lasts})
	}
	return s
}

// Move is a change of who is in a channel, after its message of a seq.
type Move struct {
	Seq          uint64
	Joined, Left []string
}

// MoveOf is the move that an event has made, where it has made one.
func MoveOf(before, after *State) (m Move, moved bool) {
	m.Seq = after.Seq
	var were []string
	if before != nil {
		were = before.Members
	}
	m.Joined, m.Left = without(after.Members, were), without(were, after.Members)
	return m, len(m.Joined)+len(m.Left) > 0
}

// sees reports whether the user may see a message of a seq, if there is one. In a direct channel both see all there is.
func (a *act) sees(seq uint64) (bool, error) {
	if a.st.Kind == wire.Direct {
		return true, nil
	}
	if a.env.Stays == nil {
		return false, nil
	}
	stays, err := a.env.Stays(a.user)
	return stays.Include(seq), err
}

// message is one that the user may see, or nil.
func (a *act) message(seq uint64) (*Message, error) {
	if sees, err := a.sees(seq); !sees || err != nil {
		return nil, err
	}
	return a.env.Message(seq)
}
