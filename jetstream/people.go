package jetstream

import (
	"context"
	"errors"
	"sync/atomic"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// MaySee reports whether viewer may know whether user is online, and when they were last seen. The
// user chooses this by a setting: everyone, contacts or nobody. The default is contacts. Users whom
// the user has blocked never may.
func (l *Log) MaySee(viewer, user string) bool {
	if viewer == user {
		return true
	}
	who, err := l.view.Setting(user, wire.SettingLastSeen)
	if err != nil || l.view.Blocked(user, viewer) {
		return false
	}
	switch who {
	case "everyone":
		return true
	case "", "contacts":
		return l.contact(user, viewer)
	default:
		return false
	}
}

// contact reports whether other is a contact of user: user added them, or the two have a direct
// channel.
func (l *Log) contact(user, other string) bool {
	if added, err := l.view.Setting(user, wire.SettingContact+other); err == nil && added != "" {
		return true
	}
	st, err := l.view.Channel(wire.DirectChannel(user, other))
	return err == nil && st.Exists()
}

// MayType returns why a user must not be shown as typing in a channel. It is the reason for which a
// message from the user would be refused there. Slow mode is no reason: a user may type while they
// wait. In a direct channel that does not exist yet, typing is refused. If this node does not know
// of the channel, or that the user is in it, MayType waits until the node is level.
func (l *Log) MayType(ctx context.Context, user, id string) error {
	st, err := l.awaitChannel(ctx, user, id)
	if err != nil {
		return err
	}
	return channel.MayPost(st, id, user, l.view.Blocked)
}

// MayPost returns why a message from a user would be refused in a channel now, except for its
// rate. A direct channel need not exist yet.
func (l *Log) MayPost(ctx context.Context, user, id string) error {
	st, err := l.awaitChannel(ctx, user, id)
	if _, _, direct := wire.DirectUsers(id); direct && errors.Is(err, &wire.Error{Code: wire.CodeForbidden}) {
		st, err = nil, nil // there is none yet, or the user is neither of the two
	}
	if err != nil {
		return err
	}
	return channel.MayPost(st, id, user, l.view.Blocked)
}

// Member reports whether a user is a member of a channel.
func (l *Log) Member(user, channel string) bool {
	_, err := l.member(user, channel)
	return err == nil
}

// WatchSight registers f, in place of an earlier function. It is called with every user for
// whom [Log.MaySee] may return something else from then on. F must return at once: a shard's
// own goroutine calls it.
func (l *Log) WatchSight(f func(user string)) { l.sight.f.Store(&f) }

// sight reports users whose visibility to others may have changed.
type sight struct {
	f atomic.Pointer[func(user string)]
}

// tell reports the senders of settings, and the members of direct channels that begin. Few of
// the settings concern visibility; tell does not distinguish them.
func (s *sight) tell(applied []view.Applied) {
	f := s.f.Load()
	if f == nil {
		return
	}
	for i := range applied {
		a := &applied[i]
		switch {
		case a.Kind == wire.KindSetting:
			(*f)(a.Sender)
		case a.Kind == wire.KindMeta:
			if _, _, direct := wire.DirectUsers(a.Channel); direct {
				for _, user := range a.Members() {
					(*f)(user)
				}
			}
		}
	}
}
