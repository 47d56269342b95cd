package bridge

import (
	"time"

	"natterjack/server/wire"
)

// dispatch handles one frame from the client. The answer comes at once or later. A client that
// has been refused too often is read no further for a while, before anything is done for it.
func (s *session) dispatch(frame []byte) {
	if !s.waitHeld() {
		return
	}
	limits := s.bridge.limits
	wait := s.bucket.take(time.Now(), limits.CommandsPerS)
	cmd, err := wire.DecodeCommand(frame)
	ref := refOf(cmd, err)
	cost := costOf(err)
	switch {
	case wait > 0:
		err = overRate(limits, wait)
	case err == nil:
		err = s.check(cmd)
	}
	if err == nil {
		err = s.bridge.charge(s.User, cmd)
	}
	if err != nil {
		s.bridge.refused(s.User, cmd, err)
		e := s.bridge.fault(s.ID, "dispatch", err, ref)
		end := s.offended(cost, e)
		s.push(reply{frame: e})
		if end != 0 {
			s.stop(end)
		}
		return
	}
	if change, ok := cmd.(wire.Change); ok {
		s.submit(change)
	} else if own := s.bridge.own[cmd.Type()]; own.now != nil {
		own.now(s, cmd)
	} else {
		s.call(cmd)
	}
}

// costOf returns how many refusals the error of a frame counts for that was decoded.
func costOf(err error) int {
	if err != nil {
		return rubbishCost
	}
	return 1
}

// offended decides how a session goes on after a frame was refused, and returns the code to
// close it with, or 0. Without a connect frame it does not go on: such a client has nothing to
// lose, and would be answered as long as it likes.
func (s *session) offended(cost int, e *wire.Error) wire.CloseCode {
	switch {
	case e.Code == wire.CodeUnsupported:
		return wire.CloseUnsupported
	case !s.arrived:
		return wire.CloseNotConnected
	}
	return s.pay(cost, e)
}

// pay makes the session read nothing for as long as a refusal costs its user. It returns the
// code to close the session with, or 0. Any goroutine may call it.
func (s *session) pay(cost int, e *wire.Error) wire.CloseCode {
	now := time.Now()
	hold, out := s.bridge.offenders.refused(now, s.User, cost)
	switch {
	case out:
		return wire.CloseTooFast
	case hold > 0:
		s.held.Store(now.Add(hold).UnixNano())
		if e.Code == wire.CodeTooFast {
			e.RetryAfter = max(e.RetryAfter, rest.Milliseconds())
		}
	}
	return 0
}

// check returns an error if a command must not be executed.
func (s *session) check(cmd wire.Command) error {
	switch _, connect := cmd.(wire.Connect); {
	case connect && s.arrived:
		return wire.Errorf(wire.CodeNotConnected, "connect: this session is already connected")
	case !connect && !s.arrived:
		return wire.Errorf(wire.CodeNotConnected, "the first frame must be connect")
	}
	return cmd.Validate(s.bridge.limits)
}

// refused tells the log about a change that was refused before it reached the log. This happens
// before the client is told.
func (b *Bridge) refused(user string, cmd wire.Command, err error) {
	if c, ok := cmd.(wire.Change); ok && user != "" {
		b.log.Refused(user, c, err)
	}
}

// submit hands a change to the log. When the change is stored, the log answers from a goroutine
// of its own.
func (s *session) submit(cmd wire.Change) {
	if !s.claim(cmd) {
		return
	}
	s.mu.Lock()
	s.sending++
	s.mu.Unlock()
	s.bridge.log.Submit(s.User, cmd, func(ack wire.Ack, err error) {
		if err != nil {
			e, end := s.bridge.fault(s.ID, cmd.Type(), err, cmd.Reference()), wire.CloseCode(0)
			if e.Code == wire.CodeTooFast && e.Channel == "" {
				end = s.pay(1, e)
			}
			s.acked(reply{frame: e})
			if end != 0 {
				s.stop(end)
			}
			return
		}
		ack.Number(cmd.Reference())
		s.acked(reply{frame: ack})
	})
}

// claim reserves a place for a command in flight, or refuses the command. [session.answer]
// gives the place back.
func (s *session) claim(cmd wire.Command) bool {
	s.mu.Lock()
	full := int(s.inFlight) >= s.bridge.limits.InFlight
	if !full {
		s.inFlight++
	}
	s.mu.Unlock()
	if full {
		err := overInFlight(s.bridge.limits)
		s.bridge.refused(s.User, cmd, err)
		s.push(reply{frame: wire.AsError(err, cmd.Reference())})
	}
	return !full
}
