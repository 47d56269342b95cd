package jetstream

import (
	"context"
	"slices"
	"sync"
	"time"

	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/internal/wake"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

const (
	// newsEvery is how often users are told of changed profiles at most. Several changes in between
	// are told as one.
	newsEvery = 200 * time.Millisecond
	// newsRest says how long the rest after a search for users to tell is: so many times as long as
	// the search. A user in a thousand groups of five hundred costs a tenth of a second.
	newsRest = 3
	// maxNews bounds the users whose changed profiles wait to be told. Beyond that, sessions learn
	// of a change when they ask.
	maxNews = 10_000
)

// news are the profiles that have changed. The sessions of this node whose users share a channel
// with such a user are told.
type news struct {
	wake chan struct{}

	mu      sync.Mutex // protects following
	tell    func(p wire.Profile, to []string)
	changed map[string]struct{}
}

func newNews() *news { return &news{wake: make(chan struct{}, 1), changed: map[string]struct{}{}} }

// WatchProfiles registers f, in place of an earlier function. It is called with each profile that
// has changed, as those users of this node may see it who share a channel with its user. F must
// not block.
func (l *Log) WatchProfiles(f func(p wire.Profile, to []string)) {
	l.news.mu.Lock()
	defer l.news.mu.Unlock()
	l.news.tell = f
}

// note notes which profiles some events have changed.
func (n *news) note(applied []view.Applied) {
	for i := range applied {
		if a := &applied[i]; a.Kind == wire.KindProfile {
			n.add(a.Channel)
		}
	}
}

func (n *news) add(channel string) {
	user, own := wire.OwnerOf(channel)
	n.mu.Lock()
	defer n.mu.Unlock()
	if !own || n.tell == nil || len(n.changed) >= maxNews {
		return
	}
	n.changed[user] = struct{}{}
	wake.Up(n.wake)
}

// take returns the users whose profiles have changed, and the function that tells sessions.
func (n *news) take() (users []string, tell func(wire.Profile, []string)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for user := range n.changed {
		users = append(users, user)
	}
	clear(n.changed)
	slices.Sort(users)
	return users, n.tell
}

// tellNews tells users of changed profiles until ctx ends.
func (l *Log) tellNews(ctx context.Context) {
	for {
		select {
		case <-l.news.wake:
		case <-ctx.Done():
			return
		}
		users, tell := l.news.take()
		for _, user := range users {
			began := time.Now()
			if err := l.tellOf(user, tell); err != nil {
				l.log.WarnContext(ctx, "sessions could not be told of a changed profile", "user", user, "error", err)
			}
			if pause.For(ctx, newsRest*time.Since(began)) != nil {
				return
			}
		}
		if pause.For(ctx, newsEvery) != nil {
			return
		}
	}
}

// tellOf tells everybody here who shares a channel with a user of the user's profile. Users whom
// the user has blocked see less of it.
func (l *Log) tellOf(user string, tell func(wire.Profile, []string)) error {
	to, err := l.neighbours(user)
	if len(to) == 0 || err != nil {
		return err
	}
	all, err := l.view.Profiles([]string{user})
	if err != nil {
		return err
	}
	var blocked []string
	to = slices.DeleteFunc(to, func(viewer string) bool {
		if !l.view.Blocked(user, viewer) {
			return false
		}
		blocked = append(blocked, viewer)
		return true
	})
	for _, some := range [2][]string{to, blocked} {
		if len(some) > 0 {
			tell(l.shown(some[0], user, &all[0], true), some)
		}
	}
	return nil
}

// neighbours returns the other users with a cursor on this node who share a channel with a user.
func (l *Log) neighbours(user string) ([]string, error) {
	if l.readers.none() {
		return nil, nil
	}
	channels, err := l.view.ChannelsOf(user)
	if err != nil {
		return nil, err
	}
	found := map[string]struct{}{}
	for _, id := range channels {
		members, err := l.membersOf(id)
		if err != nil {
			return nil, err
		}
		for _, member := range l.readers.among(members) {
			found[member] = struct{}{}
		}
	}
	delete(found, user)
	users := make([]string, 0, len(found))
	for member := range found {
		users = append(users, member)
	}
	return users, nil
}

// membersOf returns the members of a channel. The members of a direct channel are in its name.
func (l *Log) membersOf(channel string) ([]string, error) {
	if a, b, direct := wire.DirectUsers(channel); direct {
		return []string{a, b}, nil
	}
	st, err := l.view.Channel(channel)
	if st == nil || err != nil {
		return nil, err
	}
	return st.Members, nil
}
