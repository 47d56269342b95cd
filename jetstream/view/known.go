package view

import (
	"strings"
	"sync"

	"natterjack/server/wire"
)

// known holds the settings of all users that are read so often that disk reads would be felt. Each
// message to a direct channel asks twice whether one of its users has blocked the other. On disk
// that would cost a tenth of the message's own cost. A second of reading in a group asks whether
// each of its members keeps read receipts private. Each page asks whether its reader has hidden
// anything.
type known struct {
	mu       sync.RWMutex // guards the fields below
	blocked  map[blockPair]struct{}
	discreet map[string]struct{}
	// hiders are the users who have ever hidden a message. Which messages they hide is on disk.
	hiders map[string]struct{}
}

type blockPair struct{ by, of string }

// Blocked reports whether user by has blocked user of.
func (v *View) Blocked(by, of string) bool {
	v.known.mu.RLock()
	defer v.known.mu.RUnlock()
	_, found := v.known.blocked[blockPair{by, of}]
	return found
}

// Discreet reports whether a user keeps their receipts private.
func (v *View) Discreet(user string) bool {
	v.known.mu.RLock()
	defer v.known.mu.RUnlock()
	_, found := v.known.discreet[user]
	return found
}

// hides reports whether a user may have hidden messages.
func (k *known) hides(user string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	_, found := k.hiders[user]
	return found
}

// set takes over settings that are stored.
func (k *known) set(changes []ownSetting) {
	if len(changes) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range changes {
		switch of, blocks := strings.CutPrefix(c.name, wire.SettingBlock); {
		case blocks:
			put(k.blocked, blockPair{c.user, of}, c.value != "")
		case c.name == wire.SettingReceipts:
			put(k.discreet, c.user, c.value != "")
		case strings.HasPrefix(c.name, wire.SettingHide) && c.value != "":
			put(k.hiders, c.user, true)
		}
	}
}

// put adds a key to a set or removes it.
func put[K comparable](set map[K]struct{}, key K, in bool) {
	if in {
		set[key] = struct{}{}
	} else {
		delete(set, key)
	}
}

// ownSetting is one of a user's settings.
type ownSetting struct{ user, name, value string }

// knownAs returns the name under which a setting is stored for memory, or an empty name if
// memory does not hold the setting.
func knownAs(name string) string {
	switch {
	case strings.HasPrefix(name, wire.SettingHide):
		return wire.SettingHide
	case strings.HasPrefix(name, wire.SettingBlock), name == wire.SettingReceipts:
		return name
	default:
		return ""
	}
}

func appendKnownKey(dst []byte, user, name string) []byte {
	return append(appendNamed(dst, tagKnown, user), name...)
}

// know stores a setting for the next start, if memory holds settings of that name. These keys
// lie together. A search for them among all settings of all users would make each start longer.
func (r *round) know(user string, s *wire.Setting) {
	name := knownAs(s.Name)
	if name == "" {
		return
	}
	r.key = appendKnownKey(r.key[:0], user, name)
	switch r.value = r.value[:0]; {
	case s.Value != "":
		r.set()
	case name == s.Name:
		r.unset()
	}
}

// known rebuilds the settings that [round.know] stores.
func (r *replay) known() error {
	owner, own := wire.OwnerOf(r.channel)
	if !own {
		return nil
	}
	set := map[string]bool{}
	err := r.each(func(_ *Event, _ place, record *wire.Record) error {
		s := record.Setting
		if s == nil || record.Sender != owner {
			return nil
		}
		if name := knownAs(s.Name); name != "" && (s.Value != "" || name == s.Name) {
			set[name] = s.Value != ""
		}
		return nil
	})
	for name, is := range set {
		if is {
			r.key, r.value = appendKnownKey(r.key[:0], owner, name), r.value[:0]
			r.set()
		}
	}
	return err
}

// loadKnown reads the settings that memory holds of all users.
func (v *View) loadKnown() error {
	v.known.blocked, v.known.discreet, v.known.hiders = map[blockPair]struct{}{}, map[string]struct{}{}, map[string]struct{}{}
	return v.read("load settings", func(r *reader) error {
		prefix := []byte{tagKnown}
		for ok := r.it.SeekGE(prefix); ok && r.it.Key()[0] == tagKnown; ok = r.it.Next() {
			p := parser{rest: r.it.Key()[1:]}
			user := p.name()
			if p.err != nil {
				return p.err
			}
			// The key exists only while the setting is set.
			v.known.set([]ownSetting{{user: user, name: string(p.rest), value: "1"}})
		}
		return r.it.Error()
	})
}
