package view

import (
	"bytes"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"natterjack/server/wire"
)

// Referenced reports whether any message names an uploaded file.
func (v *View) Referenced(id string) (named bool, err error) {
	err = v.read("look for references", func(r *reader) error {
		prefix := appendNamed(nil, tagReference, id)
		named = r.it.SeekGE(prefix) && bytes.HasPrefix(r.it.Key(), prefix)
		return r.it.Error()
	})
	return named, err
}

// MediaAfter returns the uploaded files that messages name, ascending, those after one, at most
// limit.
func (v *View) MediaAfter(after string, limit int) (ids []string, err error) {
	err = v.read("list media", func(r *reader) error {
		first := []byte{tagReference}
		if after != "" {
			first = pastPrefix(appendNamed(nil, tagReference, after))
		}
		for ok := r.it.SeekGE(first); ok && len(ids) < limit && r.it.Key()[0] == tagReference; {
			p := parser{rest: r.it.Key()[1:]}
			id := p.name()
			if p.err != nil {
				return p.err
			}
			ids = append(ids, id)
			ok = r.it.SeekGE(pastPrefix(appendNamed(nil, tagReference, id)))
		}
		return r.it.Error()
	})
	return ids, err
}

// UsedByChannel returns how many bytes the files in a channel have, each file once.
func (v *View) UsedByChannel(channel string) (bytes int64, err error) {
	err = v.read("read the size of media", func(r *reader) error {
		bytes, err = r.used(channel)
		return err
	})
	return bytes, err
}

func (r *reader) used(channel string) (int64, error) {
	r.key = appendNamed(r.key[:0], tagUsed, channel)
	value, err := r.get()
	if value == nil || err != nil {
		return 0, err
	}
	n, err := parseNumber(value)
	return int64(n), err
}

// UsedByUser returns how many bytes the files in a user's messages have, each file once.
// A forwarded file counts for the user who has forwarded it: only that user can free its room, by
// deleting the message. Looked is how many files it had to look at: all of the user's.
func (v *View) UsedByUser(user string) (used int64, looked int, err error) {
	err = v.read("add up the sizes of media", func(r *reader) error {
		used, looked, err = r.usedBy(user)
		return err
	})
	return used, looked, err
}

// usedBy adds up the files that a user has sent. It passes over further messages that have the same
// file: a user may forward one file very often.
func (r *reader) usedBy(user string) (used int64, files int, err error) {
	prefix := appendNamed(nil, tagSent, user)
	var last []byte // the prefix of the file at hand
	for ok := r.it.SeekGE(prefix); ok && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
		if last != nil && bytes.HasPrefix(r.it.Key(), last) {
			if !r.it.SeekGE(pastPrefix(last)) || !bytes.HasPrefix(r.it.Key(), prefix) {
				break
			}
		}
		p := parser{rest: r.it.Key()[len(prefix):]}
		if p.name(); p.err != nil {
			return used, files, p.err
		}
		last = append(last[:0], r.it.Key()[:len(r.it.Key())-len(p.rest)]...)
		value, err := r.it.ValueAndErr()
		if err != nil {
			return used, files, err
		}
		size, err := parseNumber(value)
		if err != nil {
			return used, files, err
		}
		used += int64(size)
		files++
	}
	return used, files, r.it.Error()
}

// Dropped returns the uploaded files that a message named no more after the event at a position:
// the deletion of a message or of its channel, or an edit that left them out. They come ascending,
// those after one, at most limit. Other messages may name them.
//
// A view that is built from a log in which the messages are erased already knows nothing of them.
func (v *View) Dropped(shard int, pos uint64, after string, limit int) (ids []string, err error) {
	err = v.read("list dropped media", func(r *reader) error {
		prefix := appendDroppedKey(nil, shard, pos)
		first := append(slices.Clone(prefix), after...)
		for ok := r.it.SeekGE(first); ok && len(ids) < limit && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
			if id := string(r.it.Key()[len(prefix):]); id != after {
				ids = append(ids, id)
			}
		}
		return r.it.Error()
	})
	return ids, err
}

