package view

import (
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// round is one batch that is being built. It belongs to its shard and is reused for its
// buffers.
type round struct {
	v       *View
	shard   int
	held    uint64 // events that the stream has had, with those of this round so far
	voided  uint64 // how many events of this round are void
	latest  int64  // the latest time of an event of this round, Unix milliseconds
	batch   *pebble.Batch
	watched bool // whether anybody asks who may see what is applied
	met     map[string]*met
	began   map[userChannel]membership
	ended   map[userChannel][]membership
	changed map[target]*changed
	// erased has each user's last message in a channel, of the messages that the log no longer
	// has.
	erased   map[userChannel]uint64
	settings []ownSetting
	counts   map[userKind]*counted
	// present has the members whom @here mentions in messages, as far as this round has changed
	// them.
	present map[target][]string
	applied []Applied // handed to the caller, never used again
	disk    *reader   // the view before this round; made when needed
	key     []byte
	value   []byte
}

// met is a channel that a round has met, as it is after the events so far.
type met struct {
	head head
	// body is set for a channel that is not plain, where known. The head inside it must be
	// ignored.
	body    *channel.State
	found   bool // the channel exists, on disk or by this round
	changed bool // by this round
}

type userChannel struct{ user, channel string }

func (r *round) begin(v *View, shard, events int, held uint64) {
	r.v, r.shard, r.held, r.voided, r.latest, r.batch = v, shard, held, 0, 0, v.db.NewBatch()
	r.watched = v.watched() || v.recency.any.Load()
	r.applied = make([]Applied, 0, events)
	if r.met == nil {
		r.met = make(map[string]*met, events)
		r.began = make(map[userChannel]membership)
		r.ended = make(map[userChannel][]membership)
		r.changed = make(map[target]*changed)
		r.erased = make(map[userChannel]uint64)
		r.counts = make(map[userKind]*counted)
		r.present = make(map[target][]string)
	}
}

func (r *round) end() error {
	err := r.batch.Close() // Close only returns the buffer to its pool
	if r.disk != nil {
		err = errors.Join(err, r.disk.it.Close())
	}
	clear(r.met)
	clear(r.began)
	clear(r.ended)
	clear(r.changed)
	clear(r.erased)
	clear(r.counts)
	clear(r.present)
	r.settings = r.settings[:0]
	r.batch, r.applied, r.disk = nil, nil, nil
	return err
}

// reader returns a reader of the view as it was before this round.
func (r *round) reader() (*reader, error) {
	if r.disk == nil {
		disk, err := r.v.newReader()
		if err != nil {
			return nil, err
		}
		r.disk = disk
	}
	return r.disk, nil
}

// owns reports whether a channel belongs to this shard and has a name that fits into a frame.
// With a channel of another shard, two goroutines would apply to one channel.
func (r *round) owns(ch string) bool {
	if _, met := r.met[ch]; met {
		return true
	}
	return wire.ValidChannel(ch) && r.v.shardIndex(ch) == r.shard
}

// meet returns a channel as of the last event taken: from this round, from memory, or from
// disk.
func (r *round) meet(ch string) (*met, error) {
	if m := r.met[ch]; m != nil {
		return m, nil
	}
	m := new(met)
	if m.head, m.body, m.found = r.v.shards[r.shard].states.get(ch); !m.found {
		disk, err := r.reader()
		if err != nil {
			return nil, err
		}
		if m.head, m.found, err = disk.head(ch); err != nil {
			return nil, err
		}
	}
	r.met[ch] = m
	return m, nil
}

// state returns the whole state of a channel that was met, or nil if there is none.
func (r *round) state(ch string, m *met) (*channel.State, error) {
	if !m.found {
		return nil, nil
	}
	if !m.head.has(flagRich) {
		return m.head.plain(ch), nil
	}
	if err := r.need(ch, m); err != nil {
		return nil, err
	}
	return m.head.with(m.body), nil
}

// need reads the rest of a channel that is not plain, beyond its head.
func (r *round) need(ch string, m *met) error {
	if m.body != nil {
		return nil
	}
	disk, err := r.reader()
	if err == nil {
		m.body, err = disk.rich(ch, &m.head)
	}
	return err
}

// write stores an event and what it changes. It returns the users who came and went.
//
// For most events, write looks only at the old head, which is small and nearly always in
// memory. It reads the whole channel only for an event that may change more than the head.
func (r *round) write(e *Event, m *met, record *wire.Record) (users moved, err error) {
	if !m.found || channel.MoreThanHead(e.Kind, m.head.has(flagSlow)) {
		if users, err = r.writeWhole(e, m, record); err != nil {
			return users, err
		}
	} else {
		m.head.Head = m.head.Next(e.Pos, record)
	}
	r.latest = max(r.latest, m.head.Active)
	m.head.Held = r.held
	m.found, m.changed = true, true
	at := place{seq: m.head.Seq, pos: m.head.Pos}
	r.key = appendEventKey(r.key[:0], e.Channel, at)
	r.value = appendEvent(r.value[:0], e.Kind, e.Record)
	r.set()
	if record.ClientID != "" {
		r.key = appendClientKey(r.key[:0], e.Channel, record.Sender, record.ClientID)
		r.value = appendPlace(r.value[:0], at)
		r.set()
	}
	if m.head.has(flagDeleted) {
		return users, nil
	}
	return users, r.writeMessage(e, at, record)
}

// writeWhole takes in an event that may change more of its channel than the head.
func (r *round) writeWhole(e *Event, m *met, record *wire.Record) (users moved, err error) {
	st, err := r.state(e.Channel, m)
	if err != nil {
		return users, err
	}
	next := channel.Apply(st, e.Channel, e.Pos, record)
	m.head, m.body = headOf(next), nil
	if next.Deleted && st != nil && !st.Deleted {
		if err := r.wipe(next); err != nil {
			return users, err
		}
	}
	if m.head.has(flagRich) {
		m.body = next
		r.key = appendNamed(r.key[:0], tagChannel, next.ID)
		r.value = appendChannel(r.value[:0], next)
		r.set()
	}
	r.moveDoors(st, next)
	return r.moveMembers(st, next, record)
}

// writeMessage stores the message that an event makes, or the change that it makes to a
// message.
func (r *round) writeMessage(e *Event, at place, record *wire.Record) error {
	switch {
	case e.Kind == wire.KindMessage:
		r.key = appendOwnKey(r.key[:0], e.Channel, record.Sender)
		r.value = appendNumber(r.value[:0], record.Seq)
		r.set()
		// An earlier event of the round may have looked for the message and not found it.
		delete(r.changed, target{e.Channel, record.Seq})
		return r.mention(target{e.Channel, record.Seq}, nil, record.Content)
	case e.Kind == wire.KindNote:
		return r.note(e.Channel, record.Note)
	case e.Kind == wire.KindSetting:
		return r.setting(e.Channel, record)
	case channel.About(record) != 0:
		return r.change(e, at, record)
	default:
		return nil
	}
}

// wipe deletes everything of a deleted channel. A tombstone over a range costs the same,
// however much it covers. The stream owes a separate erasure of each event, because the
// stream's own purge only forgets the events and leaves their text in its files.
func (r *round) wipe(st *channel.State) error {
	positions, err := r.positions(st.ID)
	if err != nil {
		return err
	}
	for _, tag := range []byte{tagEvent, tagClient, tagFolded, tagEdit, tagMention, tagHere, tagOwn} {
		r.key = appendNamed(r.key[:0], tag, st.ID)
		_ = r.batch.DeleteRange(r.key, pastPrefix(r.key), nil)
	}
	r.owe(Erasure{Pos: st.Pos, Channel: st.ID, All: true, Positions: positions})
	return nil
}

// positions returns the positions of all events of a channel so far, ascending.
func (r *round) positions(ch string) (positions []uint64, err error) {
	disk, err := r.reader()
	if err != nil {
		return nil, err
	}
	prefix := appendNamed(nil, tagEvent, ch)
	err = disk.scan(prefix, pastPrefix(prefix), false, func() (bool, error) {
		positions = append(positions, placeOf(disk.it.Key()).pos)
		return true, nil
	})
	for i := range r.applied {
		if a := &r.applied[i]; a.Channel == ch {
			positions = append(positions, a.Pos)
		}
	}
	return positions, err
}

// commit adds the heads, the dates and the position to the batch, and commits the whole round at
// once.
func (r *round) commit(position uint64, dated *dates) error {
	for ch, m := range r.met {
		if m.changed {
			r.key = appendNamed(r.key[:0], tagHead, ch)
			r.value = appendHead(r.value[:0], &m.head)
			r.set()
		}
	}
	r.key = appendDatesKey(r.key[:0], r.shard)
	r.value = appendDates(r.value[:0], dated)
	r.set()
	r.key = appendPositionKey(r.key[:0], r.shard)
	r.value = appendNumber(appendNumber(r.value[:0], position), r.held)
	r.set()
	return r.batch.Commit(pebble.NoSync)
}

// set adds a key to the batch. This cannot fail, because a batch is memory until it is
// committed.
func (r *round) set() { _ = r.batch.Set(r.key, r.value, nil) }

// unset deletes a key in the batch.
func (r *round) unset() { _ = r.batch.Delete(r.key, nil) }

// without returns the users of a that are not in b. Both are ascending.
func without(a, b []string) []string {
	if len(b) == 0 {
		return a
	}
	var out []string
	for _, user := range a {
		if _, found := slices.BinarySearch(b, user); !found {
			out = append(out, user)
		}
	}
	return out
}
