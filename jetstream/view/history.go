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

// Window says which messages of a channel [View.History] reads.
type Window struct {
	Before, After uint64 // seqs: those below Before, or above After, or the latest if both are 0
	Around        uint64 // or those on either side of this seq, and its own; for [View.Passage] only
	Limit         int    // how many messages
	// Bytes is about how large the records may be in all; 0 means any size. One message comes
	// in any case.
	Bytes int
	// Show returns a stored record as the page has it; nil means as it is stored.
	Show func(record []byte) ([]byte, error)
	// Changes and ChangeBytes bound the changes of a [Passage] in number, and about in bytes. If
	// Changes is 0, none are read.
	Changes, ChangeBytes int
}

func (w *Window) space() space { return space{events: w.Limit, bytes: w.Bytes, show: w.Show} }

// space is how much of a page is left.
type space struct {
	events, bytes int // bytes 0 means any size
	show          func(record []byte) ([]byte, error)
}

// History returns the messages of a channel in a window that a user is shown, ascending by seq.
// More reports that there are further messages in the direction of the window. It may end
// before the limit, because of the size of the messages.
//
// A message that later events changed is returned as they left it, with the pos of the last of
// them. A client that folds live events into pages can so tell which events a page already
// includes. An erased message is returned as a tombstone, whether or not the log still has the
// message.
func (v *View) History(user, channel string, w Window) (events []Event, more bool, err error) {
	err = v.read("read history", func(r *reader) error {
		spans, err := r.shown(v, user, channel)
		if err != nil {
			return err
		}
		rows, further, err := r.window(channel, spans, w)
		events, more = eventsOf(rows), further
		return err
	})
	return events, more, err
}

// window reads the messages of a window that a user is shown, ascending.
func (r *reader) window(channel string, spans []seqs, w Window) (rows []row, more bool, err error) {
	asked := seqs{after: w.After, upto: math.MaxUint64}
	if w.Before != 0 {
		asked.upto = w.Before - 1
	}
	rows, more, err = r.history(channel, within(spans, asked), w.space(), w.After == 0)
	if w.Bytes == 0 || err != nil {
		return rows, more, err
	}
	some := budgeted(rows, w.After != 0, w.Bytes)
	return some, more || len(some) < len(rows), nil
}

// budgeted cuts messages to about so many bytes. It removes the messages that are farthest from the
// beginning of the page. One stays, even if it is larger.
func budgeted(rows []row, forward bool, most int) []row {
	n, bytes := 0, 0
	for ; n < len(rows); n++ {
		at := n
		if !forward {
			at = len(rows) - 1 - n
		}
		if bytes += len(rows[at].Record); bytes > most && n > 0 {
			break
		}
	}
	if forward {
		return rows[:n]
	}
	return rows[len(rows)-n:]
}

func eventsOf(rows []row) []Event {
	events := make([]Event, len(rows))
	for i := range rows {
		events[i] = rows[i].Event
	}
	return events
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

// history reads messages of some stretches, as many as there is room for, and returns them
// ascending. If backward, it reads from the end.
func (r *reader) history(channel string, spans []seqs, most space, backward bool) (rows []row, more bool, err error) {
	if backward {
		slices.Reverse(spans)
	}
	limit := most.events
	for _, s := range spans {
		most.events = limit + 1 - len(rows)
		some, cut, err := r.page(channel, s, most, backward)
		if err != nil {
			return nil, false, err
		}
		if rows = append(rows, some...); cut || len(rows) > limit {
			more = true
			break
		}
		most = most.without(some...)
	}
	rows = rows[:min(limit, len(rows))]
	if backward {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

// without returns the room that is left after some messages. There is always room for one more.
func (m space) without(some ...row) space {
	if m.bytes == 0 {
		return m
	}
	for i := range some {
		m.bytes -= len(some[i].Record)
	}
	m.bytes = max(m.bytes, 1)
	return m
}

// row is a message to be put into a page.
type row struct {
	Event
	seq uint64
}

// page returns messages of a stretch, in the direction asked. Cut reports that there is a
// further message, for which there was no room in bytes.
func (r *reader) page(channel string, s seqs, most space, backward bool) (rows []row, cut bool, err error) {
	p := page{room: most}
	sent, cut, err := r.sent(&p, channel, s, backward)
	if err != nil {
		return nil, false, err
	}
	if cut || len(sent) == most.events { // changes beyond the last message are not needed
		s = s.to(sent[len(sent)-1].seq, backward)
	}
	p.room = most
	changed, cutOff, err := r.changes(&p, channel, s, backward)
	if err != nil {
		return nil, false, err
	}
	if cutOff {
		last := s.to(changed[len(changed)-1].seq, backward)
		sent = slices.DeleteFunc(sent, func(x row) bool { return !admits([]seqs{last}, x.seq) })
	}
	return merged(sent, changed, most.events, backward), cut || cutOff, nil
}

// to returns the part of a stretch that ends with a message, in the direction asked.
func (s seqs) to(seq uint64, backward bool) seqs {
	if backward {
		s.after = seq - 1
	} else {
		s.upto = seq
	}
	return s
}

// sent returns messages as the log has them.
func (r *reader) sent(p *page, channel string, s seqs, backward bool) (rows []row, cut bool, err error) {
	lower := appendSeqKey(nil, channel, s.after+1)
	upper := pastPrefix(appendSeqKey(nil, channel, s.upto))
	err = r.scan(lower, upper, backward, func() (bool, error) {
		e, err := r.eventAt(channel)
		if err != nil || e.Kind != wire.KindMessage {
			return true, err
		}
		return p.take(&rows, row{Event: e, seq: placeOf(r.it.Key()).seq}, &cut)
	})
	return rows, cut, err
}

// changes returns the messages that later events changed. It includes tombstones of messages
// that the log no longer has.
func (r *reader) changes(p *page, channel string, s seqs, backward bool) (rows []row, cut bool, err error) {
	lower := appendFoldedKey(nil, channel, s.after+1)
	upper := pastPrefix(appendFoldedKey(nil, channel, s.upto))
	err = r.scan(lower, upper, backward, func() (bool, error) {
		value, err := r.it.ValueAndErr()
		if err != nil {
			return false, err
		}
		pos, n := binary.Uvarint(value)
		if n <= 0 {
			return false, errValue
		}
		e := Event{Pos: pos, Channel: channel, Kind: wire.KindMessage, Record: value[n:]}
		return p.take(&rows, row{Event: e, seq: keySeq(r.it.Key())}, &cut)
	})
	return rows, cut, err
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
func merged(sent, changed []row, limit int, backward bool) []row {
	rows := make([]row, 0, min(limit, len(sent)+len(changed)))
	for len(rows) < limit && len(sent)+len(changed) > 0 {
		switch {
		case len(changed) == 0, len(sent) > 0 && sent[0].seq != changed[0].seq && sent[0].seq > changed[0].seq == backward:
			rows, sent = append(rows, sent[0]), sent[1:]
		default:
			if len(sent) > 0 && sent[0].seq == changed[0].seq {
				sent = sent[1:]
			}
			rows, changed = append(rows, changed[0]), changed[1:]
		}
	}
	return rows
}
