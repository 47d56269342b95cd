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
		if o := r.endpoint.operation; o.Waits == wire.ForRead { // the others' replies are small, and may take seconds
			weight := int64(o.Weight())
			if s.replies.Acquire(ctx, weight) != nil {
				r.fail(wire.Errorf(wire.CodeUnavailable, "this node has too many replies under way; try again later").After(retrySoon))
				return
			}
			defer s.replies.Release(weight) // when the reply has been handed on
		}
		r.answer(s.ask(ctx, r))
	})
}

func (s *Service) ask(ctx context.Context, r *request) ([]byte, error) {
	cmd, err := r.command()
	if err != nil {
		return nil, err
	}
	f, err := s.cfg.Operations.Answer(ctx, operation.Caller{User: r.user}, cmd)
	if err != nil {
		return nil, err
	}
	return s.fit(f)
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
// none, it returns a random id, which cannot be repeated.
func clientID(h nats.Header) string {
	if id := h.Get(nats.MsgIdHdr); id != "" {
		return id
	}
	return "nats-" + rand.Text()
}

// fit encodes a frame so that it fits into one NATS message. It leaves out parts of a frame that
// has parts. NATS does not carry a larger message, and the requester would wait in vain: it gets
// an error instead.
func (s *Service) fit(f wire.Frame) ([]byte, error) {
	limit, parts := int(s.cfg.Conn.MaxPayload()), 1
	cut, ok := f.(wire.Cut)
	if ok {
		parts = cut.Parts()
	}
	for {
		frame, err := encode(f, nil)
		switch {
		case err != nil || len(frame) <= limit:
			return frame, err
		case parts <= 1:
			return nil, wire.Errorf(wire.CodeTooLarge, "the reply has %d bytes, and the NATS server carries at most %d; raise its max_payload, or ask over HTTP", len(frame), limit)
		}
		parts = min(parts-1, max(1, parts*limit/len(frame)))
		f = cut.Some(parts)
	}
}

func encode(f wire.Frame, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return wire.Append(nil, f)
}
