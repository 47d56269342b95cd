package bridge

import (
	"context"
	"errors"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// maxCallers is how many commands of one session are executed at once. Further commands wait
// for their turn; the limit of commands in flight bounds them.
const maxCallers = 4

// call executes a command that may block, on another goroutine than the owner's: the owner must
// go on reading.
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

// callAll answers a command and then the commands that wait behind it.
func (s *session) callAll(cmd wire.Command) {
	defer s.rescue()
	for more := true; more; cmd, more = s.nextCall() {
		if own := s.bridge.own[cmd.Type()]; own.answer != nil {
			own.answer(s, cmd)
		} else {
			r := s.bridge.encoded(s.ID, s.User, s.serve(cmd))
			r.frame = nil
			s.answer(r)
		}
		s.waitRoom()
	}
}

// nextCall takes the next waiting command. Without one it frees the caller's place. Once the
// session ends, waiting commands are dropped without an answer.
func (s *session) nextCall() (cmd wire.Command, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls
	if s.code != 0 {
		s.inFlight -= int32(len(c.waiting))
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

// serve answers a command, within [callTimeout]. The reply holds the bytes that were reserved for
// it.
func (s *session) serve(cmd wire.Command) reply {
	ctx, cancel := context.WithTimeout(s.bridge.work, callTimeout)
	defer cancel()
	ctx, end := s.cancelable(ctx, cmd)
	defer end()
	weight := wire.OperationOf(cmd).Weight()
	if err := s.bridge.owed.hold(ctx, s.User, weight); err != nil {
		return reply{frame: s.bridge.fault(s.ID, cmd.Type(), cause(ctx, err), cmd.Reference())}
	}
	held := weight
	defer func() { s.bridge.owed.give(s.User, held) }() // after a panic there is no reply
	r := s.execute(ctx, cmd)
	r.held, held = held, 0
	return r
}

func (s *session) execute(ctx context.Context, cmd wire.Command) reply {
	own := s.bridge.own[cmd.Type()]
	if own.before != nil {
		own.before(&s.attachment, cmd)
	}
	if own.call == nil {
		return s.bridge.serve(ctx, s.ID, s.User, cmd)
	}
	f, err := own.call(s, ctx, cmd)
	return s.bridge.outcome(s.ID, cmd, f, err)
}

// serve answers, within ctx, a command that is not about a session.
func (b *Bridge) serve(ctx context.Context, session, user string, cmd wire.Command) reply {
	f, err := b.operations.Answer(ctx, operation.Caller{User: user, Session: session}, cmd)
	if err != nil {
		return b.outcome(session, cmd, nil, cause(ctx, err))
	}
	return reply{frame: f}
}

// outcome returns the reply to a command: a frame, or the frame of an error.
func (b *Bridge) outcome(session string, cmd wire.Command, f outbound, err error) reply {
	if err != nil {
		return reply{frame: b.fault(session, cmd.Type(), err, cmd.Reference())}
	}
	return reply{frame: f}
}

// fault returns the frame to send for an error. Every error of the bridge ends here. A fault of
// the server goes to the log with the session's id, and to the client as [wire.CodeInternal].
// All other errors go to the client only and are not logged.
func (b *Bridge) fault(session, operation string, err error, ref uint64) *wire.Error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		err = wire.Errorf(wire.CodeTimeout, "the server could not answer in time; it is not known whether the command was carried out")
	case errors.Is(err, context.Canceled):
		err = drains()
	}
	e := wire.AsError(err, ref)
	if e.Code == wire.CodeInternal {
		b.logger.Error("operation failed", "session", session, "operation", operation, "error", err)
	}
	return e
}

// refOf returns the ref under which to answer a frame: the ref of its command or, if the frame is
// not a valid command, the ref as far as it could be read.
func refOf(cmd wire.Command, err error) uint64 {
	if cmd != nil {
		return cmd.Reference()
	}
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Ref.Ref
	}
	return 0
}
