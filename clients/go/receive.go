package natter

import (
	"context"
	"fmt"
	"time"

	"natterjack/server/wire"
)

// patience is how long reading stops for a slow application before events are dropped. It is
// shorter than the time after which a server closes a connection whose client takes nothing.
const patience = 2 * time.Second

// receive handles the frames of a message.
func (s *session) receive(ctx context.Context, message []byte) (err error) {
	s.heard.Store(int64(time.Since(s.began)))
	wire.Split(message, func(line []byte) bool {
		var f wire.Frame
		if f, err = wire.DecodeFrame(line); err != nil {
			err = protocolErrorf("a frame that cannot be read: %w", notWire(err))
			return false
		}
		err = s.frame(ctx, f)
		return err == nil
	})
	return err
}

// notWire hides the type of an error of our own decoding, so that it is not taken for an answer
// of the server.
func notWire(err error) error { return fmt.Errorf("%s", err.Error()) }

func (s *session) frame(ctx context.Context, f wire.Frame) error {
	if s.welcome == nil {
		switch f.(type) {
		case wire.Welcome, *wire.Error:
		default:
			return protocolErrorf("the first frame is not a welcome")
		}
	}
	switch f := f.(type) {
	case wire.Welcome:
		return s.welcomed(&f)
	case wire.Event:
		return s.event(ctx, &f)
	case wire.Ping:
		if s.lasts() {
			s.pong.Store(true)
			poke(s.kick)
		}
	case *wire.Error:
		return s.failed(ctx, f)
	case nil: // of a type that this version does not know
	default:
		switch f := f.(type) {
		case wire.Ack:
			s.c.track.acknowledged(f.Shard, f.Pos)
		case wire.Channel:
			s.c.track.acknowledged(f.Channel.At.Shard, f.Channel.At.Pos)
		}
		s.live(f)
		s.c.outbox.replied(reference(f), f, s.welcome.User)
	}
	return nil
}

// reference returns the ref of the command that a frame answers, or 0 if the frame answers
// none.
func reference(f wire.Frame) uint64 {
	if r, ok := f.(interface{ Reference() uint64 }); ok {
		return r.Reference()
	}
	return 0
}

// failed handles an error frame. It answers connect, or a command, or nothing in particular. In
// the last case it tells that the session ends, or concerns a frame that this client did not
// send.
func (s *session) failed(ctx context.Context, e *wire.Error) error {
	switch {
	case s.welcome == nil:
		return e
	case e.Ref.Ref != 0:
		s.c.outbox.replied(e.Ref.Ref, e, s.welcome.User)
	case s.stateless():
		return e // it stands for a close code
	default:
		s.c.log.WarnContext(ctx, "error from the server", "url", s.url, "session", s.welcome.Session, "err", e)
	}
	return nil
}

// welcomed begins the session, or goes on with it: every long poll gets a new welcome frame.
func (s *session) welcomed(w *wire.Welcome) error {
	if w.Version != wire.Version {
		return fatal(protocolErrorf("the server speaks version %d of the protocol, not %d", w.Version, wire.Version))
	}
	if s.c.user != "" && s.c.user != w.User {
		return fatal(fmt.Errorf("natter: the token is of user %q, and before it was of %q", w.User, s.c.user))
	}
	withDefaults(&w.Limits)
	reset, first := s.c.track.adopt(w)
	if reset || first {
		s.c.inbox.rebase(clonePosition(Position{Epoch: w.Epoch, Positions: w.Positions}), first)
	}
	if s.welcome == nil {
		s.c.user, s.welcome = w.User, w
	}
	return nil
}

// withDefaults fills in limits that the server did not tell. Without a limit, a frame could be
// of any size, and a silence of any length.
func withDefaults(l *wire.Limits) {
	d := wire.DefaultLimits()
	for _, v := range []struct{ told, otherwise *int }{
		{&l.FrameBytes, &d.FrameBytes},
		{&l.TextBytes, &d.TextBytes},
		{&l.InFlight, &d.InFlight},
		{&l.GroupMembers, &d.GroupMembers},
		{&l.HistoryEvents, &d.HistoryEvents},
		{&l.MessageEdits, &d.MessageEdits},
		{&l.PingIntervalS, &d.PingIntervalS},
	} {
		if *v.told <= 0 {
			*v.told = *v.otherwise
		}
	}
	l.PingIntervalS = min(l.PingIntervalS, maxPingIntervalS)
}

// maxPingIntervalS is the longest ping interval that the client accepts: an hour.
const maxPingIntervalS = 3600

func (s *session) event(ctx context.Context, ev *wire.Event) error {
	s.c.outbox.stored(ev, s.welcome.User)
	if s.letGo {
		return nil
	}
	fresh, gap, err := s.c.track.check(ev)
	if err != nil {
		return err
	}
	if gap != nil {
		s.c.inbox.tell(gap)
		s.c.log.WarnContext(ctx, "gap", "channel", gap.Channel, "after", gap.After, "before", gap.Before)
	}
	if fresh {
		s.deliver(ctx, ev)
	} else if gap != nil {
		s.c.track.advance(ev)
	}
	return nil
}

// deliver hands an event to the application. If there is no room, it waits a little, and then
// drops the event. The dropped event and all events after it are not tracked, so the next
// session begins with the dropped event.
func (s *session) deliver(ctx context.Context, ev *wire.Event) {
	advance := s.c.track.advance
	if !s.c.inbox.push(ev, advance) && !(s.waitForRoom(ctx) && s.c.inbox.push(ev, advance)) {
		s.letGo = true
		s.spawn(s.catchUp)
	}
}

// waitForRoom stops reading until there is room. It does not wait while a request waits for a
// reply, because the application may wait for that reply in the goroutine that takes events.
func (s *session) waitForRoom(ctx context.Context) bool {
	select {
	case <-s.c.outbox.urgent: // the token may be of a request that has ended; idle tells below
	default:
	}
	if !s.c.outbox.idle() {
		return false
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-s.c.inbox.room:
			if s.c.inbox.hasRoom() {
				return true
			}
		case <-s.c.outbox.urgent:
			return false
		case <-timer.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// catchUp ends the session once there is room for the events that it dropped.
func (s *session) catchUp(ctx context.Context) error {
	for !s.c.inbox.hasRoom() {
		select {
		case <-s.c.inbox.room:
		case <-ctx.Done():
			return nil
		}
	}
	return errReopen
}
