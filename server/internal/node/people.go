package node

import (
	"context"
	"errors"
	"fmt"

	"natterjack/jetstream/operation"
	"natterjack/jetstream/presence"
	"natterjack/jetstream/sessions"
)

// binder is a part that answers operations.
type binder interface{ Bind(to *operation.Table) }

// people are the parts for presence, typing, sessions and profiles.
type people struct {
	presence *presence.Tracker
	typing   *presence.Typing
	sessions *sessions.Registry

	parts struct{ presence, typing, sessions, claims *part }
}

func (r *running) openPeople(ctx context.Context) (err error) {
	conn := r.engine.Conn()
	r.people.presence, err = presence.New(ctx, presence.Config{
		Conn: conn, Node: r.engine.Name(), Replicas: r.cfg.Replicas, Privacy: r.log, Logger: r.base,
	})
	if err != nil {
		return fmt.Errorf("open presence: %w", err)
	}
	r.people.sessions, err = sessions.New(ctx, sessions.Config{
		Conn: conn, Replicas: r.cfg.Replicas, Nodes: r.people.presence.Living, Logger: r.base,
	})
	if err != nil {
		return fmt.Errorf("open sessions: %w", err)
	}
	r.log.WatchSight(r.people.presence.Reconsider)
	r.log.WatchPresent(r.people.presence.Present)
	r.people.typing = presence.NewTyping(conn, r.log)
	for _, b := range append(r.offers, r.people.presence, r.people.typing, r.people.sessions) {
		b.Bind(r.log.Operations())
	}
	return nil
}

func (r *running) startPeople(ctx context.Context) {
	p := &r.people
	r.log.WatchProfiles(r.bridge.Profiled)
	said := newClaims(r.log, r.addressBook(), r.logger)
	r.auth.WatchClaims(said.hear)
	p.parts.claims = begin(ctx, "claims", r.failed, said.run)
	p.parts.presence = begin(ctx, "presence", r.failed, p.presence.Run)
	p.parts.sessions = begin(ctx, "sessions", r.failed, p.sessions.Run)
	p.parts.typing = begin(ctx, "typing", r.failed, func(ctx context.Context) error { return p.typing.Run(ctx, r.bridge.Typed) })
}

// awaitPeople waits until the revoked tokens are known. No session is accepted before that.
func (r *running) awaitPeople(ctx context.Context) error {
	if err := r.await(ctx, r.people.sessions.Ready()); err != nil {
		return err
	}
	return r.await(ctx, r.people.presence.Ready())
}

// endPeople ends the parts. The bridge must end first, because presence of its sessions must
// last until they are gone.
func (r *running) endPeople(ctx context.Context) error {
	p := &r.people.parts
	return errors.Join(endPart(ctx, p.claims), endPart(ctx, p.typing), endPart(ctx, p.presence), endPart(ctx, p.sessions))
}
