package bridge

import (
	"context"
	"time"

	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// open authenticates the client and starts the cursor. If that fails, the session closes,
// because its client can do nothing else with it.
func (s *session) open(c *wire.Connect) {
	welcome, err := s.connect(c)
	if err != nil {
		e := s.bridge.fault(s.ID, "connect", err, c.Ref.Ref)
		s.push(reply{frame: e})
		s.stop(closeCode(e.Code))
		return
	}
	s.bridge.hub.listen(&s.attachment)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = s.code == 0
	s.add(reply{frame: welcome}) // before any event: until now no flush has looked at the cursor
}

func (s *session) connect(c *wire.Connect) (wire.Welcome, error) {
	ctx, cancel := context.WithTimeout(s.bridge.work, authTimeout)
	defer cancel()
	who, err := s.bridge.authenticate(ctx, s.Address, c.Token)
	if err == nil {
		err = s.bridge.door.enter(time.Now(), who.user)
	}
	if err != nil {
		return wire.Welcome{}, err
	}
	s.expires.Store(who.expires.UnixMilli())
	return s.arrive(c, who)
}

// refresh replaces the token.
func (s *session) refresh(ctx context.Context, c *wire.Refresh) (wire.Refreshed, error) {
	who, err := s.bridge.authenticate(ctx, s.Address, c.Token)
	switch {
	case err != nil:
		return wire.Refreshed{}, err
	case who.user != s.User:
		return wire.Refreshed{}, wire.Errorf(wire.CodeUnauthorized, "token: belongs to another user; open a new session for that user")
	}
	if err := s.bridge.sessions.Refresh(&s.Session, who.token); err != nil {
		return wire.Refreshed{}, err
	}
	expires := who.expires.UnixMilli()
	s.expires.Store(expires)
	return wire.Refreshed{Ref: c.Ref, Expires: expires}, nil
}

// closeCode returns the code with which a session closes whose connect failed. The protocol has
// no close code of its own for failures that may pass, here or on another node; the registry of
// RFC 6455 has one.
func closeCode(c wire.Code) wire.CloseCode {
	switch c {
	case wire.CodeUnauthorized, wire.CodeForbidden:
		return wire.CloseUnauthorized
	case wire.CodeExpired:
		return wire.CloseExpired
	case wire.CodeTooFast, wire.CodeUnavailable, wire.CodeTimeout, wire.CodeStorageFull:
		return tryAgain
	default:
		return wire.CloseInternal
	}
}

// identity is the user that a token proves, the token, and when it expires.
type identity struct {
	user    string
	expires time.Time
	token   sessions.Token
}

// authenticate returns the user of a token that came from an address. It looks at no token from an
// address that has sent too many wrong ones, and refuses users who are barred.
func (b *Bridge) authenticate(ctx context.Context, from, token string) (who identity, err error) {
	if token == "" {
		return identity{}, wire.Errorf(wire.CodeUnauthorized, "token: is missing")
	}
	if err := b.door.knock(time.Now(), from, token); err != nil {
		return identity{}, err
	}
	who, err = b.identify(ctx, token)
	b.door.tried(time.Now(), from, token, err)
	if err == nil {
		err = b.offenders.barred(time.Now(), who.user)
	}
	return who, err
}

// identify asks the Authenticator. It rejects a user name that is not valid, even if the
// Authenticator returned it.
func (b *Bridge) identify(ctx context.Context, token string) (identity, error) {
	user, expires, err := b.auth.Authenticate(ctx, token)
	switch {
	case err != nil:
		return identity{}, err
	case !wire.ValidUser(user):
		return identity{}, wire.Errorf(wire.CodeUnauthorized, "token: does not name a valid user")
	}
	t := sessions.Token{Fingerprint: b.auth.Fingerprint(token), Expires: expires.UnixMilli()}
	return identity{user, expires, t}, b.sessions.Check(t)
}
