package bridge

import (
	"context"

	"natterjack/jetstream/presence"
	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// nobody stands in for what a bridge is not given: there is nobody else, nothing was signed out, and what is asked is not known.
type nobody struct{}

func notHere() error { return wire.Errorf(wire.CodeUnavailable, "this node does not know of others") }

func (nobody) Enter(string)                                       {}
func (nobody) Set(string, wire.PresenceState, wire.PresenceState) {}
func (nobody) Leave(string, wire.PresenceState)                   {}
func (nobody) Unfollow(*presence.Follower)                        {}
func (nobody) Say(string, string) error                           { return notHere() }

func (nobody) Get(_ string, users []string) []wire.UserPresence {
	people := make([]wire.UserPresence, len(users))
	for i, user := range users {
		people[i] = wire.UserPresence{User: user, State: wire.PresenceUnknown}
	}
	return people
}

func (n nobody) Follow(_ *presence.Follower, viewer string, users []string, _ func([]wire.UserPresence)) []wire.UserPresence {
	return n.Get(viewer, users)
}

// unlisted is [nobody] for sessions.
type unlisted struct{}

func (unlisted) Check(sessions.Token) error                                   { return nil }
func (unlisted) Enter(*sessions.Session, sessions.Token) error                { return nil }
func (unlisted) Refresh(*sessions.Session, sessions.Token) error              { return nil }
func (unlisted) Leave(*sessions.Session)                                      {}
func (unlisted) List(context.Context, string, string) ([]wire.Session, error) { return nil, notHere() }
func (unlisted) SignOut(context.Context, string, string) error                { return notHere() }
