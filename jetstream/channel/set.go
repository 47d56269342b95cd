package channel

import (
	"strings"

	"natterjack/server/wire"
)

// set changes one of the user's settings, in the user's own channel, which the first setting
// creates. It does not check whether the setting already has the value: the settings are read
// from a view, which may be behind this channel.
func (a *act) set(c wire.Set) ([]wire.Record, error) {
	if owner, ok := wire.OwnerOf(a.channel); !ok || owner != a.user {
		return nil, Forbidden()
	}
	if err := a.roomFor(c); err != nil {
		return nil, err
	}
	return a.inOwn(wire.KindSetting, wire.Record{Setting: &wire.Setting{Name: c.Name, Value: c.Value}}), nil
}

// roomFor returns an error if the user may have no more settings of a kind. Each kind has room of
// its own: a user who has hidden many messages must still be able to block another user. A setting
// that exists takes no more room when it changes.
func (a *act) roomFor(c wire.Set) error {
	if c.Value == "" || a.env.Settings == nil {
		return nil
	}
	n, set, err := a.env.Settings(a.user, c.Name)
	if err == nil && !set && n >= wire.MaxSettings {
		return tooMany("name: settings "+SettingKind(c.Name)+"/", wire.MaxSettings)
	}
	return err
}

// SettingKind returns the kind of a setting, the first part of its name. Levels of channels, and
// people, are kinds of their own, so that they leave room for a snooze.
func SettingKind(name string) string {
	for _, prefix := range []string{wire.SettingChannelLevel, wire.SettingPerson} {
		if strings.HasPrefix(name, prefix) {
			return strings.TrimSuffix(prefix, "/")
		}
	}
	kind, _, _ := strings.Cut(name, "/")
	return kind
}

// unblocked returns an error if the other user has blocked the user, or the user has blocked
// the other. It applies only to the direct channel of the two: in a group a block has no
// effect.
func (a *act) unblocked() error {
	x, y, direct := wire.DirectUsers(a.channel)
	if !direct || a.env.Blocked == nil {
		return nil
	}
	peer := x
	if peer == a.user {
		peer = y
	}
	switch {
	case a.env.Blocked(peer, a.user):
		return blocked()
	case a.env.Blocked(a.user, peer):
		return blocks()
	}
	return nil
}
