package natter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"natterjack/server/wire"
)

// refresh replaces the token before it expires. If that fails, the session ends with the token,
// and the next session begins with a new token.
func (s *session) refresh(ctx context.Context) error {
	if s.welcome.Expires <= 0 {
		return nil
	}
	// The server's clock decides, so lifetimes are measured by it.
	expires := s.began.Add(lifetime(s.welcome.Time, s.welcome.Expires))
	wait := time.Until(expires) * 4 / 5
	for {
		if err := sleep(ctx, max(wait, time.Second)); err != nil {
			return err
		}
		left, err := s.renew(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errReopen):
			return errReopen
		case err != nil:
			s.c.log.WarnContext(ctx, "the token could not be refreshed", "url", s.url, "err", err)
			wait = time.Until(expires) / 2
		default:
			expires = time.Now().Add(left)
			wait = left * 4 / 5
		}
		if time.Until(expires) <= 0 {
			return nil
		}
	}
}

// renew gets a token and sends it to the server. It returns how long the new token lasts.
func (s *session) renew(ctx context.Context) (time.Duration, error) {
	token, err := s.c.options.Tokens.Token(ctx)
	switch {
	case err != nil:
		return 0, fmt.Errorf("token source: %w", err)
	case token == *s.token.Load():
		return 0, fmt.Errorf("token source: it has no newer token")
	}
	if s.stateless() {
		// This session goes on under the old token until that ends. The next one asks for a
		// token again.
		return 0, errReopen
	}
	r := newRequest(func(ref uint64) wire.Command { return wire.Refresh{Ref: wire.Ref{Ref: ref}, Token: token} })
	r.slot = false // it must not wait behind requests that wait for the new token
	f, err := call[wire.Refreshed](ctx, s.c, r)
	if err != nil {
		return 0, err
	}
	s.token.Store(&token)
	return lifetime(s.welcome.Time, f.Expires) - time.Since(s.began), nil
}

// lifetime returns the time between two times of the server, in Unix milliseconds. It returns
// at most a century.
func lifetime(from, to int64) time.Duration {
	const century = 100 * 365 * 24 * time.Hour
	if to <= from {
		return 0
	}
	return time.Duration(min(uint64(to)-uint64(from), uint64(century.Milliseconds()))) * time.Millisecond
}
