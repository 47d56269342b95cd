package natter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// session is one connection from its welcome frame to its end.
type session struct {
	c    *Client
	url  string
	link link
	kick chan struct{} // one token: the writer has something to do besides the outbox
	pong atomic.Bool   // a ping is unanswered

	began time.Time
	heard atomic.Int64 // when the last frame came, in nanoseconds since began
	token atomic.Pointer[string]

	welcome *wire.Welcome // the first one; set before any other goroutine starts
	// The fields below are owned by the reader. letGo is set when there was no room for an
	// event. From then on this session tracks and delivers no events.
	letGo bool
	spawn func(func(ctx context.Context) error)
}

// connect opens a session and runs it until it ends.
func (c *Client) connect(ctx context.Context) (lasted time.Duration, err error) {
	url, opener := c.route.target()
	s := &session{c: c, url: url, kick: make(chan struct{}, 1), began: time.Now()}
	if err := s.open(ctx, opener); err != nil {
		return 0, s.judge(err)
	}
	c.log.InfoContext(ctx, "connected", "url", url, "transport", opener.String(), "session", s.welcome.Session, "recovered", s.welcome.Recovered)
	c.life.set(s.describe())
	err = s.run(ctx)
	c.life.set(nil)
	c.outbox.lost()
	return max(time.Since(s.began), 1), err
}

// open connects and waits for the welcome frame, within the connect timeout.
func (s *session) open(ctx context.Context, o opener) error {
	limited, cancel := context.WithTimeout(ctx, s.c.options.ConnectTimeout)
	defer cancel()
	token, err := s.c.options.Tokens.Token(limited)
	if err != nil {
		return fmt.Errorf("natter: token source: %w", err)
	}
	s.token.Store(&token)
	if s.link, err = o.open(limited, s.url, s.hello); err != nil {
		return err
	}
	if err = s.greet(limited); err != nil {
		s.link.Close()
	}
	return err
}

// judge makes the error fatal if the token has expired and was refused as expired before: then its
// source has no newer one.
func (s *session) judge(err error) error {
	expired := errors.Is(err, &wire.Error{Code: wire.CodeExpired}) || websocket.CloseStatus(err) == websocket.StatusCode(wire.CloseExpired)
	token := s.token.Load()
	switch {
	case !expired || token == nil:
		return err
	case *token == s.c.expired:
		return fatal(fmt.Errorf("natter: the token source has no newer token: %w", err))
	}
	s.c.expired = *token
	return err
}

// greet reads the answer to hello.
func (s *session) greet(ctx context.Context) error {
	s.spawn = func(func(ctx context.Context) error) {} // run starts catchUp if the first message drops events
	for s.welcome == nil {
		message, err := s.link.Read(ctx)
		if err != nil && ctx.Err() != nil {
			return &blockedError{fmt.Errorf("natter: no answer to connect: %w", err)}
		}
		if err != nil {
			return err
		}
		if err := s.receive(ctx, message); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) hello() wire.Connect {
	return wire.Connect{Version: wire.Version, Token: *s.token.Load(), Resume: s.c.track.resume()}
}

// run reads, writes and refreshes until one of them fails or ctx ends.
func (s *session) run(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx)) // close comes before cancel
	var wg sync.WaitGroup
	s.spawn = func(part func(ctx context.Context) error) {
		wg.Go(func() {
			if err := part(inner); err != nil {
				cancel(err)
			}
		})
	}
	if s.letGo {
		s.spawn(s.catchUp)
	}
	s.spawn(s.read)
	s.spawn(s.write)
	s.spawn(s.refresh)
	if s.lasts() {
		s.spawn(s.restate)
	}
	select {
	case <-ctx.Done():
	case <-inner.Done():
	}
	late := time.AfterFunc(closeTimeout, func() { cancel(ErrClosed) })
	s.link.Close()
	late.Stop()
	cancel(ErrClosed)
	wg.Wait()
	return context.Cause(inner)
}

func (s *session) stateless() bool {
	_, yes := s.link.(stateless)
	return yes
}

// lasts reports whether the server has a session as long as the link is open.
func (s *session) lasts() bool {
	l, ok := s.link.(stateless)
	return !ok || l.lasts()
}

func (s *session) read(ctx context.Context) error {
	for {
		message, err := s.link.Read(ctx)
		if err != nil {
			return err
		}
		if err := s.receive(ctx, message); err != nil {
			return err
		}
	}
}

// write sends the commands of the outbox, answers pings, and notices when the server has gone
// silent.
func (s *session) write(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		rd := s.c.outbox.round(now, s.terms())
		silent := s.lastHeard().Add(s.silence())
		if rd.dead || !now.Before(silent) {
			return errSilent
		}
		batch := s.withPong(rd.batch)
		if len(batch) > 0 {
			if err := s.link.Write(ctx, batch); err != nil {
				return err
			}
			continue
		}
		rd.until(silent)
		timer.Reset(time.Until(rd.next))
		select {
		case <-timer.C:
		case <-s.c.outbox.wake:
		case <-s.kick:
		case <-ctx.Done():
		}
	}
	return nil
}

func (s *session) withPong(batch []byte) []byte {
	if !s.pong.Swap(false) {
		return batch
	}
	if len(batch) > 0 {
		return batch // any frame answers a ping
	}
	return pong
}

// pong answers a ping when there is nothing else to write. It has no field that could fail.
var pong, _ = wire.Append(nil, wire.Pong{})

// silence returns the longest time without a frame from a server that is there. The server
// pings once in each interval, and one ping may be lost.
func (s *session) silence() time.Duration {
	return 2*time.Duration(s.welcome.Limits.PingIntervalS)*time.Second + 5*time.Second
}

func (s *session) lastHeard() time.Time { return s.began.Add(time.Duration(s.heard.Load())) }

func (s *session) terms() terms {
	return terms{user: s.welcome.User, limits: s.welcome.Limits, heard: s.lastHeard(), seq: s.c.track.seq, connected: !s.stateless()}
}

func (s *session) describe() *Session {
	d := &Session{ID: s.welcome.Session, User: s.welcome.User, URL: s.url, Limits: s.welcome.Limits}
	if s.welcome.Expires > 0 {
		d.Expires = time.UnixMilli(s.welcome.Expires)
	}
	return d
}

// isFatal reports whether the next session would end like this one. A malformed request is no
// such reason: over HTTP the server also says so about a request that was cut off on the way.
func isFatal(err error) bool {
	if errors.Is(err, ErrFatal) {
		return true
	}
	answer, ok := errors.AsType[*wire.Error](err)
	return ok && !answer.Retryable && answer.Code != wire.CodeMalformed
}
