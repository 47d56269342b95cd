package natter

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"natterjack/server/wire"
)

// Transport is a way to carry frames.
type Transport int

// The transports. The frames are the same on all of them.
const (
	// Auto uses WebSocket. If WebSocket does not get through, it uses server-sent events, then
	// polling.
	Auto Transport = iota
	WebSocket
	Stream // server-sent events, and a POST for each batch of commands
	Poll   // long polling, and a POST for each batch of commands
)

// Position is how far an application has read. It can be stored as JSON and resumed from, on
// any server of the cluster.
type Position = wire.Resume

// Options configure a [Client]. URLs and Tokens are required. The zero value of every other
// field means its default.
type Options struct {
	// URLs are the base URLs of the servers, http or https. All must belong to one cluster. The
	// client begins with a random one, so that the clients of a lost server spread over the
	// others. It goes to the next one when one fails.
	URLs []string
	// InOrder makes the client prefer earlier URLs: it begins with the first.
	InOrder bool
	// Tokens is the source of the user's tokens.
	Tokens TokenSource
	// Transport is Auto unless set.
	Transport Transport
	// Resume is the position of an earlier client of the same user. Without it, events begin at
	// the time of connecting.
	Resume *Position

	// Live is told of presence, receipts and typing.
	Live Live

	// Agent is the name of the client in the user's list of sessions, such as "Toad for iPad".
	// It is "natter-go" unless set.
	Agent string
	// HTTPClient makes all requests, including the WebSocket handshake. It holds TLS and proxy
	// settings. Its redirect policy is not used: no redirect is followed, because the token
	// must not go to a server that the user did not name.
	HTTPClient *http.Client
	// Logger logs what the client does. Without one nothing is logged. Tokens and messages are
	// never logged.
	Logger *slog.Logger

	// MaxEvents bounds how many events are held that the application has not taken; 1024 unless
	// set.
	MaxEvents int
	// MaxSends bounds how many sends and other commands may be under way. Further ones wait. It
	// is 256 unless set.
	MaxSends int
	// ConnectTimeout bounds one attempt to connect, from the token to the welcome frame; 10 s
	// unless set.
	ConnectTimeout time.Duration
	// ReplyTimeout is how long the client waits for the reply to a command before it repeats
	// the command; 10 s unless set.
	ReplyTimeout time.Duration
	// BackoffMin and BackoffMax bound the wait between attempts to connect. The wait is
	// jittered and doubles from BackoffMin to BackoffMax. They are 200 ms and 15 s unless set.
	// Repeats of a command wait in the same way, for 2 s at most.
	BackoffMin, BackoffMax time.Duration
}

func (o *Options) check() error {
	switch {
	case len(o.URLs) == 0:
		return errors.New("natter: options: URLs is empty; set the address of at least one node")
	case o.Tokens == nil:
		return errors.New("natter: options: Tokens is missing; set a source of tokens")
	case o.Transport < Auto || o.Transport > Poll:
		return fmt.Errorf("natter: options: Transport: there is no transport %d; use WebSocket, Stream or Poll", o.Transport)
	case min(o.MaxEvents, o.MaxSends) < 0:
		return errors.New("natter: options: MaxEvents or MaxSends is negative")
	case min(o.ConnectTimeout, o.ReplyTimeout, o.BackoffMin, o.BackoffMax) < 0:
		return errors.New("natter: options: a duration is negative")
	case o.Resume != nil && o.Resume.Epoch == "":
		return errors.New("natter: options: Resume is not a position that Client.Position gave")
	}
	for _, u := range o.URLs {
		if err := checkURL(u); err != nil {
			return err
		}
	}
	return nil
}

// checkURL checks a URL. Its errors leave the URL out if it may hold a password.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("natter: options: one of URLs is not a URL")
	case u.User != nil:
		return errors.New("natter: options: a URL must not carry credentials")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("natter: options: URL %q is not http://host or https://host", raw)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("natter: options: URL %q must have neither query nor fragment", raw)
	}
	return nil
}

// withDefaults returns a copy with the defaults filled in. It shares no memory that the caller
// may change.
func (o Options) withDefaults() Options {
	o.URLs = slices.Clone(o.URLs)
	for i, u := range o.URLs {
		o.URLs[i] = strings.TrimRight(u, "/")
	}
	client := http.Client{}
	if o.HTTPClient != nil {
		client = *o.HTTPClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Timeout = 0 // a stream has no end; every request has a context of its own
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = named{client.Transport, cmp.Or(o.Agent, "natter-go")}
	o.HTTPClient = &client
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.MaxEvents = orDefault(o.MaxEvents, 1024)
	o.MaxSends = orDefault(o.MaxSends, 256)
	o.ConnectTimeout = orDefault(o.ConnectTimeout, 10*time.Second)
	o.ReplyTimeout = orDefault(o.ReplyTimeout, 10*time.Second)
	o.BackoffMin = orDefault(o.BackoffMin, 200*time.Millisecond)
	o.BackoffMax = max(orDefault(o.BackoffMax, 15*time.Second), o.BackoffMin)
	return o
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}
