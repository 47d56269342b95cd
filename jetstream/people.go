package jetstream

import (
	"errors"
	"sync/atomic"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// MaySee reports whether viewer may know whether user is there, and since when he is not. It is the user who says, by a setting: everyone,
// contacts or nobody, and contacts where he says nothing. Whom he has blocked may not.
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

// contact reports whether another is a contact of user's: added by him, or somebody with whom he has a direct channel.
func (l *Log) contact(user, other string) bool {
	if added, err := l.view.Setting(user, wire.SettingContact+other); err == nil && added != "" {
		return true
	}
	st, err := l.view.Channel(wire.DirectChannel(user, other))
	return err == nil && st.Exists()
}

// MayType says what keeps a user from telling a channel that he is writing: all that would keep him from sending there, but for
// slow mode, in which he writes while he waits. In a direct channel that does not exist yet, nobody does.
func (l *Log) MayType(user, id string) error {
	st, err := l.member(user, id)
	if err != nil {
		return err
	}
	env := channel.Env{Now: time.Now().UnixMilli(), NewID: func() string { return "" }, Blocked: l.view.Blocked}
	_, err = channel.Decide(st, id, user, wire.Send{Channel: id}, env)
	if errors.Is(err, &wire.Error{Code: wire.CodeTooFast}) {
		return nil
	}
	return err
}

// Member reports whether a user is in a channel.
func (l *Log) Member(user, id string) bool {
	st, err := l.view.Channel(id)
	return err == nil && st.Member(user)
}

// WatchSight has f called with every user of whom [Log.MaySee] may say something else from now on, in place of whom was called
// before. F must return at once: it is called from a shard's own goroutine.
func (l *Log) WatchSight(f func(user string)) { l.sight.f.Store(&f) }

// sight tells of who may be seen by others than before.
type sight struct {
	f atomic.Pointer[func(user string)]
}

// tell tells of settings, of which few are about that, and of the beginnings of direct channels.
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
