package channel

import (
	"slices"

	"natterjack/server/wire"
)

// Apply is the state of a channel after one more event. st is nil before the first. An event of a kind or action that
// this version does not know moves the head and changes nothing else: a newer node may have written it. A channel is
// created once; a second creation changes nothing, so that nobody takes over a channel by it.
func Apply(st *State, id string, kind wire.Kind, pos uint64, r *wire.Record) *State {
	next := State{ID: id}
	if st != nil {
		next = *st
	}
	next.Pos = pos
	next.Active = max(next.Active, r.Timestamp)
	switch kind {
	case wire.KindMessage:
		next.Seq = max(next.Seq, r.Seq)
	case wire.KindMeta:
		if m := r.Meta; m != nil && m.Action == wire.ActionCreated && !st.Exists() {
			next.Kind, next.Name, next.Members = m.Kind, m.Name, ascending(m.Members)
			next.Creator, next.Created = r.Sender, r.Timestamp
		}
	}
	return &next
}

// ascending is what [State.Member] relies on, whoever wrote the event.
func ascending(members []string) []string {
	for i := 1; i < len(members); i++ {
		if members[i-1] >= members[i] {
			return sorted(members)
		}
	}
	return members
}

// sorted is a new slice of the different members, ascending.
func sorted(members []string) []string {
	members = slices.Clone(members)
	slices.Sort(members)
	return slices.Compact(members)
}
