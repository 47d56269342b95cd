package service

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// submit passes a change to the log and returns. The log answers later.
func (s *Service) submit(r *request) {
	cmd, err := r.command()
	if err != nil {
		r.fail(err)
		return
	}
	s.cfg.Log.Submit(r.user, cmd.(wire.Change), func(ack wire.Ack, err error) {
		ack.Number(cmd.Reference())
		r.answer(encode(ack, err))
	})
}

// inBackground answers an operation that may wait, in a goroutine. stop waits for that
// goroutine.
func (s *Service) inBackground(r *request) {
	s.requests.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		r.answer(s.ask(ctx, r))
	})
}

func (s *Service) ask(ctx context.Context, r *request) ([]byte, error) {
	cmd, err := r.command()
	if err != nil {
		return nil, err
	}
	f, err := s.cfg.Operations.Answer(ctx, operation.Caller{User: r.user}, cmd)
	if c, ok := f.(wire.Cut); ok && err == nil {
		return s.fit(c)
	}
	return encode(f, err)
}

// command reads a request's command, completes it and checks its form.
func (r *request) command() (wire.Command, error) {
	cmd, err := r.endpoint.operation.Body(r.msg.Data)
	if e, ok := errors.AsType[*wire.Error](err); ok {
		r.ref = e.Ref.Ref
		return nil, e
	}
	r.ref = cmd.Reference()
	if keyed, ok := cmd.(wire.Keyed); ok && keyed.Key() == "" {
		cmd = keyed.WithKey(clientID(r.msg.Header))
	}
	return cmd, cmd.Validate(r.service.cfg.Limits)
}

// clientID returns the message id that NATS publishers use, for use as a client id. If there is
// none, it returns a random id, which nobody can repeat.
func clientID(h nats.Header) string {
	if id := h.Get(nats.MsgIdHdr); id != "" {
		return id
	}
	return "nats-" + rand.Text()
}

// fit encodes as many parts of a frame as fit into one NATS message, because a page of long
// messages may be larger. One part always fits.
func (s *Service) fit(f wire.Cut) ([]byte, error) {
	limit := int(s.cfg.Conn.MaxPayload())
	for n := f.Parts(); ; {
		frame, err := encode(f.Some(n), nil)
		if err != nil || len(frame) <= limit || n <= 1 {
			return frame, err
		}
		n = min(n-1, max(1, n*limit/len(frame)))
	}
}

func encode(f wire.Frame, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return wire.Append(nil, f)
}
