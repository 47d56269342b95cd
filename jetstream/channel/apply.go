package channel

import "natterjack/server/wire"

// Apply is the state of a channel after one more event. st is nil before the first. An event of a kind or action that
// this version does not know moves the head and changes nothing else: a newer node may have written it.
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
		if m := r.Meta; m != nil && m.Action == wire.ActionCreated {
			next.Kind, next.Name, next.Members = m.Kind, m.Name, m.Members
			next.Creator, next.Created = r.Sender, r.Timestamp
		}
	}
	return &next
}
