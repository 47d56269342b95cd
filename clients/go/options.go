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

// Transport is how frames travel.
type Transport int

// The transports. The frames are the same on all of them.
const (
	// Auto takes WebSocket, and where something on the way does not let it through, server-sent events, then polling.
	Auto Transport = iota
	WebSocket
	Stream // server-sent events, and a POST for each batch of commands
	Poll   // long polling, and a POST for each batch of commands
)

// Position is how far an application has read: it can be stored as JSON and resumed from, on any server of the cluster.
type Position = wire.Resume

// Options are what a [Client] is made of. URLs and Tokens are required; the zero value of everything else is a default.
type Options struct {
	// URLs are the base URLs of the servers, http or https. All must be of one cluster. The client begins with one at
	// random, so that the clients of a lost server spread over the others, and goes to the next when one fails.
	URLs []string
	// InOrder makes the client prefer earlier URLs: it begins with the first.
	InOrder bool
	// Tokens proves who the user is.
	Tokens TokenSource
	// Transport is Auto unless set.
	Transport Transport
	// Resume is where a former client of the same user had got. Without it, events begin at the time of connecting.
	Resume *Position

	// Live is told of presence, receipts and typing.
	Live Live

	// Agent is what the client calls itself in the user's list of sessions, such as "Toad for iPad"; "natter-go" unless set.
	Agent string
	// HTTPClient makes all requests, the WebSocket handshake included; it holds TLS and proxy settings. Its redirect
	// policy is not used: no redirect is followed, for a token must not travel where nobody sent it.
	HTTPClient *http.Client
	// Logger is told what the client does; nothing is logged without one. It never sees tokens or messages.
	Logger *slog.Logger

	// MaxEvents is how many events are held that the application has not taken; 1024 unless set.
	MaxEvents int
	// MaxSends is how many sends and other commands may be under way; further ones wait. 256 unless set.
	MaxSends int
	// ConnectTimeout bounds one attempt to connect, from the token to the welcome; 10 s unless set.
	ConnectTimeout time.Duration
	// ReplyTimeout is how long the reply to a command may take before the command is repeated; 10 s unless set.
	ReplyTimeout time.Duration
	// BackoffMin and BackoffMax bound the wait between attempts to connect, which doubles from the one to the other and is
	// jittered; 200 ms and 15 s unless set. Repeats of a command wait likewise, for 2 s at most.
	BackoffMin, BackoffMax time.Duration
}

func (o *Options) check() error {
	switch {
	case len(o.URLs) == 0:
		return errors.New("natter: options: URLs is empty")
	case o.Tokens == nil:
		return errors.New("natter: options: Tokens is missing")
	case o.Transport < Auto || o.Transport > Poll:
		return fmt.Errorf("natter: options: Transport %d is none", o.Transport)
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

// checkURL keeps the URL itself out of its errors where it may hold a password.
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

// withDefaults is a copy that shares nothing the caller may change.
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
