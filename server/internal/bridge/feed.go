package bridge

import (
	"net/http"
	"path"
	"sync"
	"time"

	"natterjack/server/wire"
)

// feed is the attachment of an HTTP transport, whose handler has a goroutine of its own.
type feed struct {
	attachment
	expires time.Time // of the token
	welcome wire.Welcome
	wake    chan struct{} // holds a token when something waits
	out     chan struct{} // closed when the session was signed out
	once    sync.Once     // closes out
}

// Wake implements [jetstream.Waker].
func (f *feed) Wake(bool) { f.ring() }

// ring implements [transport].
func (f *feed) ring() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// overrun implements [transport]. The stream ends when its goroutine sees that it is not live.
func (f *feed) overrun() {
	f.mu.Lock()
	f.live = false
	f.mu.Unlock()
	f.ring()
}

// SignedOut implements [sessions.Owner].
func (f *feed) SignedOut() { f.once.Do(func() { close(f.out) }) }

func signedOut() error {
	return wire.Errorf(wire.CodeUnauthorized, "token: the session that used it was signed out; sign in again")
}

// connect reads a connect frame and starts a feed, which the caller closes. After an error
// there is nothing to close.
func (x *exchange) connect() (*feed, error) {
	if err := x.bridge.hub.elsewhere(); err != nil {
		return nil, err
	}
	c, err := x.connectFrame()
	if err != nil {
		return nil, err
	}
	who, err := x.authenticate(c.Token)
	if err == nil && x.r.URL.Path == wire.PathStream { // a poll comes again at once, as it should
		err = x.bridge.door.enter(time.Now(), who.user)
	}
	if err != nil {
		return nil, err
	}
	x.bridge.signedIn(x.r.Context())
	f := newFeed(x.bridge, x.r, x.id)
	f.expires = who.expires
	f.welcome, err = f.arrive(c, who)
	return f, err
}

func newFeed(b *Bridge, r *http.Request, id string) *feed {
	f := &feed{wake: make(chan struct{}, 1), out: make(chan struct{})}
	f.attachment = attachment{Session: describe(r, id, path.Base(r.URL.Path), f), bridge: b}
	return f
}

// connectFrame reads the request's connect frame.
func (x *exchange) connectFrame() (*wire.Connect, error) {
	body, err := x.body()
	if err != nil {
		return nil, err
	}
	cmd, err := wire.DecodeCommand(body)
	if err != nil {
		return nil, err
	}
	c, ok := cmd.(wire.Connect)
	if !ok {
		return nil, wire.Errorf(wire.CodeNotConnected, "the request must be one connect frame")
	}
	if err := x.resume(&c); err != nil {
		return nil, err
	}
	if err := c.Validate(x.bridge.limits); err != nil {
		return nil, err
	}
	if c.Token == "" {
		c.Token = x.bearer()
	}
	return &c, nil
}

func (f *feed) close() {
	f.detach()
	f.depart()
}
