package bridge

import (
	"context"
	"errors"
	"slices"

	"natterjack/server/wire"
)

// errCanceled answers a read for which its client waits no more.
var errCanceled = wire.Errorf(wire.CodeSuperseded, "the client has canceled this command")

// read is a command that reads, and is under way.
type read struct{ cancel context.CancelCauseFunc }

// readsOnly reports whether a command can be given up at any moment. One that waits for a commit
// may have been carried out by then, and its client must not be told otherwise.
func readsOnly(cmd wire.Command) bool {
	return cmd.Reference() != 0 && wire.OperationOf(cmd).Waits == wire.ForRead
}

// cancelable returns a context that ends when the client cancels the command, if that can be. The
// caller calls end when the command is done.
func (s *session) cancelable(ctx context.Context, cmd wire.Command) (_ context.Context, end func()) {
	if !readsOnly(cmd) {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	mine, ref := &read{cancel}, cmd.Reference()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls.reads == nil {
		s.calls.reads = map[uint64]*read{}
	}
	s.calls.reads[ref] = mine
	return ctx, func() {
		cancel(nil)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.calls.reads[ref] == mine { // else a client has used a ref twice
			delete(s.calls.reads, ref)
		}
	}
}

// cancel ends a read that is under way, or takes it out of the line of waiting reads.
func (s *session) cancel(c *wire.Cancel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		return
	}
	if r := s.calls.reads[c.Command]; r != nil {
		r.cancel(errCanceled)
		return
	}
	waits := func(cmd wire.Command) bool { return cmd.Reference() == c.Command && readsOnly(cmd) }
	if i := slices.IndexFunc(s.calls.waiting, waits); i >= 0 {
		s.calls.waiting = slices.Delete(s.calls.waiting, i, i+1)
		s.inFlight--
		s.add(reply{frame: wire.AsError(errCanceled, c.Command)})
	}
}

// cause returns why a command failed: because its client has canceled it, or else err.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); errors.Is(why, errCanceled) {
		return why
	}
	return err
}
