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

// MaxNumber is the highest integer that JSON keeps for everybody (RFC 8259, section 6).
const MaxNumber = 1<<53 - 1

// Follows reports why an event at a position is not the next of its channel, of which this is the head; nil where it is. Only an
// event that follows counts. All others are void: they are applied by nobody, delivered to nobody, and erased. This is the one rule
// by which writers that mistake each other, late publishes, repeated batches and forged lines come to nothing, on every node alike,
// without a word between the nodes and without a fence in the engine.
//
// Missing is how many positions the log has lost between the channel's last event and this one: of erased messages, of a purge, of
// what an age limit took. As many versions may be missing, and no more: what is erased has counted once.
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

// numbers reports whether the numbers of messages that an event has fit to those before it, of which some may be gone.
func (h Head) numbers(r *wire.Record, gone uint64) bool {
	first, at := h.Seq, r.Last
	if r.Kind == wire.KindMessage {
		first, at = h.Seq+1, r.Seq
	}
	return at >= first && at <= first+gone && at <= MaxNumber && r.Target <= at
}

// Number gives events that follow on a head the numbers that make them count. A message has its seq already.
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
