package sessions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/server/wire"
)

// Config configures a [Registry].
type Config struct {
	Conn *nats.Conn // in the chat account, where it may do everything
	// Of the bucket. 0 means 1. It counts only when the bucket is first made.
	Replicas int
	// The number of nodes, as far as known. After that many answers, the registry waits for no
	// more.
	Nodes  func() int
	Logger *slog.Logger
}

// Registry is one node's part of knowing sessions and revoked tokens. All methods may be called
// concurrently. Until [Registry.Ready] it does not know the revoked tokens.
type Registry struct {
	conn  *nats.Conn
	kv    jetstream.KeyValue
	nodes func() int
	log   *slog.Logger
	ready chan struct{}
	once  sync.Once // closes ready

	mu      sync.RWMutex // protects the fields below
	byUser  map[string][]*Session
	revoked map[Fingerprint]time.Time // with the time until which it must be known
}

// New waits for JetStream until ctx ends, and makes the bucket if it does not exist. It starts
// nothing.
func New(ctx context.Context, cfg Config) (*Registry, error) {
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	kv, err := openBucket(ctx, js, max(cfg.Replicas, 1))
	if err != nil {
		return nil, err
	}
	return &Registry{
		conn: cfg.Conn, kv: kv, nodes: cfg.Nodes, log: cfg.Logger.With("component", "sessions"), ready: make(chan struct{}),
		byUser: map[string][]*Session{}, revoked: map[Fingerprint]time.Time{},
	}, nil
}

// Run answers other nodes and follows their revocations until ctx ends.
func (r *Registry) Run(ctx context.Context) error {
	var subs []*nats.Subscription
	for subject, answer := range map[string]nats.MsgHandler{listSubject("*"): r.answer, revokedSubject: r.heard, calledSubject: r.called} {
		sub, err := r.conn.Subscribe(subject, answer)
		if err != nil {
			return errors.Join(fmt.Errorf("sessions: subscribe to %s: %w", subject, err), unsubscribe(subs))
		}
		subs = append(subs, sub)
	}
	var working sync.WaitGroup
	working.Go(func() { r.tidy(ctx) })
	r.watch(ctx)
	working.Wait()
	return unsubscribe(subs)
}

func unsubscribe(subs []*nats.Subscription) error {
	var errs []error
	for _, sub := range subs {
		if err := sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) { // in that case it has already ended
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Ready returns a channel that is closed once this node knows all tokens revoked before it
// started.
func (r *Registry) Ready() <-chan struct{} { return r.ready }

// Check returns an error if a token was revoked.
func (r *Registry) Check(t Token) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.check(t)
}

func (r *Registry) check(t Token) error {
	if _, revoked := r.revoked[t.Fingerprint]; revoked {
		return wire.Errorf(wire.CodeUnauthorized, "token: the session that used it was signed out; sign in again")
	}
	return nil
}

// Enter adds a session that was opened with a token, unless the token was revoked.
func (r *Registry) Enter(s *Session, t Token) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.check(t); err != nil {
		return err
	}
	s.show(t)
	r.byUser[s.User] = append(r.byUser[s.User], s)
	return nil
}

// Refresh records that a session has shown another token, unless the token was revoked.
func (r *Registry) Refresh(s *Session, t Token) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.check(t); err != nil {
		return err
	}
	s.show(t)
	return nil
}

// Leave removes a session. A session that has not entered is ignored.
func (r *Registry) Leave(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.byUser[s.User]
	i := slices.Index(all, s)
	switch {
	case i < 0:
	case len(all) == 1:
		delete(r.byUser, s.User)
	default:
		r.byUser[s.User] = slices.Delete(all, i, i+1)
	}
}

// revoke records that a token was revoked, and ends the sessions on this node that have shown
// it.
func (r *Registry) revoke(f Fingerprint, v revocation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.revoked[f] = time.UnixMilli(v.Expires)
	for _, s := range r.byUser[v.User] {
		if s.has(f) {
			s.Owner.SignedOut()
		}
	}
}

// sweep forgets revoked tokens that would have expired anyway.
func (r *Registry) sweep(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for f, until := range r.revoked {
		if now.After(until.Add(margin)) {
			delete(r.revoked, f)
		}
	}
}
