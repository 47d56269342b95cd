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
	held    uint64 // events that the stream has had, including this round's so far
	voided  uint64 // how many events of this round are void
	latest  int64  // the latest time of an event of this round, Unix milliseconds
	batch   *pebble.Batch
	puts    puts // the keys that were set since the last deletion in the batch
	watched bool // whether any session asks which users may see the events
	met     map[string]*met
	began   map[userChannel]membership
	ended   map[userChannel][]membership
	changed map[target]*changed
	// erased has each user's last message in a channel, among the messages that the log no longer
	// has.
	erased   map[userChannel]uint64
	settings []ownSetting
	counts   map[userKind]*counted
	// present has the members whom @here mentions in messages, as far as this round has changed
	// them.
	present map[target][]string
	// files has the files of messages, and used the bytes of the files of channels, as far as this
	// round has changed them.
	files map[media]map[uint64]holding
	used  map[string]int64
	// profiles are the profiles that this round has changed.
	profiles map[string]channel.Profile
	// pushes are the subscriptions that this round has changed, or nil for a subscription that has
	// ended.
	pushes  map[userPush]*channel.Subscription
	applied []Applied // handed to the caller, never used again
	scanned scanned   // the record of the event at hand, if usual
	usual   bool
	disk    *reader // the view before this round; made when needed
	key     []byte
	value   []byte
}

// met is a channel that a round has met, as it is after the events so far.
type met struct {
	head head
	// body is set for a channel that is not plain, if it is known. The head inside it must be
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
		r.files = make(map[media]map[uint64]holding)
		r.used = make(map[string]int64)
		r.profiles = make(map[string]channel.Profile)
		r.pushes = make(map[userPush]*channel.Subscription)
	}
}

func (r *round) end() error {
	err := r.batch.Close() // Close only returns the buffer to its pool
	if r.disk != nil {
		err = errors.Join(err, r.disk.it.Close())
	}
	r.puts.clear()
	clear(r.met)
	clear(r.began)
	clear(r.ended)
	clear(r.changed)
	clear(r.erased)
	clear(r.counts)
	clear(r.present)
	clear(r.files)
	clear(r.used)
	clear(r.profiles)
	clear(r.pushes)
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
func (r *round) owns(channel string) bool {
	if _, met := r.met[channel]; met {
		return true
	}
	return wire.ValidChannel(channel) && r.v.shardIndex(channel) == r.shard
}

// meet returns a channel as of the last event taken: from this round, from memory, or from
// disk.
func (r *round) meet(channel string) (*met, error) {
	if m := r.met[channel]; m != nil {
		return m, nil
	}
	m := new(met)
	if m.head, m.body, m.found = r.v.shards[r.shard].states.get(channel); !m.found {
		disk, err := r.reader()
		if err != nil {
			return nil, err
		}
		if m.head, m.found, err = disk.head(channel); err != nil {
			return nil, err
		}
	}
	r.met[channel] = m
	return m, nil
}

// state returns the whole state of a channel that was met, or nil if there is none.
func (r *round) state(id string, m *met) (*channel.State, error) {
	if !m.found {
		return nil, nil
	}
	if !m.head.has(flagRich) {
		return m.head.plain(id), nil
	}
	if err := r.need(id, m); err != nil {
		return nil, err
	}
	return m.head.with(m.body), nil
}

// need reads the rest of a channel that is not plain, beyond its head.
func (r *round) need(channel string, m *met) error {
	if m.body != nil {
		return nil
	}
	disk, err := r.reader()
	if err == nil {
		m.body, err = disk.rich(channel, &m.head)
	}
	return err
}

// write stores an event and the values that it changes. It returns the users who came and went.
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
	if e.Kind == wire.KindMessage {
		r.value = appendMessage(r.value[:0], e.Channel, at, e.Record, &r.scanned, r.usual)
	} else {
		r.value = appendEvent(r.value[:0], e.Channel, at, e.Kind, e.Record)
	}
	r.set()
	if record.ClientID != "" {
		r.key = appendClientKey(r.key[:0], e.Channel, record.Sender, record.ClientID)
		r.value = appendFound(r.value[:0], e.Kind, at)
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
	if !next.Deleted && next.Picture.ID != "" || st != nil && st.Picture.ID != "" {
		if err := r.picture(e, record.Sender, st, next); err != nil {
			return users, err
		}
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
		if err := r.display(e.Pos, target{e.Channel, record.Seq}, record.Sender, nil, record.Content); err != nil {
			return err
		}
		return r.mention(target{e.Channel, record.Seq}, nil, record.Content)
	case e.Kind == wire.KindNote:
		return r.note(e.Channel, record.Note)
	case e.Kind == wire.KindSetting:
		return r.setting(e.Channel, record)
	case e.Kind == wire.KindProfile:
		return r.profile(e, record)
	case channel.About(record) != 0:
		return r.change(e, at, record)
	default:
		return nil
	}
}

// wipe deletes everything of a deleted channel. The cost of a tombstone over a range does not
// depend on the size of the range. The stream owes a separate erasure of each event, because the
// stream's own purge only forgets the events and leaves their text in its files.
func (r *round) wipe(st *channel.State) error {
	positions, err := r.positions(st.ID)
	if err != nil {
		return err
	}
	if err := r.wipeFiles(st.Pos, st.ID); err != nil {
		return err
	}
	for _, tag := range []byte{tagEvent, tagClient, tagFolded, tagEdit, tagMention, tagHere, tagOwn, tagHeld, tagUsed, tagGallery} {
		r.key = appendNamed(r.key[:0], tag, st.ID)
		r.unsetRange(r.key)
	}
	r.owe(Erasure{Pos: st.Pos, Channel: st.ID, All: true, Positions: positions})
	return nil
}

// positions returns the positions of all events of a channel so far, ascending.
func (r *round) positions(channel string) (positions []uint64, err error) {
	disk, err := r.reader()
	if err != nil {
		return nil, err
	}
	prefix := appendNamed(nil, tagEvent, channel)
	err = disk.scan(prefix, pastPrefix(prefix), false, func() (bool, error) {
		positions = append(positions, placeOf(disk.it.Key()).pos)
		return true, nil
	})
	for i := range r.applied {
		if a := &r.applied[i]; a.Channel == channel {
			positions = append(positions, a.Pos)
		}
	}
	return positions, err
}

// commit adds the heads, the dates and the position to the batch, and commits the whole round at
// once.
func (r *round) commit(position uint64, dated *dates) error {
	for channel, m := range r.met {
		if m.changed {
			r.key = appendNamed(r.key[:0], tagHead, channel)
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
	r.puts.drain(r.batch)
	return r.batch.Commit(pebble.NoSync)
}

// set sets a key in the batch.
func (r *round) set() { r.puts.set(r.key, r.value) }

// unset deletes a key in the batch. This cannot fail, because a batch is memory until it is
// committed.
func (r *round) unset() {
	r.puts.drain(r.batch)
	_ = r.batch.Delete(r.key, nil)
}

// unsetRange deletes all keys with a prefix in the batch.
func (r *round) unsetRange(prefix []byte) {
	r.puts.drain(r.batch)
	_ = r.batch.DeleteRange(prefix, pastPrefix(prefix), nil)
}

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
