package view

import (
	"math"
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Passage is a page of a channel's messages, together with the changes of the channel that happened
// between them.
type Passage struct {
	Messages []Event // ascending by seq
	// More reports that there are further messages in the direction of the window. Of a window
	// around a message, More is about the messages before the page, and MoreAfter about those
	// after it.
	More, MoreAfter bool
	// Near is the index of the message that matters most: the first one if the window goes on from
	// a place, the last one if it leads up to a place.
	Near    int
	Changes []Happened // ascending by pos
	// Left reports that older changes were left out, because there were too many.
	Left bool
}

// Happened is a change of a channel itself, or a pin, that lies between the messages of a passage.
type Happened struct {
	Event
	Behind int // the index of the last message before the change; -1 if there is none
}

// Passage returns the messages of a channel in a window that a user is shown, and the changes
// between them that the user has seen live, or would have seen. Messages are the same as in
// [View.History]. Changes are the events of the kinds meta and pin that [View.Missed] has for the
// user, without those about messages that the user has hidden, and without those that refused the
// user's requests to join, because the user was no member then.
//
// A change belongs to the last message before it, whether or not the user is shown that message.
// So pages that follow each other, in either direction, have each change once. The page that ends
// the history on a side has all changes on that side.
func (v *View) Passage(user, id string, w Window) (p Passage, err error) {
	err = v.read("read history", func(r *reader) error {
		members, err := r.membershipsIn(user, v.shardIndex(id), id)
		if err != nil {
			return err
		}
		hidden, err := r.hidden(v, user, id)
		if err != nil {
			return err
		}
		spans := except(spansOf(members), hidden)
		rows, err := r.passage(id, spans, w, &p)
		p.Messages = eventsOf(rows)
		if w.Changes == 0 || err != nil {
			return err
		}
		h := happenings{hidden: hidden, rows: rows, room: w, passage: &p}
		return h.read(r, members, covered(rows, &w, &p))
	})
	return p, err
}

// passage reads the messages of a passage.
func (r *reader) passage(id string, spans []seqs, w Window, p *Passage) (rows []row, err error) {
	if w.Around != 0 {
		return r.around(id, spans, w, p)
	}
	if rows, p.More, err = r.window(id, spans, w); w.After == 0 {
		p.Near = max(len(rows)-1, 0)
	}
	return rows, err
}

// around reads the messages on either side of a message. Near an end of the channel the other side
// gets more.
func (r *reader) around(id string, spans []seqs, w Window, p *Passage) (rows []row, err error) {
	side := func(before, after uint64, limit int) ([]row, bool, error) {
		return r.window(id, spans, Window{Before: before, After: after, Limit: limit, Bytes: w.Bytes / 2, Show: w.Show})
	}
	after, moreAfter, err := side(0, w.Around, w.Limit/2)
	if err != nil {
		return nil, err
	}
	before, more, err := side(w.Around+1, 0, w.Limit-len(after))
	if err != nil {
		return nil, err
	}
	if room := w.Limit - len(before); moreAfter && room > w.Limit/2 {
		if after, moreAfter, err = side(0, w.Around, room); err != nil {
			return nil, err
		}
	}
	p.More, p.MoreAfter, p.Near = more, moreAfter, max(len(before)-1, 0)
	return slices.Concat(before, after), nil
}

// stretch is where the changes of a page lie: behind messages with first ≤ seq ≤ last.
type stretch struct{ first, last uint64 }

// covered returns the stretch of a page. Where there are further messages the stretch ends with a
// message of the page, and where there are none it ends with the window.
func covered(rows []row, w *Window, p *Passage) stretch {
	s := stretch{last: math.MaxUint64}
	if w.Before != 0 {
		s.last = w.Before - 1
	}
	if w.After != 0 {
		s.first = w.After + 1
	}
	if len(rows) == 0 {
		return s
	}
	if p.More && w.After == 0 {
		s.first = rows[0].seq
	}
	if p.MoreAfter || p.More && w.After != 0 {
		s.last = rows[len(rows)-1].seq
	}
	return s
}

// happenings reads the changes of a page.
type happenings struct {
	hidden  []uint64 // messages that the user has hidden
	rows    []row    // the messages of the page
	room    Window
	passage *Passage

	stay  gap // the membership within which it reads
	bytes int
	kept  page // holds their records
}

// read reads the changes of a stretch, as far as they lie within memberships. It begins with the
// newest one: if there are too many, the older ones are left out.
func (h *happenings) read(r *reader, members []membership, in stretch) error {
	for i := len(members) - 1; i >= 0 && !h.passage.Left; i-- {
		m := &members[i]
		if m.refused || m.left < in.first || m.joined > in.last {
			continue
		}
		h.stay = gap{channel: m.channel, after: m.since - 1, upto: m.until, seen: m.with(members[:i])}
		lower := appendEventKey(nil, m.channel, m.from(in.first))
		upper := append(appendEventKey(nil, m.channel, m.upto(in.last)), 0) // this key is within
		if err := r.scan(lower, upper, true, func() (bool, error) { return h.take(r) }); err != nil {
			return err
		}
	}
	slices.Reverse(h.passage.Changes)
	return nil
}

// from returns the first place in a channel's log that is within a membership, and not before the
// message with a seq.
func (m *membership) from(seq uint64) place {
	if seq > m.joined {
		return place{seq: seq}
	}
	return place{seq: m.joined, pos: m.since}
}

// upto returns the last place that is within a membership, and before the message that follows the
// one with a seq.
func (m *membership) upto(seq uint64) place {
	if seq < m.left {
		return place{seq: seq, pos: math.MaxUint64}
	}
	return place{seq: m.left, pos: m.until}
}

// take takes the event on which the reader stands, if it is such a change. It returns false if
// there is no room for it.
func (h *happenings) take(r *reader) (more bool, err error) {
	if value, err := r.it.ValueAndErr(); err != nil || !tells(value) {
		return true, err
	}
	e, err := r.eventAt(h.stay.channel)
	if err != nil {
		return false, err
	}
	if lacks, err := h.lacks(&e); lacks || err != nil {
		return true, err
	}
	taken := h.passage.Changes
	if len(taken) == h.room.Changes || len(taken) > 0 && h.bytes+len(e.Record) > h.room.ChangeBytes {
		h.passage.Left = true
		return false, nil
	}
	h.bytes += len(e.Record)
	h.passage.Changes = append(taken, Happened{Event: h.kept.keep(e), Behind: h.behind(placeOf(r.it.Key()).seq)})
	return true, nil
}

// tells reports whether a stored event is of a kind that is shown between messages.
func tells(value []byte) bool {
	p := parser{rest: value}
	if p.uvarint() != codeNamed {
		return false
	}
	kind := wire.Kind(p.name())
	return kind == wire.KindMeta || kind == wire.KindPin
}

// lacks reports whether the user is not shown an event of their membership.
func (h *happenings) lacks(e *Event) (bool, error) {
	if lacks, err := h.stay.lacks(e); lacks || e.Kind != wire.KindPin || len(h.hidden) == 0 || err != nil {
		return lacks, err
	}
	record, err := wire.DecodeRecord(e.Record)
	_, hidden := slices.BinarySearch(h.hidden, channel.About(&record))
	return hidden, err
}

// behind returns the index of the last message of the page that is not above a seq, or -1.
func (h *happenings) behind(seq uint64) int {
	after, _ := slices.BinarySearchFunc(h.rows, seq+1, func(m row, seq uint64) int {
		if m.seq < seq {
			return -1
		}
		return 1
	})
	return after - 1
}
