package channel

import (
	"errors"

	"natterjack/server/wire"
)

// Reasons why an event is void.
var (
	errVersion = errors.New("its version is not the next of its channel")
	errSeq     = errors.New("its seq is not the next of its channel")
	errAfter   = errors.New("the event that it was decided on does not count")
)

// MaxNumber is the highest integer that JSON keeps exact in every language (RFC 8259, section
// 6).
const MaxNumber = 1<<53 - 1

// Follows returns nil if an event at a position is the next of the channel with this head, else
// the reason why it is not. Only an event that follows counts. All other events are void: no
// node applies or delivers them, and they are erased. This one rule makes several faults
// harmless: two writers that each think they are alone, late publishes, repeated batches and
// forged records. It works the same on every node, with no messages between nodes and no fence
// in the engine.
//
// Missing is how many positions the log has lost between the channel's last event and this one:
// by erased messages, a purge, or an age limit. At most as many versions may be missing. Each
// erased event has counted once.
func (h Head) Follows(pos, missing uint64, r *wire.Record) error {
	if r.Version <= h.Version || r.Version > MaxNumber {
		return errVersion
	}
	gone := r.Version - h.Version - 1
	switch {
	case gone > missing:
		return errVersion
	case r.After > 0 && gone == 0 && h.Pos != pos-r.After:
		return errAfter
	case !h.numbers(r, gone):
		return errSeq
	default:
		return nil
	}
}

// numbers reports whether the message numbers in an event fit those before it, given that gone
// versions are missing.
func (h Head) numbers(r *wire.Record, gone uint64) bool {
	first, at := h.Seq, r.Last
	if r.Kind == wire.KindMessage {
		first, at = h.Seq+1, r.Seq
	}
	return at >= first && at <= first+gone && at <= MaxNumber && r.Target <= at
}

// Number sets the numbers of events that follow this head, so that they count. A message
// already has its seq.
func (h Head) Number(events []wire.Record) {
	for i := range events {
		r := &events[i]
		h.Version++
		r.Version = h.Version
		if r.Kind == wire.KindMessage {
			h.Seq = r.Seq
		} else {
			r.Last = h.Seq
		}
	}
}
