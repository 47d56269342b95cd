package bridge

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"natterjack/server/wire"
)

// slots is the number of parts into which the sessions are divided for pings. Each part is
// visited once per ping interval. So the sessions need no timers, and pings are not sent in
// bursts.
const slots = 256

// retrySoon is the time a client is told to wait when no better figure is known.
const retrySoon = time.Second

// hub keeps the open connections of this node: their number, their users, and the sessions
// among them. Its methods may be called concurrently.
type hub struct {
	max, maxUser int
	limits       wire.Limits

	mu     sync.Mutex // protects following
	closed bool
	away   bool          // sessions are sent elsewhere
	out    chan struct{} // closed while the open connections are to leave
	open   int           // connections, authenticated or not, over all transports
	users  map[string]*usage
	named  map[string]*attachment // by session: the streams that requests may name
	slots  [slots][]*session
	empty  chan struct{} // closed when the hub is closed and the last connection is gone
}

// usage is how much of this node a user occupies.
type usage struct {
	open     int // connections
	ears     []*attachment
	inFlight int // commands over HTTP without a reply
}

func newHub(maxOpen, maxUser int, l wire.Limits) *hub {
	return &hub{max: maxOpen, maxUser: maxUser, limits: l, users: map[string]*usage{}, named: map[string]*attachment{}, out: make(chan struct{}), empty: make(chan struct{})}
}

// enter counts a new connection and adds it to wg. wg is not waited for before the hub is closed.
func (h *hub) enter(wg *sync.WaitGroup) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return drains()
	case h.open >= h.max:
		return wire.Errorf(wire.CodeTooFast, "this server is full; try again later").After(retrySoon)
	}
	h.open++
	wg.Add(1)
	return nil
}

// leave undoes enter.
func (h *hub) leave(wg *sync.WaitGroup) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	h.signal()
	wg.Done()
}

// add puts a session into a slot. It reports false if the session is to leave already.
func (h *hub) add(s *session) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.slot = uint8(rand.IntN(slots))
	s.index = int32(len(h.slots[s.slot]))
	h.slots[s.slot] = append(h.slots[s.slot], s)
	return !h.closed && !h.away
}

func (h *hub) remove(s *session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	slot := h.slots[s.slot]
	last := len(slot) - 1
	slot[s.index] = slot[last]
	slot[s.index].index = s.index
	slot[last] = nil
	h.slots[s.slot] = slot[:last]
}

// admit counts a user's new connection, or refuses it.
func (h *hub) admit(user string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.usage(user)
	if u.open >= h.maxUser {
		return wire.Errorf(wire.CodeTooFast, "you already have %d connections to this node, which is the limit; close one first", u.open).After(retrySoon)
	}
	u.open++
	return nil
}

// dismiss undoes admit.
func (h *hub) dismiss(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.usage(user).open--
	h.tidy(user)
}

// listen registers an attachment under its user. It was admitted, and is not dismissed before
// [hub.unlisten]. Requests may name it if its client cannot send commands on the connection
// itself.
func (h *hub) listen(a *attachment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.usage(a.User)
	u.ears = append(u.ears, a)
	if _, ok := a.transport().(*feed); ok {
		h.named[a.ID] = a
	}
}

// unlisten undoes listen, if it was called.
func (h *hub) unlisten(a *attachment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.usage(a.User)
	if i := slices.Index(u.ears, a); i >= 0 {
		u.ears = slices.Delete(u.ears, i, i+1)
	}
	delete(h.named, a.ID)
}

// of returns the attachments of a user's that listen.
func (h *hub) of(user string) []*attachment {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u := h.users[user]; u != nil {
		return slices.Clone(u.ears)
	}
	return nil
}

// stream returns the attachment of a user's stream of the given session, or nil if this node has
// none.
func (h *hub) stream(session, user string) *attachment {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.named[session]; a != nil && a.User == user {
		return a
	}
	return nil
}

// take reserves a place in flight for a command over HTTP until [hub.give].
func (h *hub) take(user string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.usage(user)
	if u.inFlight >= h.limits.InFlight {
		return overInFlight(h.limits)
	}
	u.inFlight++
	return nil
}

// give gives back the place that take reserved.
func (h *hub) give(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.usage(user).inFlight--
	h.tidy(user)
}

func (h *hub) usage(user string) *usage {
	u := h.users[user]
	if u == nil {
		u = new(usage)
		h.users[user] = u
	}
	return u
}

// tidy forgets a user without connections and commands. The caller holds mu.
func (h *hub) tidy(user string) {
	if u := h.users[user]; u != nil && u.open == 0 && u.inFlight == 0 {
		delete(h.users, user)
	}
}

// part appends the sessions of a slot to dst.
func (h *hub) part(dst []*session, slot int) []*session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append(dst, h.slots[slot]...)
}

// all returns the open sessions.
func (h *hub) all() []*session {
	var all []*session
	for slot := range slots {
		all = h.part(all, slot)
	}
	return all
}

// shut makes the hub refuse new connections for good.
func (h *hub) shut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed && !h.away {
		close(h.out)
	}
	h.closed = true
	h.signal()
}

// signal closes empty once the hub is closed and has no connections. The caller holds mu.
func (h *hub) signal() {
	if !h.closed || h.open > 0 {
		return
	}
	select {
	case <-h.empty:
	default:
		close(h.empty)
	}
}

func (h *hub) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open
}
