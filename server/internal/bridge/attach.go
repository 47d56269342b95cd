package bridge

import (
	"sync"
	"time"

	"natterjack/jetstream"
	"natterjack/jetstream/presence"
	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// attachment is what a connection is to the log, to its own user and to others, whatever its
// transport: a cursor, a row in the list of sessions, a part of its user's presence, a subscriber
// of other users, and a listener to what is not in the log.
//
//	arrive ──► live: notices are taken ──► detach ──► depart
//
// arrive makes all of it known in one order, and depart takes it back in the reverse order. A
// poll ends too soon to be told notices, so it does not become live. The connection's own
// goroutine calls arrive, detach and depart. An attachment must not be copied once it has
// arrived.
type attachment struct {
	sessions.Session // as it is listed; arrive sets User; its owner is the transport
	pulse

	bridge  *Bridge
	cursor  jetstream.Cursor
	arrived bool           // only the connection's own goroutine uses it
	work    sync.WaitGroup // what is under way for it; Add is called under mu while not ended

	mu    sync.Mutex // protects following; never held while writing or in the log
	live  bool       // welcomed and not ending: it gets events and notices
	ended bool       // nothing is queued or started any more
	state wire.PresenceState
	outlook
}

// outlook holds the things that the client of an attachment has asked to be told, and the ones that
// it has yet to be told.
type outlook struct {
	subscriber *presence.Subscriber // nil until people are followed
	notices    *notices
	said       said
	toldOwn    uint32 // how many times it was told of its user's own receipts
}

// transport is the connection of an attachment. Its methods return at once, and any goroutine
// may call them.
type transport interface {
	jetstream.Waker
	sessions.Owner
	// ring says that notices wait. The attachment's lock is held.
	ring()
	// overrun ends the connection, because a notice has waited for too long.
	overrun()
}

var (
	_ transport = (*session)(nil)
	_ transport = (*feed)(nil)
)

// transport returns the connection. A field for it would cost each idle session 16 bytes more.
func (a *attachment) transport() transport { return a.Owner.(transport) }

// arrive starts following the log for a user, and makes the connection known to others. After an
// error there is nothing to take back.
func (a *attachment) arrive(c *wire.Connect, who identity) (wire.Welcome, error) {
	b := a.bridge
	if err := b.hub.admit(who.user); err != nil {
		return wire.Welcome{}, err
	}
	a.User = who.user
	start, err := b.log.Follow(&a.cursor, who.user, c.Resume, a.transport())
	if err == nil {
		err = b.sessions.Enter(&a.Session, who.token)
	}
	if err != nil {
		a.cursor.Close()
		b.hub.dismiss(who.user)
		return wire.Welcome{}, err
	}
	a.state, a.arrived = wire.PresenceOnline, true
	a.heard.Store(time.Now().UnixNano())
	b.presence.Enter(who.user, a.state)
	return b.welcome(c, a.ID, who, start), nil
}

// detach ends everything that is under way for the attachment, and waits for it. Afterwards it
// is told nothing and does nothing.
func (a *attachment) detach() {
	a.mu.Lock()
	a.live, a.ended = false, true
	a.mu.Unlock()
	a.work.Wait()
}

// depart undoes the effects of arrive and of the client's commands. Detach comes first.
func (a *attachment) depart() {
	if !a.arrived {
		return
	}
	b := a.bridge
	b.audience.watch(a, nil)
	b.hub.unlisten(a)
	if a.subscriber != nil {
		b.presence.Unfollow(a.subscriber)
	}
	if !a.absent.Load() {
		b.presence.Leave(a.User, a.state, a.lastHeard())
	}
	b.sessions.Leave(&a.Session)
	a.cursor.Close()
	b.hub.dismiss(a.User)
}

func overAlready() error {
	return wire.Errorf(wire.CodeNotConnected, "the event stream of that session has ended; open a new one and name its session")
}

// setPresence sets how the attachment counts for its user's presence.
func (a *attachment) setPresence(c *wire.SetPresence) (outbound, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return nil, overAlready()
	}
	if !a.absent.Load() {
		a.bridge.presence.Set(a.User, a.state, c.State)
	}
	a.state = c.State
	return wire.Done{Ref: c.Ref}, nil
}

// watch makes the attachment hear the typing and the receipts of the given channels. They replace
// the channels watched before.
func (a *attachment) watch(c *wire.Watch) (outbound, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return nil, overAlready()
	}
	a.bridge.audience.watch(a, c.Channels)
	return wire.Done{Ref: c.Ref}, nil
}

// follow returns the current state of the given users, and tells the client about every later
// change. It does not hold mu while it calls Follow, because the attachment may be notified
// meanwhile.
func (a *attachment) follow(c *wire.FollowPresence) (outbound, error) {
	a.mu.Lock()
	if a.ended {
		a.mu.Unlock()
		return nil, overAlready()
	}
	if a.subscriber == nil {
		a.subscriber = new(presence.Subscriber)
	}
	f := a.subscriber
	a.work.Add(1)
	a.mu.Unlock()
	defer a.work.Done()
	return wire.Presence{Ref: c.Ref, Users: a.bridge.presence.Follow(f, a.User, c.Users, a.bridge.telling(a))}, nil
}
