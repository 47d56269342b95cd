package channel

import (
	"slices"

	"natterjack/server/wire"
)

// wait returns how long slow mode still holds a user back, in milliseconds. It does not hold
// back admins and the owner. It also ignores a last message dated by a clock that turned out to
// be far ahead.
func (s *State) wait(user string, now int64) int64 {
	if s.SlowModeS == 0 || rank(s.Role(user)) > rank(wire.RoleMember) {
		return 0
	}
	for _, x := range s.Spoke {
		if x.User == user && x.At <= now+Skew {
			return min(max(x.At+s.slow()-now, 0), s.slow())
		}
	}
	return 0
}

// slow returns the interval between two messages of one member, in milliseconds.
func (s *State) slow() int64 { return int64(s.SlowModeS) * 1000 }

// spoke records a message while slow mode is on, and forgets members whose wait is over.
// Messages sent before slow mode was turned on are unknown. If the interval is made longer,
// members already forgotten stay forgotten. Either case lets one message through too early.
func (s *State) spoke(r *wire.Record) {
	if s.SlowModeS == 0 || rank(s.Role(r.Sender)) > rank(wire.RoleMember) {
		return
	}
	at := When(r)
	next := make([]Spoke, 0, len(s.Spoke)+1)
	for _, x := range s.Spoke {
		if x.User != r.Sender && x.At+s.slow() > at && x.At <= at+Skew {
			next = append(next, x)
		}
	}
	next = append(next, Spoke{User: r.Sender, At: at})
	s.Spoke = slices.Clip(next[max(0, len(next)-maxSpoke):])
}
