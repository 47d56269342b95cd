package view

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"natterjack/server/wire"
)

// seqs is a stretch of a channel's messages: those with after < seq ≤ upto.
type seqs struct{ after, upto uint64 }

// History returns up to limit messages of a channel that a user is shown, ascending by seq.
// They are those below before, or above after, or the latest if both are 0. More reports that
// there are further messages in that direction.
//
// A message that later events changed is returned as they left it, with the pos of the last of
// them. A client that folds live events into pages can so tell which events a page already
// includes. An erased message is returned as a tombstone, whether or not the log still has the
// message.
func (v *View) History(user, ch string, before, after uint64, limit int) (events []Event, more bool, err error) {
	asked := seqs{after: after, upto: math.MaxUint64}
	if before != 0 {
		asked.upto = before - 1
	}
	err = v.read("read history", func(r *reader) error {
		spans, err := r.shown(v, user, ch)
		if err != nil {
			return err
		}
		events, more, err = r.history(ch, within(spans, asked), limit, after == 0)
		return err
	})
	return events, more, err
}

func admits(spans []seqs, seq uint64) bool {
	return slices.ContainsFunc(spans, func(s seqs) bool { return seq > s.after && seq <= s.upto })
}

// within returns the parts of spans that lie in another stretch.
func within(spans []seqs, in seqs) (out []seqs) {
	for _, s := range spans {
		s.after, s.upto = max(s.after, in.after), min(s.upto, in.upto)
		if s.after < s.upto {
			out = append(out, s)
		}
	}
	return out
}

// history reads up to limit messages of some stretches and returns them ascending. If backward,
// it reads from the end.
func (r *reader) history(ch string, spans []seqs, limit int, backward bool) (events []Event, more bool, err error) {
	if backward {
		slices.Reverse(spans)
	}
	for _, s := range spans {
		some, err := r.page(ch, s, limit+1-len(events), backward)
		if err != nil {
			return nil, false, err
		}
		if events = append(events, some...); len(events) > limit {
			break
		}
	}
	more = len(events) > limit
	events = events[:min(limit, len(events))]
	if backward {
		slices.Reverse(events)
	}
	return events, more, nil
}

// row is a message to be put into a page.
type row struct {
	Event
	seq uint64
}

// page returns up to limit messages of a stretch, in the direction asked.
func (r *reader) page(ch string, s seqs, limit int, backward bool) ([]Event, error) {
	var p page
	sent, err := r.sent(&p, ch, s, limit, backward)
	if err != nil {
		return nil, err
	}
	if len(sent) == limit { // changes beyond the last message are not needed
		if last := sent[limit-1].seq; backward {
			s.after = last - 1
		} else {
			s.upto = last
		}
	}
	changed, err := r.changes(&p, ch, s, limit, backward)
	if err != nil {
		return nil, err
	}
	return merged(sent, changed, limit, backward), nil
}

// sent returns messages as the log has them.
func (r *reader) sent(p *page, ch string, s seqs, limit int, backward bool) (rows []row, err error) {
	lower := appendSeqKey(nil, ch, s.after+1)
	upper := pastPrefix(appendSeqKey(nil, ch, s.upto))
	err = r.scan(lower, upper, backward, func() (bool, error) {
		e, err := eventAt(r.it, ch)
		if err == nil && e.Kind == wire.KindMessage {
			rows = append(rows, row{Event: p.keep(e), seq: placeOf(r.it.Key()).seq})
		}
		return len(rows) < limit, err
	})
	return rows, err
}

// changes returns the messages that later events changed. It includes tombstones of messages
// that the log no longer has.
func (r *reader) changes(p *page, ch string, s seqs, limit int, backward bool) (rows []row, err error) {
	lower := appendFoldedKey(nil, ch, s.after+1)
	upper := pastPrefix(appendFoldedKey(nil, ch, s.upto))
	err = r.scan(lower, upper, backward, func() (bool, error) {
		value, err := r.it.ValueAndErr()
		if err != nil {
			return false, err
		}
		pos, n := binary.Uvarint(value)
		if n <= 0 {
			return false, errValue
		}
		e := Event{Pos: pos, Channel: ch, Kind: wire.KindMessage, Record: value[n:]}
		rows = append(rows, row{Event: p.keep(e), seq: keySeq(r.it.Key())})
		return len(rows) < limit, nil
	})
	return rows, err
}

// scan calls take at each key of a stretch until take returns false.
func (r *reader) scan(lower, upper []byte, backward bool, take func() (bool, error)) error {
	if bytes.Compare(lower, upper) >= 0 {
		return nil
	}
	r.it.SetBounds(lower, upper)
	defer r.it.SetBounds(nil, nil)
	start, step := r.it.First, r.it.Next
	if backward {
		start, step = r.it.Last, r.it.Prev
	}
	for ok := start(); ok; ok = step() {
		if more, err := take(); err != nil || !more {
			return err
		}
	}
	return r.it.Error()
}

// merged returns up to limit rows of sent and changed, in their direction. Where both have a
// row of the same seq, it takes the changed one.
func merged(sent, changed []row, limit int, backward bool) []Event {
	events := make([]Event, 0, min(limit, len(sent)+len(changed)))
	for len(events) < limit && len(sent)+len(changed) > 0 {
		switch {
		case len(changed) == 0, len(sent) > 0 && sent[0].seq != changed[0].seq && sent[0].seq > changed[0].seq == backward:
			events, sent = append(events, sent[0].Event), sent[1:]
		default:
			if len(sent) > 0 && sent[0].seq == changed[0].seq {
				sent = sent[1:]
			}
			events, changed = append(events, changed[0].Event), changed[1:]
		}
	}
	return events
}
