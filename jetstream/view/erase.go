package view

import (
	"bytes"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// Erasure names the messages that an event wants erased from the stream. The view did its own part
// when it applied the event.
type Erasure struct {
	Pos     uint64 // pos of the event that asks for it
	Channel string
	// All means everything in the channel's log before Pos, because the channel was deleted.
	All bool
	// Positions are the messages to erase, ascending. For a deleted channel they are the messages
	// that the view knows.
	Positions []uint64
}

// Erasures returns up to limit erasures of a shard that are not done yet, after a pos and
// ascending by pos. A view that was rebuilt from a stream in which an erasure is already done
// does not know of that erasure.
func (v *View) Erasures(shard int, after uint64, limit int) (erasures []Erasure, err error) {
	err = v.read("list erasures", func(r *reader) error {
		first := appendErasureKey(nil, shard, after+1)
		prefix := first[:len(first)-8]
		for ok := r.it.SeekGE(first); ok && len(erasures) < limit && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
			value, err := r.it.ValueAndErr()
			if err != nil {
				return err
			}
			e, err := parseErasure(value)
			if err != nil {
				return err
			}
			e.Pos = keySeq(r.it.Key())
			erasures = append(erasures, e)
		}
		return r.it.Error()
	})
	return erasures, err
}

// Erased notes that the erasure for the event at pos is done. If the process dies at once, the
// erasure may be listed again.
func (v *View) Erased(shard int, pos uint64) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	return v.db.Delete(appendErasureKey(nil, shard, pos), pebble.NoSync)
}

// erase removes the content of a message and of its edits from the view's own log, and notes
// that the stream still has them. Events that are missing here were erased from the stream
// before the view was built.
func (r *round) erase(pos uint64, t target, c *changed) error {
	places, err := r.placesOf(t, c)
	if err != nil {
		return err
	}
	owed := Erasure{Pos: pos, Channel: t.channel}
	for _, at := range places {
		found, err := r.blank(t.channel, at)
		if err != nil {
			return err
		}
		if found {
			owed.Positions = append(owed.Positions, at.pos)
		}
	}
	r.key = appendEditKey(r.key[:0], t.channel, t.seq, 0)
	r.unsetRange(r.key[:len(r.key)-8])
	if len(owed.Positions) > 0 {
		r.owe(owed)
	}
	return nil
}

// placesOf returns the places of a message and its edits, ascending.
func (r *round) placesOf(t target, c *changed) ([]place, error) {
	disk, err := r.reader()
	if err != nil {
		return nil, err
	}
	at, found, err := disk.placeOfMessage(t.channel, t.seq)
	if err != nil {
		return nil, err
	}
	if !found {
		var a *Applied
		a, at = r.sent(t)
		found = a != nil
	}
	var edits []place
	if !c.erased {
		if edits, err = disk.edits(t.channel, t.seq); err != nil {
			return nil, err
		}
	}
	if found {
		edits = slices.Insert(edits, 0, at)
	}
	return append(edits, c.edits...), nil
}

// owe stores an erasure that the stream still has to do.
func (r *round) owe(e Erasure) {
	r.key = appendErasureKey(r.key[:0], r.shard, e.Pos)
	r.value = appendErasure(r.value[:0], &e)
	r.set()
}

func appendErasure(dst []byte, e *Erasure) []byte {
	all := byte(0)
	if e.All {
		all = 1
	}
	dst = append(appendName(dst, e.Channel), all)
	return appendNumbers(dst, e.Positions)
}

func parseErasure(value []byte) (e Erasure, err error) {
	p := parser{rest: value}
	e.Channel = p.name()
	all := p.uvarint()
	if all > 1 {
		p.fail()
	}
	e.All, e.Positions = all == 1, p.numbers()
	return e, p.end()
}
