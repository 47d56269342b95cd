package view

import (
	"bytes"
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// target names a message by its channel and seq.
type target struct {
	channel string
	seq     uint64
}

// changed is a message that events of a round change, as the last of those events left it.
type changed struct {
	message *channel.Message // nil if there is no such message
	edits   []place          // edits in this round
	erased  bool             // erased in this round; earlier edits are still on disk
}

// change stores the effect of an event on the message that it is about.
func (r *round) change(e *Event, at place, record *wire.Record) error {
	t := target{e.Channel, channel.About(record)}
	c, err := r.changedMessage(t)
	if err != nil {
		return err
	}
	before := c.message
	after := channel.Fold(before, e.Pos, record)
	if after == before {
		return nil
	}
	c.message = after
	switch e.Kind {
	case wire.KindEdit:
		c.edits = append(c.edits, at)
		r.key = appendEditKey(r.key[:0], t.channel, t.seq, at.pos)
		r.value = appendNumber(r.value[:0], at.seq)
		r.set()
	case wire.KindDelete:
		if err := r.erase(e.Pos, t, c); err != nil {
			return err
		}
		c.edits, c.erased = nil, true
		if before == nil {
			err = r.gone(t, at, record.Erased)
		}
	default: // everything else is in the folded message
	}
	if err != nil {
		return err
	}
	if err := r.display(e.Pos, t, after.Sender, contentOf(before), after.Content); err != nil {
		return err
	}
	if err := r.mention(t, contentOf(before), after.Content); err != nil {
		return err
	}
	if e.Kind == wire.KindDelete {
		r.setPresent(t, nil)
	}
	return r.setFolded(t, after)
}

// gone stores the facts that are known of a message that the log no longer has: that it was sent,
// and under which client id. The message may not be the last one of its sender, because the log may
// already have held later ones when it was erased.
func (r *round) gone(t target, at place, m *wire.Erased) error {
	if m.ClientID != "" {
		r.key = appendClientKey(r.key[:0], t.channel, m.Sender, m.ClientID)
		r.value = appendFound(r.value[:0], wire.KindDelete, at)
		r.set()
	}
	return r.spoke(t, m.Sender)
}

func (r *round) spoke(t target, sender string) error {
	disk, err := r.reader()
	if err != nil {
		return err
	}
	last, err := disk.own(t.channel, sender)
	if err != nil {
		return err
	}
	if a, at := r.fresh(func(a *Applied) bool {
		return a.Kind == wire.KindMessage && a.Channel == t.channel && a.Sender == sender
	}); a != nil {
		last = max(last, at.seq)
	}
	key := userChannel{sender, t.channel}
	if last = max(last, r.erased[key]); t.seq <= last {
		return nil
	}
	r.erased[key] = t.seq
	r.key = appendOwnKey(r.key[:0], t.channel, sender)
	r.value = appendNumber(r.value[:0], t.seq)
	r.set()
	return nil
}

func (r *round) setFolded(t target, m *channel.Message) (err error) {
	r.key = appendFoldedKey(r.key[:0], t.channel, t.seq)
	if r.value, err = appendFolded(r.value[:0], m); err != nil {
		return err
	}
	r.set()
	return nil
}

// changedMessage returns the message as the last event so far left it.
func (r *round) changedMessage(t target) (c *changed, err error) {
	if c = r.changed[t]; c != nil {
		return c, nil
	}
	c = new(changed)
	if a, _ := r.sent(t); a != nil {
		c.message, err = original(a)
	} else if disk, diskErr := r.reader(); diskErr != nil {
		err = diskErr
	} else {
		c.message, err = disk.message(t.channel, t.seq)
	}
	r.changed[t] = c
	return c, err
}

// fresh returns the last event of this round that matches, and its place. It returns nil if no
// event matches. It searches linearly: a round is short, and few events look for another event
// in it.
func (r *round) fresh(matches func(*Applied) bool) (*Applied, place) {
	for i := range slices.Backward(r.applied) {
		if a := &r.applied[i]; matches(a) {
			return a, place{seq: a.Head.Seq, pos: a.Pos}
		}
	}
	return nil, place{}
}

// sent returns the event of this round that sent a message.
func (r *round) sent(t target) (*Applied, place) {
	return r.fresh(func(a *Applied) bool {
		return a.Kind == wire.KindMessage && a.Channel == t.channel && a.Head.Seq == t.seq
	})
}

// original returns a message as it was sent.
func original(a *Applied) (*channel.Message, error) {
	record, err := wire.DecodeRecord(a.Record)
	if err != nil {
		return nil, err
	}
	return channel.Fold(nil, a.Pos, &record), nil
}

func contentOf(m *channel.Message) *wire.Content {
	if m == nil {
		return nil
	}
	return m.Content
}

// blank removes the content from a stored event. It keeps members of the record that this version
// does not know: the words of users are always in the content, however the format changes. It does
// nothing where no event is stored any more.
func (r *round) blank(channel string, at place) (found bool, err error) {
	kind, record, err := r.stored(channel, at)
	if record == nil || err != nil {
		return false, err
	}
	decoded, err := wire.DecodeRecord(record)
	if err != nil {
		return false, err
	}
	decoded.Content = nil
	if record, err = wire.EncodeRecord(&decoded); err != nil {
		return false, err
	}
	r.key = appendEventKey(r.key[:0], channel, at)
	r.value = appendEvent(r.value[:0], channel, at, kind, record)
	r.set()
	return true, nil
}

// stored returns an event of this round or of an earlier one, or a nil record if there is none.
func (r *round) stored(channel string, at place) (kind wire.Kind, record []byte, err error) {
	if a, _ := r.fresh(func(a *Applied) bool { return a.Pos == at.pos }); a != nil {
		return a.Kind, a.Record, nil
	}
	disk, err := r.reader()
	if err != nil {
		return "", nil, err
	}
	disk.key = appendEventKey(disk.key[:0], channel, at)
	value, err := disk.get()
	if value == nil || err != nil {
		return "", nil, err
	}
	e, err := parseEvent(&disk.record, channel, disk.key, value)
	return e.Kind, bytes.Clone(e.Record), err
}
