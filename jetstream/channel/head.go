package channel

import "natterjack/server/wire"

// Head is the part of a state that every message changes.
type Head struct {
	Version uint64 // of the last event of any kind
	Seq     uint64 // of the last message; 0 where there is none
	Pos     uint64 // of the last event of any kind
	Active  int64  // time of the last event, Unix milliseconds
	// Held is how many events the shard has had up to Pos, as far as whoever folds it has seen: of two heads it tells how much is gone
	// between them. [Head.Next] does not know it.
	Held uint64
}

// Next is the head after one more event.
func (h Head) Next(pos uint64, r *wire.Record) Head {
	h.Pos = pos
	h.Version = max(h.Version+1, r.Version)
	h.Active = max(h.Active, r.Timestamp)
	if r.Kind == wire.KindMessage {
		h.Seq = max(h.Seq, r.Seq)
	} else {
		h.Seq = max(h.Seq, r.Last) // of messages that may be gone from the log: their numbers are not given again
	}
	return h
}

// MoreThanHead reports whether an event of a kind may change more of a channel than its head. Whoever keeps states on disk needs all of
// it then. A message does so in slow mode alone.
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
