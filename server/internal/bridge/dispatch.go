package bridge

import (
	"errors"
	"time"

	"natterjack/server/wire"
)

// dispatch handles one frame from the client. The answer comes at once or later.
func (s *session) dispatch(frame []byte) {
	limits := s.bridge.limits
	wait := s.bucket.take(time.Now(), limits.CommandsPerS)
	cmd, err := wire.DecodeCommand(frame)
	ref := refOf(cmd, err)
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
		s.push(reply{frame: s.bridge.fault(s.ID, "dispatch", err, ref)})
		if errors.Is(err, &wire.Error{Code: wire.CodeUnsupported}) {
			s.stop(wire.CloseUnsupported)
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

// check returns what is wrong with a command before it is executed.
func (s *session) check(cmd wire.Command) error {
	switch _, connect := cmd.(wire.Connect); {
	case connect && s.arrived:
		return wire.Errorf(wire.CodeNotConnected, "connect: this session is connected already")
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
			s.acked(reply{frame: s.bridge.fault(s.ID, cmd.Type(), err, cmd.Reference())})
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
	full := s.inFlight >= s.bridge.limits.InFlight
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
