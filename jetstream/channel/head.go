package channel

import "natterjack/server/wire"

// Head is the part of a state that every message changes.
type Head struct {
	Version uint64 // of the last event of any kind
	Seq     uint64 // of the last message; 0 if there is none
	Pos     uint64 // of the last event of any kind
	Active  int64  // time of the last event, Unix milliseconds; earlier than before if a clock was wrong
	Said    int64  // time of the last message, Unix milliseconds; 0 if there is none
	SaidAt  uint64 // pos of the event that tells Said
	// Held is how many events the shard had up to Pos, as far as the node that folds it has
	// seen. The difference between two heads tells how many events are missing between them.
	// [Head.Next] does not set it.
	Held uint64
}

// Next returns the head after one more event.
func (h Head) Next(pos uint64, r *wire.Record) Head {
	h.Pos = pos
	h.Version = max(h.Version+1, r.Version)
	h.Active = When(r)
	if r.Kind == wire.KindMessage {
		h.Seq, h.Said, h.SaidAt = max(h.Seq, r.Seq), h.Active, pos
		return h
	}
	// Messages may be gone from the log. Their numbers are not given again.
	h.Seq = max(h.Seq, r.Last)
	if r.Erased != nil && r.Erased.Said != 0 { // the log may not have the last message any more
		h.Said, h.SaidAt = r.Erased.Said, pos
	}
	return h
}

// MoreThanHead reports whether an event of a kind may change more of a channel than its head.
// Code that keeps states on disk then needs the whole state. A message changes more only in
// slow mode.
func MoreThanHead(kind wire.Kind, slow bool) bool {
	switch kind {
	case wire.KindMeta, wire.KindPin, wire.KindDelete:
		return true
	case wire.KindMessage:
		return slow
	default:
		return false
	}
}
