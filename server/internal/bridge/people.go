package bridge

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
	"unique"

	"natterjack/jetstream/presence"
	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// Presence has the functions that report and follow the presence of users. [*presence.Tracker]
// implements it; its contracts hold.
type Presence interface {
	Enter(user string, state wire.PresenceState)
	Set(user string, from, to wire.PresenceState)
	Leave(user string, state wire.PresenceState, heard time.Time)
	Follow(f *presence.Subscriber, viewer string, users []string, tell func([]wire.UserPresence)) []wire.UserPresence
	Unfollow(f *presence.Subscriber)
}

// Sessions has the functions that check tokens and list sessions. [*sessions.Registry] implements
// it; its contracts hold.
type Sessions interface {
	Check(t sessions.Token) error
	Enter(s *sessions.Session, t sessions.Token) error
	Refresh(s *sessions.Session, t sessions.Token) error
	Leave(s *sessions.Session)
	Revoke(ctx context.Context, user string, t sessions.Token) error
	Hear(user, session string)
}

var (
	_ Presence = (*presence.Tracker)(nil)
	_ Sessions = (*sessions.Registry)(nil)
)

// Typed tells others that a user is typing in a channel. In a direct channel it tells the other
// user, in a group the members who watch the channel.
func (b *Bridge) Typed(channel, user string) {
	peer, direct := peerOf(channel, user)
	hear := b.hub.of(peer)
	if !direct {
		hear = slices.DeleteFunc(b.audience.of(channel), func(a *attachment) bool { return a.User == user || !b.log.Member(a.User, channel) })
	}
	if len(hear) == 0 {
		return
	}
	frame, now := b.encode(nil, "", wire.Typing{Channel: channel, User: user}), time.Now()
	for _, a := range hear {
		a.notify(now, frame)
	}
}

// Profiled tells users of the profile of a user who shares a channel with them.
func (b *Bridge) Profiled(p wire.Profile, to []string) {
	frame, now := b.encode(nil, "", wire.Profiles{Users: []wire.Profile{p}}), time.Now()
	for _, user := range to {
		for _, a := range b.hub.of(user) {
			a.notify(now, frame)
		}
	}
}

// maxAgent is how many characters of a client's user agent are kept.
const maxAgent = 100

// describe returns a session as its user sees it in a list.
func describe(r *http.Request, id, transport string, owner sessions.Owner) sessions.Session {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr // a pipe or a Unix socket
	}
	client := unique.Make(sessions.Client{Transport: transport, Agent: cut(r.UserAgent(), maxAgent)})
	return sessions.Session{ID: id, Started: time.Now().UnixMilli(), Address: address, Client: client, Owner: owner}
}

// cut returns a copy of the first n characters of s.
func cut(s string, n int) string {
	end := 0
	for ; n > 0 && end < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return strings.ToValidUTF8(strings.Clone(s[:end]), "\uFFFD")
}
