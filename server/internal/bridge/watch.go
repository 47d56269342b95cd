package bridge

import (
	"slices"
	"sync"
)

// audience knows which listeners watch which channel. They are told of what happens there and
// is not in the log. Watching a channel does not prove that the user is a member. Membership
// may change, so the sender of a notice checks it first. Its methods may be called
// concurrently.
type audience struct {
	mu        sync.RWMutex // protects following
	byChannel map[string][]listener
	watched   map[listener][]string
}

func newAudience() *audience {
	return &audience{byChannel: map[string][]listener{}, watched: map[listener][]string{}}
}

// watch makes a listener watch the given channels instead of those before. The listener must
// have connected. With no channels it is forgotten.
func (a *audience) watch(l listener, channels []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ch := range a.watched[l] {
		a.drop(l, ch)
	}
	channels = slices.Compact(slices.Sorted(slices.Values(channels)))
	for _, ch := range channels {
		a.byChannel[ch] = append(a.byChannel[ch], l)
	}
	if a.watched[l] = channels; len(channels) == 0 {
		delete(a.watched, l)
	}
}

// drop removes a listener from a channel's list. The caller holds mu.
func (a *audience) drop(l listener, ch string) {
	list := a.byChannel[ch]
	if i := slices.Index(list, l); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if a.byChannel[ch] = list; len(list) == 0 {
		delete(a.byChannel, ch)
	}
}

// of returns the listeners that watch a channel.
func (a *audience) of(channel string) []listener {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.Clone(a.byChannel[channel])
}

// any reports whether any listener watches a channel.
func (a *audience) any(channel string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.byChannel[channel]) > 0
}
