package presence

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"natterjack/server/wire"
)

// Subscriber is a session that follows users. Its zero value is ready for [Tracker.Follow].
type Subscriber struct {
	viewer string
	tell   func([]wire.UserPresence)

	// subscribers guards the following fields.
	people []followed // ascending
	queued bool
	last   time.Time // when it was last told something
}

// followed is a user, with the presence that the subscriber knows of.
type followed struct {
	wire.UserPresence
	stale bool
}

func (f *Subscriber) find(user string) *followed {
	i, ok := slices.BinarySearchFunc(f.people, user, func(p followed, u string) int { return strings.Compare(p.User, u) })
	if !ok {
		return nil
	}
	return &f.people[i]
}

// subscribers are the subscribers on this node. Its methods may be called concurrently.
type subscribers struct {
	every time.Duration
	wake  chan struct{}

	mu     sync.Mutex               // protects the fields below
	byUser map[string][]*Subscriber // in no order
	agenda agenda[*Subscriber]
}

func newSubscribers(every time.Duration) *subscribers {
	return &subscribers{every: every, wake: make(chan struct{}, 1), byUser: map[string][]*Subscriber{}}
}

// Follow makes a subscriber follow users, in place of those it followed before, and returns their
// current presence. Later changes are passed to tell, one second later at the earliest. tell
// must return at once.
func (t *Tracker) Follow(f *Subscriber, viewer string, users []string, tell func([]wire.UserPresence)) []wire.UserPresence {
	users = slices.Compact(slices.Sorted(slices.Values(users)))
	t.subscribers.set(f, viewer, users, tell)
	now := t.Get(viewer, users)
	t.subscribers.know(f, now)
	return now
}

// Reconsider checks again whether the subscribers of a user may see that user.
func (t *Tracker) Reconsider(user string) { t.subscribers.touch(user) }

// Unfollow ends the following that Follow began.
func (t *Tracker) Unfollow(f *Subscriber) { t.subscribers.set(f, f.viewer, nil, nil) }

func (s *subscribers) set(f *Subscriber, viewer string, users []string, tell func([]wire.UserPresence)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range f.people {
		s.drop(p.User, f)
	}
	f.viewer, f.tell, f.last, f.people = viewer, tell, time.Now(), nil
	for _, user := range users {
		f.people = append(f.people, followed{UserPresence: wire.UserPresence{User: user}})
		s.byUser[user] = append(s.byUser[user], f)
	}
}

func (s *subscribers) drop(user string, f *Subscriber) {
	all := s.byUser[user]
	i := slices.Index(all, f)
	last := len(all) - 1
	all[i] = all[last]
	all[last] = nil
	if last == 0 {
		delete(s.byUser, user)
	} else {
		s.byUser[user] = all[:last]
	}
}

// know records the presence that a subscriber is told and returns the part that is new. It ignores
// users that the subscriber no longer follows.
func (s *subscribers) know(f *Subscriber, now []wire.UserPresence) (news []wire.UserPresence) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f.know(now)
}

func (f *Subscriber) know(now []wire.UserPresence) (news []wire.UserPresence) {
	for _, p := range now {
		if known := f.find(p.User); known != nil && known.UserPresence != p {
			known.UserPresence = p
			news = append(news, p)
		}
	}
	return news
}

// touch records that a user's presence may have changed.
func (s *subscribers) touch(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.byUser[user] {
		f.find(user).stale = true
		s.queue(f)
	}
}

// touchAll records that the presence of all users may have changed.
func (s *subscribers) touchAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for user, all := range s.byUser {
		for _, f := range all {
			f.find(user).stale = true
			s.queue(f)
		}
	}
}

func (s *subscribers) queue(f *Subscriber) {
	if f.queued {
		return
	}
	f.queued = true
	s.agenda.add(f.last.Add(s.every), f)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next returns the next subscriber that is due, and the users it is to be told of. If none is
// due, f is nil and wait is the time until one is.
func (s *subscribers) next(now time.Time) (f *Subscriber, users []string, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.agenda.take(now)
	if !ok {
		return nil, nil, s.agenda.wait(now)
	}
	f.queued = false
	for i := range f.people {
		if p := &f.people[i]; p.stale {
			p.stale = false
			users = append(users, p.User)
		}
	}
	return f, users, 0
}

// news tells a subscriber the presence that it does not know yet. It holds the lock meanwhile, so
// that a subscriber is told nothing of a user it has unfollowed.
func (s *subscribers) news(f *Subscriber, now []wire.UserPresence) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if news := f.know(now); len(news) > 0 {
		f.tell(news)
		f.last = time.Now()
	}
}

// tell tells subscribers of changes until ctx ends.
func (t *Tracker) tell(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		f, users, wait := t.subscribers.next(time.Now())
		if f != nil {
			t.subscribers.news(f, t.Get(f.viewer, users))
			if ctx.Err() != nil {
				return
			}
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-t.subscribers.wake:
		case <-ctx.Done():
			return
		}
	}
}
