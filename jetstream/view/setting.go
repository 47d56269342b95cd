package view

import (
	"bytes"
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Setting returns one of a user's own settings, or an empty value if it is not set.
func (v *View) Setting(user, name string) (value string, err error) {
	err = v.read("read setting", func(r *reader) error {
		value, err = r.setting(user, name)
		return err
	})
	return value, err
}

func (r *reader) setting(user, name string) (string, error) {
	r.key = appendSettingKey(r.key[:0], user, name)
	value, err := r.get()
	return string(value), err
}

// Settings returns a user's own settings whose names start with prefix, ascending by name. If
// after is set, it begins behind that name. It returns at least one setting, and stops before the
// sum of their sizes would exceed most bytes.
func (v *View) Settings(user, prefix, after string, most int) (settings []wire.Setting, more bool, err error) {
	err = v.read("list settings", func(r *reader) error {
		size := 0
		return r.eachSetting(user, prefix, after, func(name, value []byte) bool {
			if size += settingSize(name, value); size > most && len(settings) > 0 {
				more = true
				return false
			}
			settings = append(settings, wire.Setting{Name: string(name), Value: string(value)})
			return true
		})
	})
	return settings, more, err
}

// settingSize returns how many bytes a setting takes in a reply, at most. Names need no escape.
func settingSize(name, value []byte) int {
	size := len(name) + len(`{"name":"","value":""},`)
	for _, c := range value {
		switch {
		case c < ' ':
			size += len(`\u0000`)
		case c == '"', c == '\\':
			size += 2
		default:
			size++
		}
	}
	return size
}

// CountSettings returns how many settings of the kind of a named one a user has, and whether the
// named one is set.
func (v *View) CountSettings(user, name string) (n int, set bool, err error) {
	err = v.read("count settings", func(r *reader) error {
		value, err := r.setting(user, name)
		if err != nil {
			return err
		}
		set = value != ""
		n, err = r.countSettings(userKind{user, channel.SettingKind(name)})
		return err
	})
	return n, set, err
}

// userKind names a user's settings of one kind.
type userKind struct{ user, kind string }

func (r *reader) countSettings(of userKind) (int, error) {
	r.key = appendSettingsKey(r.key[:0], of)
	value, err := r.get()
	if value == nil || err != nil {
		return 0, err
	}
	n, err := parseNumber(value)
	return int(n), err
}

// eachSetting calls f for each setting behind a name until f returns false. Name and value are
// valid only during the call.
func (r *reader) eachSetting(user, prefix, after string, f func(name, value []byte) bool) error {
	all := appendSettingKey(nil, user, "")
	these := append(bytes.Clone(all), prefix...)
	from := these
	if after != "" {
		from = slices.MaxFunc([][]byte{these, append(append(bytes.Clone(all), after...), 0)}, bytes.Compare)
	}
	for ok := r.it.SeekGE(from); ok && bytes.HasPrefix(r.it.Key(), these); ok = r.it.Next() {
		value, err := r.it.ValueAndErr()
		if err != nil {
			return err
		}
		if !f(r.it.Key()[len(all):], value) {
			break
		}
	}
	return r.it.Error()
}

// setting stores a setting that a user has set in the user's own channel. It ignores such an event
// from any other sender.
func (r *round) setting(channel string, record *wire.Record) error {
	owner, own := wire.OwnerOf(channel)
	s := record.Setting
	if !own || s == nil || record.Sender != owner {
		return nil
	}
	if err := r.count(owner, s); err != nil {
		return err
	}
	r.settings = append(r.settings, ownSetting{owner, s.Name, s.Value})
	r.know(owner, s)
	if err := r.subscribe(owner, record); err != nil {
		return err
	}
	r.key = appendSettingKey(r.key[:0], owner, s.Name)
	r.value = append(r.value[:0], s.Value...)
	if s.Value == "" {
		r.unset()
	} else {
		r.set()
	}
	return nil
}

// counted is how many settings of a kind a user has after the events of a round so far, and
// whether each setting that the round met is set.
type counted struct {
	n   int
	set map[string]bool
}

// count updates the stored number of a user's settings of a kind, so that no later change has to
// count them all.
func (r *round) count(owner string, s *wire.Setting) error {
	disk, err := r.reader()
	if err != nil {
		return err
	}
	of := userKind{owner, channel.SettingKind(s.Name)}
	c := r.counts[of]
	if c == nil {
		c = &counted{set: map[string]bool{}}
		if c.n, err = disk.countSettings(of); err != nil {
			return err
		}
		r.counts[of] = c
	}
	was, met := c.set[s.Name]
	if !met {
		value, err := disk.setting(owner, s.Name)
		if err != nil {
			return err
		}
		was = value != ""
	}
	is := s.Value != ""
	if c.set[s.Name] = is; was == is {
		return nil
	}
	if c.n++; !is {
		c.n -= 2
	}
	r.key = appendSettingsKey(r.key[:0], of)
	r.value = appendNumber(r.value[:0], uint64(c.n))
	r.set()
	return nil
}

// settings rebuilds the counts that [round.count] stores.
func (r *replay) settings() error {
	owner, own := wire.OwnerOf(r.channel)
	if !own {
		return nil
	}
	counts := map[string]uint64{}
	err := r.disk.eachSetting(owner, "", "", func(name, _ []byte) bool {
		counts[channel.SettingKind(string(name))]++
		return true
	})
	for kind, n := range counts {
		r.key = appendSettingsKey(r.key[:0], userKind{owner, kind})
		r.value = appendNumber(r.value[:0], n)
		r.set()
	}
	return err
}
