package view

import (
	"bytes"
	"encoding/binary"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Profiles returns the profiles of users, in the same order. A user who has said nothing has the
// zero profile.
func (v *View) Profiles(users []string) (profiles []channel.Profile, err error) {
	profiles = make([]channel.Profile, len(users))
	err = v.read("read profiles", func(r *reader) error {
		for i, user := range users {
			if profiles[i], err = r.profile(user); err != nil {
				return err
			}
		}
		return nil
	})
	return profiles, err
}

func (r *reader) profile(user string) (channel.Profile, error) {
	r.key = appendNamed(r.key[:0], tagProfile, user)
	value, err := r.get()
	if value == nil || err != nil {
		return channel.Profile{}, err
	}
	return parseProfile(value)
}

// PicturesOf returns for each file the channel whose picture it is: a group, or the own channel of
// a user. It is empty for a file that is no one's picture.
func (v *View) PicturesOf(ids []string) (of []string, err error) {
	of = make([]string, len(ids))
	err = v.read("look for pictures", func(r *reader) error {
		for i, id := range ids {
			if of[i], err = r.pictureOf(id); err != nil {
				return err
			}
		}
		return nil
	})
	return of, err
}

// pictureOf looks at one key, however many messages have the file: users ask about any file.
func (r *reader) pictureOf(id string) (of string, err error) {
	r.key = appendNamed(r.key[:0], tagPicture, id)
	if !r.it.SeekGE(r.key) || !bytes.HasPrefix(r.it.Key(), r.key) {
		return "", r.it.Error()
	}
	p := parser{rest: r.it.Key()[len(r.key):]}
	of = p.name()
	return of, p.end()
}

// profile stores the profile that a user has set in their own channel. It ignores such an event
// from any other sender.
func (r *round) profile(e *Event, record *wire.Record) error {
	owner, own := wire.OwnerOf(e.Channel)
	if !own || record.Sender != owner {
		return nil
	}
	before, met := r.profiles[owner]
	if !met {
		disk, err := r.reader()
		if err != nil {
			return err
		}
		if before, err = disk.profile(owner); err != nil {
			return err
		}
	}
	after := channel.FoldProfile(before, record)
	r.profiles[owner] = after
	r.key = appendNamed(r.key[:0], tagProfile, owner)
	r.value = appendProfile(r.value[:0], &after)
	r.set()
	return r.changePicture(e, owner, &before.Picture, &after.Picture)
}

// picture stores that a group has another picture, if it has. A group that was deleted has lost its
// picture with all other files.
func (r *round) picture(e *Event, sender string, st, next *channel.State) error {
	var before wire.Picture
	if st != nil {
		before = st.Picture
	}
	if next.Deleted {
		return nil
	}
	return r.changePicture(e, sender, &before, &next.Picture)
}

// changePicture updates the keys of files when the picture of a channel changes. A picture is
// stored as a file of a message that has the seq 0.
func (r *round) changePicture(e *Event, sender string, before, after *wire.Picture) error {
	if before.ID == after.ID {
		return nil
	}
	t := target{e.Channel, 0}
	if before.ID != "" {
		by, err := r.holder(t, before.ID)
		if err != nil {
			return err
		}
		if err := r.drop(e.Pos, t, by, fileOf(before)); err != nil {
			return err
		}
	}
	if after.ID == "" {
		return nil
	}
	return r.hold(t, sender, fileOf(after))
}

// fileOf returns the file in which a picture is stored.
func fileOf(p *wire.Picture) *wire.Attachment { return &wire.Attachment{ID: p.ID, Size: p.Size} }

// holder returns who gave a file to a message that has it.
func (r *round) holder(t target, id string) (string, error) {
	if h, met := r.files[media{t.channel, id}][t.seq]; met {
		return h.sender, nil
	}
	disk, err := r.reader()
	if err != nil {
		return "", err
	}
	disk.key = appendHeldKey(disk.key[:0], t.channel, id, t.seq)
	value, err := disk.get()
	if value == nil || err != nil {
		return "", err
	}
	p := parser{rest: value}
	sender := p.name()
	return sender, p.end()
}

// profile rebuilds the profiles that [round.profile] stores.
func (r *replay) profile() error {
	owner, own := wire.OwnerOf(r.channel)
	if !own {
		return nil
	}
	var p channel.Profile
	wanted := func(e *Event) bool { return e.Kind == wire.KindProfile }
	err := r.eachThat(wanted, func(_ *Event, _ place, record *wire.Record) error {
		if record.Sender == owner {
			p = channel.FoldProfile(p, record)
		}
		return nil
	})
	if p != (channel.Profile{}) {
		r.key, r.value = appendNamed(r.key[:0], tagProfile, owner), appendProfile(r.value[:0], &p)
		r.set()
	}
	return err
}

// picture returns the picture of the channel, and who gave it.
func (r *replay) picture() (p wire.Picture, giver string, err error) {
	if owner, own := wire.OwnerOf(r.channel); own {
		profile, err := r.disk.profile(owner)
		return profile.Picture, owner, err
	}
	h, _, err := r.disk.head(r.channel)
	if err != nil || !h.has(flagRich) {
		return p, "", err
	}
	st, err := r.disk.rich(r.channel, &h)
	if err != nil || st.Picture.ID == "" {
		return p, "", err
	}
	last := ""
	wanted := func(e *Event) bool { return e.Kind == wire.KindMeta && bytes.Contains(e.Record, []byte(`"picture":`)) }
	err = r.eachThat(wanted, func(_ *Event, _ place, record *wire.Record) error {
		if m := record.Meta; m != nil && m.Settings != nil && m.Settings.Picture != nil && m.Settings.Picture.ID != last {
			last, giver = m.Settings.Picture.ID, record.Sender
		}
		return nil
	})
	return st.Picture, giver, err
}

// Marks of a profile, as bits.
const (
	markNameProvided = 1 << iota
	markZoneProvided
)

func appendProfile(dst []byte, p *channel.Profile) []byte {
	dst = binary.AppendUvarint(dst, p.Version)
	dst = binary.AppendVarint(appendName(dst, p.Name), p.Named)
	dst = appendName(appendPicture(dst, &p.Picture), p.Zone)
	dst = appendName(appendName(dst, p.Status.Text), p.Status.Emoji)
	dst = binary.AppendVarint(dst, p.Status.Until)
	marks := byte(0)
	if p.Provided.Name {
		marks |= markNameProvided
	}
	if p.Provided.Zone {
		marks |= markZoneProvided
	}
	return append(dst, marks)
}

func parseProfile(value []byte) (channel.Profile, error) {
	p := parser{rest: value, text: string(value)}
	profile := channel.Profile{Version: p.uvarint(), Name: p.name(), Named: p.varint(), Picture: p.picture(), Zone: p.name()}
	profile.Status = wire.Status{Text: p.name(), Emoji: p.name(), Until: p.varint()}
	marks := p.uvarint()
	if marks > markNameProvided|markZoneProvided {
		p.fail()
	}
	profile.Provided = channel.Provided{Name: marks&markNameProvided != 0, Zone: marks&markZoneProvided != 0}
	return profile, p.end()
}

func appendPicture(dst []byte, p *wire.Picture) []byte {
	dst = appendName(appendName(dst, p.ID), p.Type)
	return appendName(binary.AppendVarint(dst, p.Size), p.Blurhash)
}

func (p *parser) picture() wire.Picture {
	return wire.Picture{ID: p.name(), Type: p.name(), Size: p.varint(), Blurhash: p.name()}
}
