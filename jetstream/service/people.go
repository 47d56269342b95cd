package service

import (
	"context"

	"natterjack/server/wire"
)

// Presence is what the service asks of who is there. [*presence.Tracker] is one.
type Presence interface {
	Get(viewer string, users []string) []wire.UserPresence
}

// Sessions is what the service asks of who is signed in. [*sessions.Registry] is one.
type Sessions interface {
	List(ctx context.Context, user, current string) ([]wire.Session, error)
	SignOut(ctx context.Context, user, session string) error
}

// people are the endpoints about people, as far as the service is given whom to ask. What lasts as long as a session is not among them: a
// back end has none.
func (s *Service) people() (endpoints []*endpoint) {
	if p := s.cfg.Presence; p != nil {
		endpoints = append(endpoints, answered(func(_ context.Context, user string, c wire.GetPresence) (wire.Frame, error) {
			return wire.Presence{Ref: c.Ref, Users: p.Get(user, c.Users)}, nil
		}))
	}
	if all := s.cfg.Sessions; all != nil {
		endpoints = append(endpoints,
			answered(func(ctx context.Context, user string, c wire.ListSessions) (wire.Frame, error) {
				sessions, err := all.List(ctx, user, "")
				return wire.Sessions{Ref: c.Ref, Sessions: sessions}, err
			}),
			answered(func(ctx context.Context, user string, c wire.SignOut) (wire.Frame, error) {
				return wire.Done{Ref: c.Ref}, all.SignOut(ctx, user, c.Session)
			}))
	}
	return endpoints
}

// answered is the endpoint of a command that is answered in the background, and not by the log, which only counts it.
func answered[T wire.Command](answer func(ctx context.Context, user string, cmd T) (wire.Frame, error)) *endpoint {
	var none T
	return &endpoint{name: none.Type(), max: maxReads, handle: inBackground(func(ctx context.Context, r *request) ([]byte, error) {
		cmd, err := decode[T](r, nil)
		if err != nil {
			return nil, err
		}
		if err := r.service.cfg.Log.Charge(r.user); err != nil {
			return nil, err
		}
		return encode(answer(ctx, r.user, cmd))
	})}
}
