package service

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/nats-io/nats.go"

	"natterjack/server/wire"
)

// send hands a message to the log and returns; the log answers.
func (s *Service) send(r *request) {
	cmd, err := decode(r, func(c *wire.Send) { c.ClientID = clientID(c.ClientID, r.msg.Header) })
	if err != nil {
		r.fail(err)
		return
	}
	s.submit(r, cmd)
}

// change is the endpoint of a change other than send, whose client id is the client's to give or to leave out.
func change[T wire.Change](s *Service) *endpoint {
	var none T
	return &endpoint{name: none.Type(), max: maxSends, handle: func(r *request) {
		cmd, err := decode[T](r, nil)
		if err != nil {
			r.fail(err)
			return
		}
		s.submit(r, cmd)
	}}
}

// read is the endpoint of a command that may wait for this node's view.
func read[T wire.Command](s *Service) *endpoint {
	var none T
	return &endpoint{name: none.Type(), max: maxReads, handle: inBackground(func(ctx context.Context, r *request) ([]byte, error) {
		cmd, err := decode[T](r, nil)
		if err != nil {
			return nil, err
		}
		return encode(s.cfg.Log.Ask(ctx, r.user, cmd))
	})}
}

func (s *Service) submit(r *request, cmd wire.Change) {
	s.cfg.Log.Submit(r.user, cmd, func(ack wire.Ack, err error) {
		ack.Ref.Ref = cmd.Reference()
		r.answer(encode(ack, err))
	})
}

func (s *Service) createGroup(ctx context.Context, r *request) ([]byte, error) {
	cmd, err := decode(r, func(c *wire.CreateGroup) { c.ClientID = clientID(c.ClientID, r.msg.Header) })
	if err != nil {
		return nil, err
	}
	info, err := s.cfg.Log.CreateGroup(ctx, r.user, &cmd)
	return encode(wire.Channel{Ref: cmd.Ref, Channel: info}, err)
}

func (s *Service) history(ctx context.Context, r *request) ([]byte, error) {
	cmd, err := decode[wire.History](r, nil)
	if err != nil {
		return nil, err
	}
	events, more, err := s.cfg.Log.History(ctx, r.user, &cmd)
	if err != nil {
		return nil, err
	}
	return s.fit(len(events), func(n int) ([]byte, error) {
		some := events[len(events)-n:] // a page leaves out what is farthest from where it was asked to begin
		if cmd.After != 0 {
			some = events[:n]
		}
		return wire.AppendPage(nil, cmd.Ref.Ref, cmd.Channel, some, more || n < len(events)), nil
	})
}

func (s *Service) listChannels(ctx context.Context, r *request) ([]byte, error) {
	cmd, err := decode[wire.ListChannels](r, nil)
	if err != nil {
		return nil, err
	}
	channels, more, err := s.cfg.Log.Channels(ctx, r.user, &cmd)
	if err != nil {
		return nil, err
	}
	return s.fit(len(channels), func(n int) ([]byte, error) {
		return wire.Append(nil, wire.Channels{Ref: cmd.Ref, Channels: channels[:n], More: more || n < len(channels)})
	})
}

// decode reads a request's command, completes it and checks its form.
func decode[T wire.Command](r *request, complete func(*T)) (T, error) {
	cmd, err := wire.DecodeBody[T](r.msg.Data)
	if e, ok := errors.AsType[*wire.Error](err); ok {
		r.ref = e.Ref.Ref
		return cmd, e
	}
	r.ref = cmd.Reference()
	if complete != nil {
		complete(&cmd)
	}
	return cmd, cmd.Validate(r.service.cfg.Limits)
}

// clientID is the command's own, or what NATS publishers use in its place, or one that nobody can repeat.
func clientID(own string, h nats.Header) string {
	switch {
	case own != "":
		return own
	case h.Get(nats.MsgIdHdr) != "":
		return h.Get(nats.MsgIdHdr)
	default:
		return "nats-" + rand.Text()
	}
}

// inBackground serves what may wait in a goroutine that stop waits for.
func inBackground(serve func(context.Context, *request) ([]byte, error)) func(*request) {
	return func(r *request) {
		r.service.requests.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
			defer cancel()
			r.answer(serve(ctx, r))
		})
	}
}

// fit encodes as many of n parts as one NATS message can carry: a page of long messages is larger. One part always fits.
func (s *Service) fit(n int, encode func(n int) ([]byte, error)) ([]byte, error) {
	limit := int(s.cfg.Conn.MaxPayload())
	for {
		frame, err := encode(n)
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
