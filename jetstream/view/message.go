package view

import (
	"bytes"
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Message returns a message of a channel with all later changes, or nil if no message has that
// seq.
func (v *View) Message(id string, seq uint64) (m *channel.Message, err error) {
	err = v.read("read message", func(r *reader) error {
		m, err = r.message(id, seq)
		return err
	})
	return m, err
}

// Version is the content of a message from some time on.
type Version struct {
	Timestamp int64 // Unix milliseconds
	Content   *wire.Content
}

// Edits returns versions of a message, the first one first. It skips the first without
// versions. It returns at least one version, and stops before the sum of the records would
// exceed most bytes. A deleted or unknown message has no versions.
func (v *View) Edits(channel string, seq uint64, without, most int) (versions []Version, more bool, err error) {
	err = v.read("read edits", func(r *reader) error {
		m, err := r.message(channel, seq)
		if m == nil || m.Deleted || err != nil {
			return err
		}
		first, found, err := r.placeOfMessage(channel, seq)
		if err != nil {
			return err
		}
		places, err := r.edits(channel, seq)
		if err != nil {
			return err
		}
		if found {
			places = append([]place{first}, places...)
		}
		places = places[min(max(without, 0), len(places)):]
		for bytes := 0; len(places) > 0; places = places[1:] {
			body, err := r.bodyAt(channel, places[0])
			if err != nil {
				return err
			}
			if bytes += len(body); bytes > most && len(versions) > 0 {
				more = true
				return nil
			}
			record, err := wire.DecodeRecord(body)
			if err != nil {
				return err
			}
			versions = append(versions, Version{Timestamp: record.Timestamp, Content: record.Content})
		}
		return nil
	})
	return versions, more, err
}

// EachPin calls f with each pinned message of a channel that a user is shown, the newest
// message first, until f returns false. It passes only messages before the given one, or all if
// before is 0.
func (v *View) EachPin(user, channel string, before uint64, f func(e *Event) (bool, error)) error {
	return v.read("read pins", func(r *reader) error {
		head, found, err := r.head(channel)
		if !found || err != nil {
			return err
		}
		st, err := r.asOf(v, channel, &head)
		if err != nil {
			return err
		}
		spans, err := r.shown(v, user, channel)
		if err != nil {
			return err
		}
		for _, seq := range slices.Backward(st.Pins) {
			if before != 0 && seq >= before || !admits(spans, seq) {
				continue
			}
			page, _, err := r.page(channel, seqs{seq - 1, seq}, space{events: 1}, false)
			if err != nil {
				return err
			}
			for i := range page {
				if more, err := f(&page[i].Event); !more || err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// folded returns a message that later events changed, or nil if none did.
func (r *reader) folded(id string, seq uint64) (*channel.Message, error) {
	r.key = appendFoldedKey(r.key[:0], id, seq)
	value, err := r.get()
	if value == nil || err != nil {
		return nil, err
	}
	return parseFolded(value)
}

// message returns the folded message.
func (r *reader) message(id string, seq uint64) (*channel.Message, error) {
	if m, err := r.folded(id, seq); m != nil || err != nil {
		return m, err
	}
	at, found, err := r.placeOfMessage(id, seq)
	if !found || err != nil {
		return nil, err
	}
	record, err := r.recordAt(id, at)
	if err != nil {
		return nil, err
	}
	return channel.Fold(nil, at.pos, record), nil
}

// placeOfMessage returns the place of a message in the log, which is the place of the first event
// with its seq. Found is false if the log does not have the message.
func (r *reader) placeOfMessage(channel string, seq uint64) (at place, found bool, err error) {
	at, found, err = r.placeFrom(channel, seq)
	if !found || err != nil || at.seq != seq {
		return at, false, err
	}
	e, err := r.eventAt(channel)
	return at, err == nil && e.Kind == wire.KindMessage, err
}

// edits returns the places of a message's edits, ascending.
func (r *reader) edits(channel string, seq uint64) (places []place, err error) {
	prefix := appendEditKey(nil, channel, seq, 0)
	prefix = prefix[:len(prefix)-8]
	for ok := r.it.SeekGE(prefix); ok && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
		value, err := r.it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		seq, err := parseNumber(value)
		if err != nil {
			return nil, err
		}
		places = append(places, place{seq: seq, pos: keySeq(r.it.Key())})
	}
	return places, r.it.Error()
}

func (r *reader) recordAt(channel string, at place) (*wire.Record, error) {
	body, err := r.bodyAt(channel, at)
	if err != nil {
		return nil, err
	}
	record, err := wire.DecodeRecord(body)
	return &record, err
}

// bodyAt returns the encoded record of an event. It is valid until the next read.
func (r *reader) bodyAt(channel string, at place) ([]byte, error) {
	r.key = appendEventKey(r.key[:0], channel, at)
	value, err := r.get()
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, errValue // the place and the event came in one batch
	}
	e, err := parseEvent(&r.record, channel, r.key, value)
	return e.Record, err
}

// appendFolded appends a message as later events left it: the pos of the last of them, and then
// the message as a record for a page.
func appendFolded(dst []byte, m *channel.Message) ([]byte, error) {
	record, err := wire.EncodeRecord(m.Record())
	return append(appendNumber(dst, m.Pos), record...), err
}

func parseFolded(value []byte) (*channel.Message, error) {
	p := parser{rest: value}
	pos := p.uvarint()
	if p.err != nil {
		return nil, p.err
	}
	record, err := wire.DecodeRecord(p.rest)
	if err != nil {
		return nil, err
	}
	m := channel.Fold(nil, pos, &record)
	if m == nil {
		return nil, errValue
	}
	m.Folded = record.Folded
	return m, nil
}
