package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// names tells the display names of the users who are printed. The id is always printed, too: it is
// what tells users apart. If it is nil, no names are known.
type names struct {
	client *natter.Client

	mu    sync.Mutex // protects following
	known map[nameKey]string
}

// nameKey is a user in a channel. The channel matters, because a user imitates another member of
// the same channel.
type nameKey struct{ channel, user string }

func namesOf(client *natter.Client) *names {
	return &names{client: client, known: map[nameKey]string{}}
}

// use sets the client that is asked for names. It must be called before learn.
func (n *names) use(client *natter.Client) {
	if n != nil {
		n.client = client
	}
}

// forget forgets the names of users whose profiles have changed.
func (n *names) forget(changed []natter.Profile) {
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.DeleteFunc(n.known, func(key nameKey, _ string) bool {
		return slices.ContainsFunc(changed, func(p natter.Profile) bool { return p.User == key.user })
	})
}

// unknown returns those users whose names nobody has asked for, each once.
func (n *names) unknown(channel string, users []string) (unknown []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, user := range users {
		key := nameKey{channel, user}
		if _, known := n.known[key]; !known && wire.ValidUser(user) {
			n.known[key] = ""
			unknown = append(unknown, user)
		}
	}
	return unknown
}

// learn asks for the names of users that are not known yet. Without names, ids are printed: so a
// failure is no reason to print nothing.
func (n *names) learn(ctx context.Context, channel string, users []string) {
	if n == nil {
		return
	}
	unknown := n.unknown(channel, users)
	if len(unknown) == 0 {
		return
	}
	profiles, err := n.client.Profiles(ctx, channel, unknown...)
	if err != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range profiles {
		p := &profiles[i]
		n.known[nameKey{channel, p.User}] = describeName(p)
	}
}

// describeName returns the display name of a user, or nothing if it is the same as the id.
func describeName(p *natter.Profile) string {
	name := oneLine(p.Name)
	switch {
	case p.Imitates != "":
		return name + ", who is not " + oneLine(p.Imitates)
	case strings.EqualFold(name, p.User):
		return ""
	default:
		return name
	}
}

// of returns the display name of a user in a channel, or nothing.
func (n *names) of(channel, user string) string {
	if n == nil {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known[nameKey{channel, user}]
}

// senders returns the senders of events.
func senders(events []natter.Event) (users []string) {
	for i := range events {
		users = append(users, events[i].Sender)
	}
	return users
}
