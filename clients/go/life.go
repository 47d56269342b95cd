package natter

import (
	"context"
	"errors"
	"sync"
	"time"

	"natterjack/server/wire"
)

// Session is a connection as the server sees it.
type Session struct {
	ID      string
	User    string
	URL     string
	Limits  wire.Limits
	Expires time.Time // expiry of the token that the session began with; zero if that token does not expire
}

// life is the state of a client that its calls wait for.
type life struct {
	over chan struct{} // closed when Run has returned, or by Close if Run never ran

	mu      sync.Mutex // guards the following
	cancel  context.CancelCauseFunc
	began   bool
	end     error
	session *Session
	changed chan struct{} // closed and replaced with every change of session or end
}

func newLife() *life { return &life{over: make(chan struct{}), changed: make(chan struct{})} }

// begin starts the life of the client. It may be called once.
func (l *life) begin(ctx context.Context) (context.Context, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.end != nil:
		return nil, l.end
	case l.began:
		return nil, errRanBefore
	}
	l.began = true
	ctx, l.cancel = context.WithCancelCause(ctx)
	return ctx, nil
}

func (l *life) finish(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end, l.session = err, nil
	if l.cancel != nil {
		l.cancel(err)
	}
	l.change()
	close(l.over)
}

// stop asks Run to end. It returns true if Run was never called.
func (l *life) stop() (never bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.began {
		l.began = true // and never will run
		return true
	}
	if l.cancel != nil {
		l.cancel(ErrClosed)
	}
	return false
}

func (l *life) set(s *Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = s
	l.change()
}

func (l *life) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *life) wait(ctx context.Context) (Session, error) {
	for {
		l.mu.Lock()
		session, end, changed := l.session, l.end, l.changed
		l.mu.Unlock()
		switch {
		case end != nil:
			return Session{}, end
		case session != nil:
			return *session, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Session{}, context.Cause(ctx)
		}
	}
}

var errCloseTimeout = errors.New("natter: closing takes too long; a token source may be ignoring its context")
