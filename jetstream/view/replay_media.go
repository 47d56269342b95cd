package view

import (
	"bytes"

	"natterjack/server/wire"
)

func (r *replay) media() error {
	if deleted, err := r.deleted(); deleted || err != nil {
		return err
	}
	sizes, used := map[string]bool{}, int64(0)
	set := func(key, value []byte) { _ = r.batch.Set(key, value, nil) }
	keep := func(seq uint64, sender string, a *wire.Attachment) {
		setHeld(set, target{r.channel, seq}, sender, a)
		if !sizes[a.ID] {
			sizes[a.ID] = true
			used += bytesOf(a)
		}
	}
	picture, giver, err := r.picture()
	if err != nil {
		return err
	}
	if picture.ID != "" {
		keep(0, giver, fileOf(&picture))
	}
	wanted := func(record []byte) bool { return bytes.Contains(record, []byte(`"attachments":`)) }
	err = r.contents(wanted, func(seq uint64, sender string, c *wire.Content) error {
		for _, a := range filesIn(c) {
			keep(seq, sender, a)
		}
		return nil
	})
	if len(sizes) > 0 {
		r.key = appendNamed(r.key[:0], tagUsed, r.channel)
		r.value = appendNumber(r.value[:0], uint64(used))
		r.set()
	}
	return err
}

func (r *replay) gallery() error {
	if deleted, err := r.deleted(); deleted || err != nil {
		return err
	}
	wanted := func(record []byte) bool {
		return bytes.Contains(record, []byte(`"attachments":`)) || bytes.Contains(record, []byte(colonSlashes))
	}
	return r.contents(wanted, func(seq uint64, _ string, c *wire.Content) error {
		r.value = r.value[:0]
		for _, kind := range kindsIn(c) {
			r.key = appendGalleryKey(r.key[:0], r.channel, kind, seq)
			r.set()
		}
		return nil
	})
}
