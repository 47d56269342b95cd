package view

import (
	"bytes"

	"natterjack/server/wire"
)

// Setting is one of a user's own settings; empty where it is not set.
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

// Settings are a user's own settings whose names start with prefix, ascending by name.
func (v *View) Settings(user, prefix string) (settings []wire.Setting, err error) {
	err = v.read("list settings", func(r *reader) error {
		return r.eachSetting(user, prefix, func(name, value []byte) bool {
			settings = append(settings, wire.Setting{Name: string(name), Value: string(value)})
			return true
		})
	})
	return settings, err
}

// CountSettings counts a user's own settings up to limit.
func (v *View) CountSettings(user string, limit int) (n int, err error) {
	err = v.read("count settings", func(r *reader) error {
		return r.eachSetting(user, "", func(_, _ []byte) bool {
			n++
			return n < limit
		})
	})
	return n, err
}

// eachSetting calls f for each until it says false. Name and value are its own for the call only.
func (r *reader) eachSetting(user, prefix string, f func(name, value []byte) bool) error {
	all := appendSettingKey(nil, user, "")
	from := append(bytes.Clone(all), prefix...)
	for ok := r.it.SeekGE(from); ok && bytes.HasPrefix(r.it.Key(), from); ok = r.it.Next() {
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

// setting stores what its owner set. Whoever else could have written such an event has changed nothing of his.
func (r *round) setting(ch string, record *wire.Record) {
	owner, own := wire.OwnerOf(ch)
	if s := record.Setting; own && s != nil && record.Sender == owner {
		r.settings = append(r.settings, ownSetting{owner, s.Name, s.Value})
		r.know(owner, s)
		r.key = appendSettingKey(r.key[:0], owner, s.Name)
		r.value = append(r.value[:0], s.Value...)
		if s.Value == "" {
			r.unset()
		} else {
			r.set()
		}
	}
}
