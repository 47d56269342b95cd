package view

import (
	"github.com/cockroachdb/pebble/v2"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// MessageOf returns what [View.Message] returns for the message of an event at a pos, with less
// work. The view must have applied pos. The event may be void.
//
// Most messages are never changed, and are what their event says. To know that, MessageOf looks for
// a change, and for a note that the event is void. Nearly always there is neither, and the filters
// of the files tell so. To look for the event itself would read another block from disk for each
// message, because the events of a log come from all channels in turn. In a log of some million
// messages two reads of that kind took two fifths of the time in which an index is built.
func (v *View) MessageOf(id string, sent *wire.Record, pos uint64) (m *channel.Message, err error) {
	err = v.read("read message", func(r *reader) error {
		if m, err = r.folded(id, sent.Seq); m != nil || err != nil {
			return err
		}
		counts, err := r.surelyCounts(v, id, pos)
		switch {
		case err != nil:
		case counts:
			m = channel.Fold(nil, pos, sent)
		default:
			m, err = r.message(id, sent.Seq)
		}
		return err
	})
	return m, err
}

// surelyCounts reports whether an event that was published to a channel counts, and is still
// stored. If not, nothing is known.
func (r *reader) surelyCounts(v *View, id string, pos uint64) (bool, error) {
	shard := v.shardIndex(id)
	if pos <= v.shards[shard].noted {
		return false, nil
	}
	r.key = appendVoidKey(r.key[:0], shard, pos)
	if value, err := r.get(); value != nil || err != nil {
		return false, err
	}
	h, _, found := v.shards[shard].states.get(id)
	if !found {
		var err error
		if h, found, err = r.head(id); err != nil {
			return false, err
		}
	}
	return found && !h.has(flagDeleted), nil
}

// loadNoted reads above which pos void events of a shard are noted. In a view that was made
// before they were, they are from now on.
func (v *View) loadNoted(shard int) error {
	s, noted := &v.shards[shard], false
	err := v.read("read the void events", func(r *reader) error {
		r.key = appendVoidKey(r.key[:0], shard, 0)
		value, err := r.get()
		if value == nil || err != nil {
			return err
		}
		noted = true
		s.noted, err = parseNumber(value)
		return err
	})
	if noted || err != nil {
		return err
	}
	s.noted = s.position.Load()
	return noteFrom(v.db, shard, s.noted)
}

// noteFrom stores that the void events of a shard above a pos are noted.
func noteFrom(db *pebble.DB, shard int, pos uint64) error {
	return db.Set(appendVoidKey(nil, shard, 0), appendNumber(nil, pos), pebble.Sync)
}
