package natter

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// Client is a connection to Natterjack that outlives its sockets. All methods may be called
// concurrently, except that Events is for one reader at a time.
type Client struct {
	options Options
	log     *slog.Logger
	outbox  *outbox
	inbox   *inbox
	track   *tracker
	life    *life
	reading atomic.Bool // whether Events is being read

	standing standing

	// The fields below are owned by Run.
	route   *route
	user    string // user of the first session; it cannot change
	expired string // the last token that the server refused as expired
}

// New makes a client. It starts nothing; [Client.Run] does.
func New(options Options) (*Client, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	o := options.withDefaults()
	return &Client{
		options: o,
		log:     o.Logger.With("component", "natter"),
		outbox:  newOutbox(&o),
		inbox:   newInbox(o.MaxEvents, o.Resume),
		track:   newTracker(o.Resume),
		life:    newLife(),
		route:   newRoute(&o),
	}, nil
}

func (c *Client) made() bool { return c != nil && c.life != nil }

// Run connects, and connects again whenever a connection is lost. It returns nil when ctx ends
// or [Client.Close] is called. An error that it returns is an [ErrFatal]: the server refuses
// this client, and another try would not change that. Run may be called once.
func (c *Client) Run(ctx context.Context) error {
	if !c.made() {
		return fatal(errNotMade)
	}
	ctx, err := c.life.begin(ctx)
	if err != nil {
		return fatal(err)
	}
	err = c.keepConnected(ctx)
	c.finish(err)
	if err == ErrClosed { //nolint:errorlint // keepConnected returns it bare
		return nil
	}
	return err
}

// closeBound limits how long Close waits for Run. The parts of Run are bounded by closeTimeout,
// but token sources are not our code.
const closeBound = 5 * time.Second

// Close ends Run and waits for it, for at most five seconds. It may be called at any time and
// more than once.
func (c *Client) Close() error {
	if !c.made() {
		return nil
	}
	if c.life.stop() {
		c.finish(ErrClosed)
	}
	timer := time.NewTimer(closeBound)
	defer timer.Stop()
	select {
	case <-c.life.over:
		return nil
	case <-timer.C:
		return errCloseTimeout
	}
}

// Session waits until there is a connection and describes it. The error is the error of ctx, or
// is an [ErrFatal].
func (c *Client) Session(ctx context.Context) (Session, error) {
	if !c.made() {
		return Session{}, fatal(errNotMade)
	}
	return c.life.wait(ctx)
}

// finish ends all calls that wait.
func (c *Client) finish(err error) {
	err = fatal(err)
	c.outbox.finish(err)
	c.inbox.finish(err)
	c.life.finish(err)
}

func (c *Client) keepConnected(ctx context.Context) error {
	news := true // whether the loss of a connection is told
	for {
		url, _ := c.route.target()
		lasted, err := c.connect(ctx)
		switch {
		case ctx.Err() != nil:
			return ErrClosed
		case isFatal(err):
			c.log.ErrorContext(ctx, "giving up", "url", url, "err", err)
			return fatal(err)
		}
		wait := c.route.failed(err, lasted)
		c.log.InfoContext(ctx, "disconnected", "url", url, "err", err, "retry_in", wait)
		if news = news || lasted > 0; news && err != errReopen { //nolint:errorlint // it is returned bare
			c.inbox.tell(&DisconnectedError{URL: url, Err: err})
			news = false
		}
		if sleep(ctx, wait) != nil {
			return ErrClosed
		}
	}
}
