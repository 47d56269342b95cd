package channel

import "natterjack/server/wire"

// Head is the part of a state that every message changes.
type Head struct {
	Seq    uint64 // of the last message; 0 where there is none
	Pos    uint64 // of the last event of any kind
	Active int64  // time of the last event, Unix milliseconds
}

// Next is the head after one more event.
func (h Head) Next(kind wire.Kind, pos uint64, r *wire.Record) Head {
	h.Pos = pos
	h.Active = max(h.Active, r.Timestamp)
	switch kind {
	case wire.KindMessage:
		h.Seq = max(h.Seq, r.Seq)
	case wire.KindDelete:
		h.Seq = max(h.Seq, r.Target) // the message may be gone from the log; its number must not be given again
	case wire.KindMeta:
		if r.Meta != nil {
			h.Seq = max(h.Seq, r.Meta.Seq) // as above
		}
	default: // they make no messages
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
