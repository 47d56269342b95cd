package bridge

import (
	"context"
	"time"

	"natterjack/jetstream/presence"
	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// nobody stands in for the Presence that a bridge was not given. It tracks no users, and answers
// that every user's state is unknown.
type nobody struct{}

func (nobody) Enter(string, wire.PresenceState)                   {}
func (nobody) Set(string, wire.PresenceState, wire.PresenceState) {}
func (nobody) Leave(string, wire.PresenceState, time.Time)        {}
func (nobody) Unfollow(*presence.Subscriber)                      {}

func (nobody) Follow(_ *presence.Subscriber, _ string, users []string, _ func([]wire.UserPresence)) []wire.UserPresence {
	people := make([]wire.UserPresence, len(users))
	for i, user := range users {
		people[i] = wire.UserPresence{User: user, State: wire.PresenceUnknown}
	}
	return people
}

// unlisted replaces the Sessions that a bridge was not given. It lists no sessions and accepts
// every token.
type unlisted struct{}

func (unlisted) Check(sessions.Token) error                      { return nil }
func (unlisted) Enter(*sessions.Session, sessions.Token) error   { return nil }
func (unlisted) Refresh(*sessions.Session, sessions.Token) error { return nil }
func (unlisted) Leave(*sessions.Session)                         {}
func (unlisted) Revoke(context.Context, string, sessions.Token) error {
	return wire.Errorf(wire.CodeUnavailable, "sign_out: this node does not offer this operation")
}
func (unlisted) Hear(string, string) {}
