package channel

import (
	"slices"

	"natterjack/server/wire"
)

// Stay is a range of a channel's messages during which a user was a member: those with After <
// seq ≤ Upto.
type Stay struct {
	After, Upto uint64
	Left        bool // the stay ended because the user left
}

// lasts is the end of a stay that goes on.
const lasts = ^uint64(0)

// Stays are all stays of a user in a channel, ascending. The user may always see messages
// within a stay. Messages outside do not exist for the user: they cannot be seen or acted on,
// and look the same as a number that was never given.
type Stays []Stay

// Include reports whether a message lies within one of the stays.
func (s Stays) Include(seq uint64) bool {
	return slices.ContainsFunc(s, func(stay Stay) bool { return seq > stay.After && seq <= stay.Upto })
}

// After returns a user's stays after a move, which may be of that user or of others. It does
// not change the given stays. Moves that the stays already contain may be repeated, if all
// moves after them are repeated too. Such repeats add only stays that already exist.
func (s Stays) After(user string, m Move) Stays {
	switch {
	case slices.Contains(m.Left, user):
		s = slices.Clone(s)
		for i := range s {
			if s[i].Upto == lasts {
				s[i].Upto, s[i].Left = max(m.Seq, s[i].After), m.Own
			}
		}
	case slices.Contains(m.Joined, user):
		s = append(slices.Clip(s), Stay{After: m.Seq, Upto: lasts})
	}
	return s
}

// left reports whether the user's last stay ended because the user left.
func (s Stays) left() bool { return len(s) > 0 && s[len(s)-1].Left }

// Move is a change of the members of a channel, after the message with Seq. Own means that the
// users in Left left by themselves.
type Move struct {
	Seq          uint64
	Joined, Left []string
	Own          bool
}

// Leaves reports whether a user leaves a group by an event of the user's own.
func Leaves(r *wire.Record) bool { return r.Meta != nil && r.Meta.Action == wire.ActionLeft }

// MoveOf returns the move that an event has made. moved is false if the event changed no
// members.
func MoveOf(before, after *State, r *wire.Record) (m Move, moved bool) {
	m.Seq, m.Own = after.Seq, Leaves(r)
	var were []string
	if before != nil {
		were = before.Members
	}
	m.Joined, m.Left = without(after.Members, were), without(were, after.Members)
	return m, len(m.Joined)+len(m.Left) > 0
}

// sees reports whether the user may see the message with a seq, if it exists. In a direct
// channel both users see everything.
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

// message returns a message that the user may see, or nil.
func (a *act) message(seq uint64) (*Message, error) {
	if sees, err := a.sees(seq); !sees || err != nil {
		return nil, err
	}
	return a.env.Message(seq)
}
