package view

import (
	"bytes"
	"slices"
	"strings"

	"natterjack/server/wire"
)

// media names an uploaded file in a channel.
type media struct{ channel, id string }

// showsMore reports whether a content has anything besides words. A message that has nothing
// else costs no more than this look.
func showsMore(c *wire.Content) bool {
	return c != nil && (len(c.Attachments) > 0 || strings.Contains(c.Text, colonSlashes))
}

// display updates the keys for attachments and links when the content of a message of a sender
// changes from before to after, by the event at pos. Nil means no content.
func (r *round) display(pos uint64, t target, sender string, before, after *wire.Content) error {
	if before == after || !showsMore(before) && !showsMore(after) {
		return nil
	}
	was, is := kindsIn(before), kindsIn(after)
	r.value = r.value[:0]
	for _, kind := range wire.GalleryKinds() {
		r.key = appendGalleryKey(r.key[:0], t.channel, kind, t.seq)
		switch had, has := slices.Contains(was, kind), slices.Contains(is, kind); {
		case has && !had:
			r.set()
		case had && !has:
			r.unset()
		}
	}
	old, now := filesIn(before), filesIn(after)
	for _, a := range old {
		if !slices.ContainsFunc(now, func(o *wire.Attachment) bool { return o.ID == a.ID }) {
			if err := r.drop(pos, t, sender, a); err != nil {
				return err
			}
		}
	}
	for _, a := range now {
		if !slices.ContainsFunc(old, func(o *wire.Attachment) bool { return o.ID == a.ID }) {
			if err := r.hold(t, sender, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// kindsIn returns in which galleries a content is shown.
func kindsIn(c *wire.Content) (kinds []wire.GalleryKind) {
	if c == nil {
		return nil
	}
	for i := range c.Attachments {
		if kind := c.Attachments[i].Gallery(); !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	if len(links(c.Text)) > 0 {
		kinds = append(kinds, wire.GalleryLinks)
	}
	return kinds
}

// filesIn returns the attachments of a content, each file once: rules make sure of that, but a log
// may hold anything.
func filesIn(c *wire.Content) (files []*wire.Attachment) {
	if c == nil {
		return nil
	}
	for i := range c.Attachments {
		a := &c.Attachments[i]
		if !slices.ContainsFunc(files, func(o *wire.Attachment) bool { return o.ID == a.ID }) {
			files = append(files, a)
		}
	}
	return files
}

// holding says whether a message has a file, and which user has sent it.
type holding struct {
	has    bool
	sender string
}

// hold stores that a message has a file.
func (r *round) hold(t target, sender string, a *wire.Attachment) error {
	held, err := r.holds(media{t.channel, a.ID})
	if err != nil {
		return err
	}
	r.mark(t, a.ID, holding{true, sender})
	setHeld(func(key, value []byte) { _ = r.batch.Set(key, value, nil) }, t, sender, a)
	if held {
		return nil
	}
	return r.use(t.channel, bytesOf(a))
}

// setHeld stores the keys by which a message has a file, or a channel a picture.
func setHeld(set func(key, value []byte), t target, sender string, a *wire.Attachment) {
	set(appendReferenceKey(nil, a.ID, t), nil)
	set(appendHeldKey(nil, t.channel, a.ID, t.seq), appendName(nil, sender))
	set(appendSentKey(nil, sender, a.ID, t), appendNumber(nil, uint64(bytesOf(a))))
	if t.seq == 0 {
		set(appendPictureKey(nil, a.ID, t.channel), nil)
	}
}

func bytesOf(a *wire.Attachment) int64 { return max(a.Size, 0) }

// drop stores that a message does not have a file any more.
func (r *round) drop(pos uint64, t target, sender string, a *wire.Attachment) error {
	r.mark(t, a.ID, holding{})
	r.key = appendHeldKey(r.key[:0], t.channel, a.ID, t.seq)
	r.unset()
	r.release(pos, t, sender, a.ID)
	if held, err := r.holds(media{t.channel, a.ID}); held || err != nil {
		return err
	}
	return r.use(t.channel, -bytesOf(a))
}

// release deletes a reference, and notes that the file may have lost its last one.
func (r *round) release(pos uint64, t target, sender, id string) {
	r.key = appendReferenceKey(r.key[:0], id, t)
	r.unset()
	r.key = appendSentKey(r.key[:0], sender, id, t)
	r.unset()
	if t.seq == 0 {
		r.key = appendPictureKey(r.key[:0], id, t.channel)
		r.unset()
	}
	r.key = append(appendDroppedKey(r.key[:0], r.shard, pos), id...)
	r.value = r.value[:0]
	r.set()
}

// mark notes in the round whether a message has a file.
func (r *round) mark(t target, id string, h holding) {
	m := media{t.channel, id}
	if r.files[m] == nil {
		r.files[m] = map[uint64]holding{}
	}
	r.files[m][t.seq] = h
}

// holds reports whether any message of a channel has a file, as of the last event.
func (r *round) holds(m media) (bool, error) {
	changed := r.files[m]
	for _, h := range changed {
		if h.has {
			return true, nil
		}
	}
	disk, err := r.reader()
	if err != nil {
		return false, err
	}
	prefix := appendHeldKey(nil, m.channel, m.id, 0)
	prefix = prefix[:len(prefix)-8]
	for ok := disk.it.SeekGE(prefix); ok && bytes.HasPrefix(disk.it.Key(), prefix); ok = disk.it.Next() {
		if _, dropped := changed[keySeq(disk.it.Key())]; !dropped {
			return true, nil
		}
	}
	return false, disk.it.Error()
}

// use adds to the bytes of the files of a channel.
func (r *round) use(channel string, size int64) error {
	used, met := r.used[channel]
	if !met {
		disk, err := r.reader()
		if err == nil {
			used, err = disk.used(channel)
		}
		if err != nil {
			return err
		}
	}
	used = max(used+size, 0)
	r.used[channel] = used
	r.key = appendNamed(r.key[:0], tagUsed, channel)
	r.value = appendNumber(r.value[:0], uint64(used))
	r.set()
	return nil
}

// wipeFiles deletes all references from a channel that the event at pos deletes. Its caller deletes
// the keys that begin with the channel.
func (r *round) wipeFiles(pos uint64, channel string) error {
	disk, err := r.reader()
	if err != nil {
		return err
	}
	prefix := appendNamed(nil, tagHeld, channel)
	err = disk.scan(prefix, pastPrefix(prefix), false, func() (bool, error) {
		value, err := disk.it.ValueAndErr()
		if err != nil {
			return false, err
		}
		id, seq, sender, err := parseHeld(disk.it.Key()[len(prefix):], value)
		if _, changed := r.files[media{channel, id}][seq]; !changed && err == nil {
			r.release(pos, target{channel, seq}, sender, id)
		}
		return true, err
	})
	for m, messages := range r.files {
		for seq, h := range messages {
			if m.channel == channel && h.has {
				r.release(pos, target{channel, seq}, h.sender, m.id)
			}
		}
	}
	delete(r.used, channel)
	return err
}

// parseHeld reads the rest of a key after the channel, and its value.
func parseHeld(rest, value []byte) (id string, seq uint64, sender string, err error) {
	key, v := parser{rest: rest}, parser{rest: value}
	id, sender = key.name(), v.name()
	if len(key.rest) != 8 {
		key.fail()
		return "", 0, "", key.err
	}
	return id, keySeq(key.rest), sender, v.end()
}
