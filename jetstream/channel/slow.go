package channel

import (
	"slices"

	"natterjack/server/wire"
)

// wait is how long slow mode still holds a user back, in milliseconds. Admins and the owner it does not, nor who has spoken by a clock that
// turned out to be far ahead.
func (s *State) wait(user string, now int64) int64 {
	if s.SlowModeS == 0 || rank(s.Role(user)) > rank(wire.RoleMember) {
		return 0
	}
	for _, x := range s.Spoke {
		if x.User == user && x.At <= now+skew {
			return min(max(x.At+s.slow()-now, 0), s.slow())
		}
	}
	return 0
}

// slow is the time between two messages of one member in milliseconds.
func (s *State) slow() int64 { return int64(s.SlowModeS) * 1000 }

// spoke notes a message while slow mode is on, and forgets those whose time is over. What was sent before slow mode was turned on is
// not known, nor after it was made longer what it had forgotten: either costs one message too early.
func (s *State) spoke(r *wire.Record) {
	if s.SlowModeS == 0 || rank(s.Role(r.Sender)) > rank(wire.RoleMember) {
		return
	}
	at := when(r)
	next := make([]Spoke, 0, len(s.Spoke)+1)
	for _, x := range s.Spoke {
		if x.User != r.Sender && x.At+s.slow() > at && x.At <= at+skew {
			next = append(next, x)
		}
	}
	next = append(next, Spoke{User: r.Sender, At: at})
	s.Spoke = slices.Clip(next[max(0, len(next)-maxSpoke):])
}
