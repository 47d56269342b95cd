package view

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// filesOf returns the ids of a message's files, ascending and each once.
func filesOf(m *channel.Message) (ids []string) {
	if m == nil || m.Content == nil {
		return nil
	}
	for _, a := range m.Content.Attachments {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// drop notes that an event took files from a message.
func (m *model) drop(by shardPos, ids []string) {
	all := slices.Sorted(slices.Values(append(m.dropped[by], ids...)))
	if all = slices.Compact(all); len(all) > 0 {
		m.dropped[by] = all
	}
}

// used returns the bytes of the files of the messages that match, each file once. A picture counts
// as the file of a message with the seq 0.
func (m *model) used(matches func(at target, m *channel.Message) bool) (bytes int64) {
	seen := map[string]bool{}
	for id, picture := range m.pictures {
		if !seen[picture.ID] && matches(target{channel: id}, &channel.Message{Sender: picture.by}) {
			bytes, seen[picture.ID] = bytes+picture.Size, true
		}
	}
	for at, message := range m.messages {
		if message.Content == nil || !matches(at, message) {
			continue
		}
		for _, a := range message.Content.Attachments {
			if !seen[a.ID] {
				bytes += a.Size
			}
			seen[a.ID] = true
		}
	}
	return bytes
}

// media returns all files that messages and channels have, ascending.
func (m *model) media() []string {
	ids := []string{}
	for _, message := range m.messages {
		ids = append(ids, filesOf(message)...)
	}
	for _, picture := range m.pictures {
		ids = append(ids, picture.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (m *model) gallery(user, id string, kinds []wire.GalleryKind) []wire.GalleryItem {
	items := []wire.GalleryItem{}
	for seq := seqOf(m.states[id]); seq >= 1; seq-- {
		message := m.messages[target{id, seq}]
		if message == nil || message.Content == nil || !m.shows(user, id, seq) {
			continue
		}
		add := func(item wire.GalleryItem) {
			item.Seq, item.Sender, item.Timestamp = seq, message.Sender, message.Timestamp
			items = append(items, item)
		}
		for i := range message.Content.Attachments {
			a := &message.Content.Attachments[i]
			kind := wire.GalleryFiles
			switch a.ID {
			case "f1", "f2":
				kind = wire.GalleryImages
			case "f3":
				kind = wire.GalleryVoice
			}
			if slices.Contains(kinds, kind) {
				add(wire.GalleryItem{MediaPlace: wire.MediaPlace{Index: i}, Attachment: a})
			}
		}
		if slices.Contains(kinds, wire.GalleryLinks) && message.Content.Text == "see https://a.example/b." {
			add(wire.GalleryItem{MediaPlace: wire.MediaPlace{Index: len(message.Content.Attachments)}, Link: "https://a.example/b"})
		}
	}
	return items
}

// agreeMedia asks view and model about the files of a channel and of a user.
func agreeMedia(t *rapid.T, v *View, s *script, user, id string, limit int) {
	byChannel, err := v.UsedByChannel(id)
	same(t, "bytes in "+id, byChannel, s.m.used(func(at target, _ *channel.Message) bool { return at.channel == id }), err)
	own := wire.OwnChannel(user)
	byOwn, err := v.UsedByChannel(own)
	same(t, "bytes in "+own, byOwn, s.m.used(func(at target, _ *channel.Message) bool { return at.channel == own }), err)
	byUser, _, err := v.UsedByUser(user)
	same(t, "bytes of "+user, byUser, s.m.used(func(_ target, m *channel.Message) bool { return m.Sender == user }), err)
	all := s.m.media()
	for _, f := range scriptFiles {
		named, err := v.Referenced(f.ID)
		same(t, "reference to "+f.ID, named, slices.Contains(all, f.ID), err)
	}
	ids := []string{}
	for after := ""; ; after = ids[len(ids)-1] {
		some, err := v.MediaAfter(after, limit)
		same(t, "error", err, nil)
		if ids = append(ids, some...); len(some) < limit {
			break
		}
	}
	same(t, "media", ids, all)
	shard := rapid.IntRange(0, s.m.shards-1).Draw(t, "shard")
	for pos := range s.m.positions[shard] + 1 {
		dropped, err := v.Dropped(shard, pos, "", 10_000)
		same(t, fmt.Sprint("dropped at ", shard, pos), dropped, s.m.dropped[shardPos{shard, pos}], err)
	}
	agreeGallery(t, v, s, user, id, limit)
}

// agreeGallery reads a gallery to its end, in pages.
func agreeGallery(t *rapid.T, v *View, s *script, user, id string, limit int) {
	kinds := rapid.SampledFrom([][]wire.GalleryKind{
		wire.GalleryKinds(), {wire.GalleryImages}, {wire.GalleryFiles}, {wire.GalleryVoice}, {wire.GalleryLinks},
	}).Draw(t, "kinds")
	g := Gallery{Kinds: kinds, Limit: limit, Bytes: rapid.SampledFrom([]int{1, 3000, 1 << 20}).Draw(t, "gallery bytes")}
	items := []wire.GalleryItem{}
	for more := true; more; {
		var some []wire.GalleryItem
		var err error
		if some, more, err = v.Gallery(user, id, g); err != nil || more && len(some) == 0 || len(some) > limit {
			t.Fatalf("%d items, more %v, %v", len(some), more, err)
		}
		if items = append(items, some...); len(some) > 0 {
			g.Before = some[len(some)-1].MediaPlace
		}
	}
	same(t, fmt.Sprint("gallery of ", id, kinds), items, s.m.gallery(user, id, kinds))
}
