package bridge

import (
	"slices"
	"sync"
)

// audience knows which attachments watch which channel. They are told of typing and receipts there,
// which are not in the log. Watching a channel does not prove that the user is a member. Membership
// may change, so the sender of a notice checks it first. Its methods may be called concurrently.
type audience struct {
	mu        sync.RWMutex // protects following
	byChannel map[string][]*attachment
	watched   map[*attachment][]string
}

func newAudience() *audience {
	return &audience{byChannel: map[string][]*attachment{}, watched: map[*attachment][]string{}}
}

// watch makes an attachment watch the given channels instead of those before. The attachment
// must have arrived. With no channels it is forgotten.
func (a *audience) watch(l *attachment, channels []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, channel := range a.watched[l] {
		a.drop(l, channel)
	}
	channels = slices.Compact(slices.Sorted(slices.Values(channels)))
	for _, channel := range channels {
		a.byChannel[channel] = append(a.byChannel[channel], l)
	}
	if a.watched[l] = channels; len(channels) == 0 {
		delete(a.watched, l)
	}
}

// drop removes an attachment from a channel's list. The caller holds mu.
func (a *audience) drop(l *attachment, channel string) {
	list := a.byChannel[channel]
	if i := slices.Index(list, l); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if a.byChannel[channel] = list; len(list) == 0 {
		delete(a.byChannel, channel)
	}
}

// of returns the attachments that watch a channel.
func (a *audience) of(channel string) []*attachment {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.Clone(a.byChannel[channel])
}

// any reports whether any attachment watches a channel.
func (a *audience) any(channel string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.byChannel[channel]) > 0
}
