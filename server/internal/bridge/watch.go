package bridge

import (
	"slices"
	"sync"
)

// audience knows which sessions look at which channel: whom to tell of what moves there and is not in the log. That a session
// watches a channel does not say that its user is a member: whoever tells it something asks that first, for it may have
// changed meanwhile. Its methods may be called concurrently.
type audience struct {
	mu        sync.RWMutex // protects following, and the sessions' watched
	byChannel map[string][]*session
}

func newAudience() *audience { return &audience{byChannel: map[string][]*session{}} }

// watch has a session watch channels in place of those before. It must have connected; with no channels it is forgotten.
func (a *audience) watch(s *session, channels []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ch := range s.watched {
		a.drop(s, ch)
	}
	s.watched = nil
	for _, ch := range channels {
		if !slices.Contains(s.watched, ch) {
			s.watched = append(s.watched, ch)
			a.byChannel[ch] = append(a.byChannel[ch], s)
		}
	}
}

// drop takes a session out of a channel's list. The caller holds mu.
func (a *audience) drop(s *session, ch string) {
	list := a.byChannel[ch]
	if i := slices.Index(list, s); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if a.byChannel[ch] = list; len(list) == 0 {
		delete(a.byChannel, ch)
	}
}

// of are the sessions that watch a channel.
func (a *audience) of(channel string) []*session {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.Clone(a.byChannel[channel])
}

// any reports whether somebody watches a channel.
func (a *audience) any(channel string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.byChannel[channel]) > 0
}