// DroppedDone forgets the results of [View.Dropped] for the events of a shard up to a position.
func (v *View) DroppedDone(shard int, upto uint64) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	return v.db.DeleteRange(appendDroppedKey(nil, shard, 0), appendDroppedKey(nil, shard, upto+1), pebble.NoSync)
}

// Gallery says which part of a channel's gallery [View.Gallery] reads.
type Gallery struct {
	Kinds []wire.GalleryKind
	// Before is the place after which the list goes on, from the newest message to the oldest; the
	// zero place begins with the newest.
	Before wire.MediaPlace
	Limit  int // how many items
	Bytes  int // about how large they may be in all; one item comes in any case
}

// Gallery returns attachments and links in those messages of a channel that a user is shown. More
// reports that there are further ones.
func (v *View) Gallery(user, channel string, g Gallery) (items []wire.GalleryItem, more bool, err error) {
	err = v.read("read gallery", func(r *reader) error {
		spans, err := r.shown(v, user, channel)
		if err != nil {
			return err
		}
		if g.Before.Seq != 0 {
			spans = within(spans, seqs{upto: g.Before.Seq})
		}
		messages, err := r.displaying(channel, spans, &g)
		if err != nil {
			return err
		}
		for _, seq := range messages {
			m, err := r.message(channel, seq)
			if err != nil {
				return err
			}
			for _, item := range itemsOf(m.Content, g.Kinds) {
				item.Seq, item.Sender, item.Timestamp = seq, m.Sender, m.Timestamp
				if seq == g.Before.Seq && item.Index <= g.Before.Index {
					continue
				}
				g.Bytes -= weight(&item)
				if len(items) == g.Limit || g.Bytes < 0 && len(items) > 0 {
					more = true
					return nil
				}
				items = append(items, item)
			}
		}
		return nil
	})
	return items, more, err
}

// displaying returns the messages that have something for a gallery, the newest first, enough of
// them to fill it: one more for the message in which it begins, and one to know whether there are
// more.
func (r *reader) displaying(channel string, spans []seqs, g *Gallery) (messages []uint64, err error) {
	most := g.Limit + 2
	for _, kind := range g.Kinds {
		n := 0
		for _, s := range slices.Backward(spans) {
			lower := appendGalleryKey(nil, channel, kind, s.after+1)
			upper := pastPrefix(appendGalleryKey(nil, channel, kind, s.upto))
			err := r.scan(lower, upper, true, func() (bool, error) {
				messages = append(messages, keySeq(r.it.Key()))
				n++
				return n < most, nil
			})
			if err != nil || n >= most {
				if err != nil {
					return nil, err
				}
				break
			}
		}
	}
	slices.Sort(messages)
	slices.Reverse(messages)
	messages = slices.Compact(messages)
	return messages[:min(most, len(messages))], nil
}

// itemsOf returns the attachments and links of a content that are of some kinds.
func itemsOf(c *wire.Content, kinds []wire.GalleryKind) (items []wire.GalleryItem) {
	if c == nil {
		return nil
	}
	for i := range c.Attachments {
		if a := &c.Attachments[i]; slices.Contains(kinds, a.Gallery()) {
			items = append(items, wire.GalleryItem{MediaPlace: wire.MediaPlace{Index: i}, Attachment: a})
		}
	}
	if slices.Contains(kinds, wire.GalleryLinks) {
		for i, link := range links(c.Text) {
			items = append(items, wire.GalleryItem{MediaPlace: wire.MediaPlace{Index: len(c.Attachments) + i}, Link: link})
		}
	}
	return items
}

// weight returns about how many bytes an item takes in an answer, at most.
func weight(item *wire.GalleryItem) int {
	const around, escaped = 512, 2
	n := around + escaped*len(item.Link)
	if a := item.Attachment; a != nil {
		const preview = 192
		n += around + escaped*(len(a.Caption)+len(a.Name)+len(a.Blurhash)+len(a.Waveform)) + preview*len(a.Previews) + len(a.Type) + len(a.Rest)
	}
	return n
}
