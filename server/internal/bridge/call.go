package bridge

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"natterjack/server/wire"
)

// maxCallers is how many commands of one session are waited for at once; others wait their turn within the limit in flight.
const maxCallers = 4

// call has a command answered that may block: not by the owner, which must go on reading.
func (s *session) call(cmd wire.Command) {
	if !s.claim(cmd) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if s.calls == nil {
		s.calls = new(calls)
	}
	if s.calls.callers == maxCallers {
		s.calls.waiting = append(s.calls.waiting, cmd)
		return
	}
	s.calls.callers++
	s.work.Go(func() { s.callAll(cmd) })
}

// callAll answers a command and those that wait behind it.
func (s *session) callAll(cmd wire.Command) {
	defer s.rescue()
	for more := true; more; cmd, more = s.nextCall() {
		if _, ok := cmd.(wire.GetReceipts); ok {
			s.answerReceipts(cmd)
		} else {
			s.answer(s.serve(cmd))
		}
		s.waitRoom()
	}
}

// nextCall takes the next command; without one the caller's place is free. Once the session ends, those that wait go unanswered.
func (s *session) nextCall() (cmd wire.Command, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls
	if s.code != 0 {
		s.inFlight -= len(c.waiting)
		c.waiting = nil
		s.settle()
	}
	if len(c.waiting) > 0 {
		cmd, c.waiting = c.waiting[0], c.waiting[1:]
		return cmd, true
	}
	if c.callers--; c.callers == 0 {
		s.calls = nil
	}
	return nil, false
}

// serve answers a command, within [callTimeout].
func (s *session) serve(cmd wire.Command) reply {
	ctx, cancel := context.WithTimeout(s.bridge.work, callTimeout)
	defer cancel()
	switch c := cmd.(type) {
	case wire.FollowPresence:
		return reply{frame: s.follow(&c)}
	case wire.Read, wire.Received:
		s.say(cmd)
	case wire.Refresh:
		refreshed, err := s.refresh(ctx, &c)
		if err != nil {
			return reply{frame: s.bridge.fault(s.ID, cmd.Type(), err, c.Ref.Ref)}
		}
		return reply{frame: refreshed}
	}
	return s.bridge.serve(ctx, s.ID, s.User, cmd)
}

// serve has the log answer a command other than send, within ctx. A panic there costs this command, and not the process.
func (b *Bridge) serve(ctx context.Context, session, user string, cmd wire.Command) (r reply) {
	defer func() {
		if p := recover(); p != nil {
			r = reply{frame: b.fault(session, cmd.Type(), fmt.Errorf("panic: %v\n%s", p, debug.Stack()), cmd.Reference())}
		}
	}()
	if f, ok, err := b.askPeople(ctx, session, user, cmd); ok && err == nil {
		return reply{frame: f}
	} else if ok {
		return reply{frame: b.fault(session, cmd.Type(), err, cmd.Reference())}
	}
	r, err := b.ask(ctx, user, cmd)
	if err != nil {
		return reply{frame: b.fault(session, cmd.Type(), err, cmd.Reference())}
	}
	return r
}

func (b *Bridge) ask(ctx context.Context, user string, cmd wire.Command) (reply, error) {
	if c, ok := cmd.(wire.CreateGroup); ok {
		info, err := b.log.CreateGroup(ctx, user, &c)
		return reply{frame: wire.Channel{Ref: c.Ref, Channel: info}}, err
	}
	select {
	case b.reads <- struct{}{}:
		defer func() { <-b.reads }()
	case <-ctx.Done():
		return reply{}, ctx.Err()
	}
	switch c := cmd.(type) {
	case wire.History:
		events, more, err := b.log.History(ctx, user, &c)
		return reply{raw: page(&c, events, more)}, err
	case wire.ListChannels:
		channels, more, err := b.log.Channels(ctx, user, &c)
		if channels == nil {
			channels = []wire.ChannelInfo{}
		}
		return reply{frame: wire.Channels{Ref: c.Ref, Channels: channels, More: more}}, err
	default:
		frame, err := b.log.Ask(ctx, user, cmd)
		return reply{frame: frame}, err
	}
}

// fault is the frame to send for an error. It is where every error of the bridge ends: a fault of ours goes
// to the log under the session, and to the client as [wire.CodeInternal]; all others are the client's to read, and not logged.
func (b *Bridge) fault(session, operation string, err error, ref uint64) *wire.Error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		err = wire.Errorf(wire.CodeTimeout, "the server could not answer in time; whether it did what was asked is not known")
	case errors.Is(err, context.Canceled):
		err = drains()
	}
	e := wire.AsError(err, ref)
	if e.Code == wire.CodeInternal {
		b.logger.Error("operation failed", "session", session, "operation", operation, "error", err)
	}
	return e
}

// refOf is the ref to answer a frame under: of its command, or where it is none, what could be read of it.
func refOf(cmd wire.Command, err error) uint64 {
	if cmd != nil {
		return cmd.Reference()
	}
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Ref.Ref
	}
	return 0
}
