package view

import (
	"errors"
	"math"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// deleted reports whether the channel is a group that was deleted. No message of such a group
// remains.
func (r *replay) deleted() (bool, error) {
	h, _, err := r.disk.head(r.channel)
	return h.has(flagDeleted), err
}

// gone calls f with the facts that a deletion has about a message that the log no longer had then.
func (r *replay) gone(e *Event, record *wire.Record, known map[uint64]bool, f func(seq uint64, m *wire.Erased)) error {
	seq := channel.About(record)
	if e.Kind != wire.KindDelete || record.Erased == nil || known[seq] {
		return nil
	}
	known[seq] = true
	at, found, err := r.disk.placeOfMessage(r.channel, seq)
	if err == nil && (!found || at.pos > e.Pos) {
		f(seq, record.Erased)
	}
	return err
}

func (r *replay) clientIDs() error {
	known := map[uint64]bool{}
	set := func(kind wire.Kind, sender, id string, at place) {
		if id != "" {
			r.key = appendClientKey(r.key[:0], r.channel, sender, id)
			r.value = appendFound(r.value[:0], kind, at)
			r.set()
		}
	}
	return r.each(func(e *Event, at place, record *wire.Record) error {
		set(e.Kind, record.Sender, record.ClientID, at)
		return r.gone(e, record, known, func(_ uint64, m *wire.Erased) { set(e.Kind, m.Sender, m.ClientID, at) })
	})
}

func (r *replay) own() error {
	if deleted, err := r.deleted(); deleted || err != nil {
		return err
	}
	known, last := map[uint64]bool{}, map[string]uint64{}
	err := r.each(func(e *Event, _ place, record *wire.Record) error {
		if e.Kind == wire.KindMessage {
			last[record.Sender] = max(last[record.Sender], record.Seq)
		}
		return r.gone(e, record, known, func(seq uint64, m *wire.Erased) { last[m.Sender] = max(last[m.Sender], seq) })
	})
	for user, seq := range last {
		r.key = appendOwnKey(r.key[:0], r.channel, user)
		r.value = appendNumber(r.value[:0], seq)
		r.set()
	}
	return err
}

// maxChanged bounds the changed messages of a channel in memory. When there are more, they are
// written, and read again if further changes come.
const maxChanged = 10_000

func (r *replay) messages() error {
	if deleted, err := r.deleted(); deleted || err != nil {
		return err
	}
	changed := map[uint64]*channel.Message{}
	err := r.each(func(e *Event, at place, record *wire.Record) error {
		seq := channel.About(record)
		switch {
		case seq == 0:
			return nil
		case e.Kind == wire.KindMessage:
			// An earlier event may have looked for the message and not found it.
			delete(changed, seq)
			return nil
		}
		before, met := changed[seq]
		if !met {
			var err error
			if before, err = r.disk.message(r.channel, seq); err != nil {
				return err
			}
			if before != nil && before.Pos > e.Pos {
				before = nil
			}
		}
		changed[seq] = channel.Fold(before, e.Pos, record)
		if changed[seq] != before {
			r.edit(e, at, seq)
		}
		if len(changed) > maxChanged {
			return r.spill(changed)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.setFolded(changed)
}

// edit stores an edit of a message, and deletes the edits of a message that is deleted.
func (r *replay) edit(e *Event, at place, seq uint64) {
	switch e.Kind {
	case wire.KindEdit:
		r.key = appendEditKey(r.key[:0], r.channel, seq, at.pos)
		r.value = appendNumber(r.value[:0], at.seq)
		r.set()
	case wire.KindDelete:
		r.key = appendEditKey(r.key[:0], r.channel, seq, 0)
		r.key = r.key[:len(r.key)-8]
		_ = r.batch.DeleteRange(r.key, pastPrefix(r.key), nil)
	default: // other changes are in the folded message
	}
}

// spill writes the changed messages to disk and makes them visible to later reads.
func (r *replay) spill(changed map[uint64]*channel.Message) error {
	if err := r.setFolded(changed); err != nil {
		return err
	}
	clear(changed)
	return errors.Join(r.flush(0), r.look())
}

func (r *replay) setFolded(changed map[uint64]*channel.Message) (err error) {
	for seq, m := range changed {
		if m == nil {
			continue
		}
		r.key = appendFoldedKey(r.key[:0], r.channel, seq)
		if r.value, err = appendFolded(r.value[:0], m); err != nil {
			return err
		}
		r.set()
	}
	return nil
}

func (r *replay) mentions() error {
	if deleted, err := r.deleted(); deleted || err != nil {
		return err
	}
	present, err := r.present()
	if err != nil {
		return err
	}
	set := func(seq uint64, c *wire.Content) {
		r.value = r.value[:0]
		for user := range mentioned(c, present[seq]) {
			r.key = appendMentionKey(r.key[:0], r.channel, user, seq)
			r.set()
		}
	}
	return r.contents(func([]byte) bool { return true }, func(seq uint64, _ string, c *wire.Content) error {
		set(seq, c)
		return nil
	})
}

// contents calls f with the present content and the sender of each message of the channel. It
// leaves out unchanged messages for whose records wanted returns false, which saves decoding them.
func (r *replay) contents(wanted func(record []byte) bool, f func(seq uint64, sender string, c *wire.Content) error) error {
	changed := map[uint64]bool{}
	prefix := appendNamed(nil, tagFolded, r.channel)
	err := r.disk.scan(prefix, pastPrefix(prefix), false, func() (bool, error) {
		value, err := r.disk.it.ValueAndErr()
		if err != nil {
			return false, err
		}
		m, err := parseFolded(value)
		if err != nil {
			return false, err
		}
		seq := keySeq(r.disk.it.Key())
		changed[seq] = true
		return true, f(seq, m.Sender, m.Content)
	})
	if err != nil {
		return err
	}
	return r.eachThat(func(e *Event) bool { return e.Kind == wire.KindMessage && wanted(e.Record) }, func(_ *Event, _ place, record *wire.Record) error {
		if changed[record.Seq] {
			return nil
		}
		return f(record.Seq, record.Sender, record.Content)
	})
}

// present stores, and returns, the users whom @here mentions in the messages of the channel.
func (r *replay) present() (map[uint64][]string, error) {
	present, here := map[uint64][]string{}, map[uint64]bool{} // whether a message mentions @here
	err := r.each(func(e *Event, _ place, record *wire.Record) error {
		n, seq, is := record.Note, channel.About(record), mentionsHere(record.Content)
		was, sent := here[seq]
		switch e.Kind {
		case wire.KindNote:
			if n != nil && n.Seq != 0 && len(n.Present) > 0 && present[n.Seq] == nil {
				present[n.Seq] = n.Present
			}
		case wire.KindDelete:
			delete(present, seq)
			delete(here, seq)
		case wire.KindMessage:
			here[seq] = is
		case wire.KindEdit:
			if was && !is {
				delete(present, seq)
			}
			if sent {
				here[seq] = is
			}
		default: // mentions no user
		}
		return nil
	})
	for seq, users := range present {
		r.key = appendHereKey(r.key[:0], r.channel, seq)
		r.value = appendNames(r.value[:0], users)
		r.set()
	}
	return present, err
}

// keepFormer reports whether a membership was in a group that was deleted. No event tells any more
// which users were members of that group.
func (r *replay) keepFormer(key []byte) (bool, error) {
	if key[0] != tagFormer {
		return false, nil
	}
	p := parser{rest: key[1:]}
	p.name()
	if len(p.rest) < 2 {
		p.fail()
		return false, p.err
	}
	p.rest = p.rest[2:]
	r.channel = p.name()
	if p.err != nil {
		return false, p.err
	}
	return r.deleted()
}

func (r *replay) memberships() error {
	if deleted, err := r.deleted(); deleted || err != nil {
		return err
	}
	shard := r.v.shardIndex(r.channel)
	began := map[string]membership{}
	var st *channel.State
	err := r.each(func(e *Event, at place, record *wire.Record) error {
		before := st
		if before == nil {
			before = new(channel.State)
		}
		st = channel.Apply(st, r.channel, e.Pos, record)
		st.Seq = at.seq
		for _, user := range without(st.Members, before.Members) {
			began[user] = membership{channel: r.channel, since: e.Pos, joined: at.seq, until: math.MaxUint64, left: math.MaxUint64, at: channel.When(record)}
		}
		for _, user := range without(before.Members, st.Members) {
			m := began[user]
			m.until, m.left, m.own = e.Pos, at.seq, channel.Leaves(record)
			r.former(shard, user, &m)
			delete(began, user)
		}
		for _, user := range without(without(before.Requested, st.Requested), st.Members) {
			r.former(shard, user, &membership{channel: r.channel, since: e.Pos, until: e.Pos, joined: at.seq, left: at.seq, at: channel.When(record), refused: true})
		}
		return nil
	})
	for user, m := range began {
		r.key = appendMemberKey(r.key[:0], user, shard, r.channel)
		r.value = appendMembership(r.value[:0], &m)
		r.set()
	}
	return err
}

func (r *replay) former(shard int, user string, m *membership) {
	r.key = appendFormerKey(r.key[:0], user, shard, m.channel, m.since)
	r.value = appendMembership(r.value[:0], m)
	r.set()
}
