package bridge

import (
	"slices"
	"sync"
	"time"

	"natterjack/jetstream/presence"
	"natterjack/server/wire"
)

// listener receives what is not in the log: receipts, presence, and who is typing. It is a
// [session] or a [stream] of server-sent events. A poll ends too soon to be one.
type listener interface {
	user() string
	notify(now time.Time, frames ...[]byte) // never blocks
	// tellOwn tells the listener how far its own user has read and received, unless the
	// listener already knows that the user has read as much.
	tellOwn(now time.Time, channel string, own wire.Receipt, frame []byte)
}

var (
	_ listener = (*session)(nil)
	_ listener = (*stream)(nil)
)

// notices are frames that wait to be written. Listeners share them.
type notices struct {
	frames [][]byte
	since  time.Time // when the first of them came
}

// add appends frames to n, and makes n if it is nil. A listener is slow when a frame has waited
// for [noticeTimeout]. A slow listener gets nothing more, which bounds what waits for it. It
// has to be cut off; it learns on reconnecting that it has missed something.
func (n *notices) add(now time.Time, frames [][]byte) (with *notices, slow bool) {
	switch {
	case n == nil:
		return &notices{slices.Clone(frames), now}, false
	case now.Sub(n.since) > noticeTimeout:
		return n, true
	default:
		n.frames = append(n.frames, frames...)
		return n, false
	}
}

// telling returns a function that passes changes of presence to the listener of a session.
func (b *Bridge) telling(l listener, session string) func(news []wire.UserPresence) {
	return func(news []wire.UserPresence) {
		l.notify(time.Now(), b.encode(nil, session, wire.Presence{Users: news}))
	}
}

// outlook is what a stream has asked to be told. Requests ask for it, and several requests may
// be at work at once.
type outlook struct {
	following sync.WaitGroup // requests at work on the follower; entered under mu while not ended

	mu       sync.Mutex         // protects following, and the feed's state
	follower *presence.Follower // nil until people are followed
	notices  *notices
	said     said
	ended    bool
}

func overAlready() error {
	return wire.Errorf(wire.CodeNotConnected, "the event stream of that session has ended; open a new one and name its session")
}

func (s *stream) setPresence(c *wire.SetPresence) (outbound, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, overAlready()
	}
	s.bridge.presence.Set(s.identity.user, s.state, c.State)
	s.state = c.State
	return wire.Done{Ref: c.Ref}, nil
}

func (s *stream) watch(c *wire.Watch) (outbound, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, overAlready()
	}
	s.bridge.audience.watch(s, c.Channels)
	return wire.Done{Ref: c.Ref}, nil
}

// follow does not hold mu while it calls Follow, because the stream may be notified meanwhile.
func (s *stream) follow(c *wire.FollowPresence) (outbound, error) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return nil, overAlready()
	}
	if s.follower == nil {
		s.follower = new(presence.Follower)
	}
	f := s.follower
	s.following.Add(1)
	s.mu.Unlock()
	defer s.following.Done()
	return wire.Presence{Ref: c.Ref, Users: s.bridge.presence.Follow(f, s.identity.user, c.Users, s.bridge.telling(s, s.id))}, nil
}

// user implements [listener].
func (s *stream) user() string { return s.identity.user }

// notify implements [listener].
func (s *stream) notify(now time.Time, frames ...[]byte) {
	s.mu.Lock()
	if !s.ended {
		s.notices, s.ended = s.notices.add(now, frames)
	}
	s.mu.Unlock()
	s.wake.Wake(false)
}

// told takes the frames to be written. It reports false if the stream was too slow and has
// missed something.
func (s *stream) told() (frames [][]byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.notices != nil {
		frames, s.notices = s.notices.frames, nil
	}
	return frames, !s.ended
}

// leave ends all notifications of the stream.
func (s *stream) leave() {
	s.bridge.hub.unlisten(s)
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.following.Wait()
	s.bridge.audience.watch(s, nil)
	if s.follower != nil {
		s.bridge.presence.Unfollow(s.follower)
	}
}
