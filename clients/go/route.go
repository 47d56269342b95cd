package natter

import (
	"errors"
	"math/rand/v2"
	"time"
)

const (
	// steady is how long a session must last to count as a success. A server that welcomes a
	// client and drops it at once is failing.
	steady = 10 * time.Second
	// detour is how long another transport is kept before WebSocket is tried again.
	detour = 10 * time.Minute
)

// route decides where to connect next, over which transport, and after which wait. Run owns it.
type route struct {
	urls    []string
	openers []opener
	backoff backoff

	url, opener int
	failures    int       // since a steady session
	left        time.Time // when the first transport was given up
}

func newRoute(o *Options) *route {
	all := []opener{sockets{o.HTTPClient}, streams{o.HTTPClient}, polls{o.HTTPClient}}
	if o.Transport != Auto {
		all = all[o.Transport-WebSocket:][:1]
	}
	if !o.InOrder {
		rand.Shuffle(len(o.URLs), func(i, j int) { o.URLs[i], o.URLs[j] = o.URLs[j], o.URLs[i] })
	}
	return &route{urls: o.URLs, openers: all, backoff: backoff{o.BackoffMin, o.BackoffMax}}
}

func (r *route) target() (string, opener) { return r.urls[r.url], r.openers[r.opener] }

// failed takes the error of a session that did not begin or has ended, and how long the session
// lasted. It returns the wait before the next attempt. Servers that were not tried yet are
// tried at once. Only a whole round of failures makes the wait longer. Only then does the wait
// that a server asked for count, because a server that stops asks for it while the others would
// serve.
func (r *route) failed(err error, lasted time.Duration) time.Duration {
	if errors.Is(err, errReopen) {
		return 0
	}
	if lasted >= steady {
		r.failures = 0
	}
	if r.sidestep(err, lasted) {
		return 0
	}
	r.url = (r.url + 1) % len(r.urls)
	wait := r.backoff.delay(r.failures / len(r.urls))
	if r.failures++; r.failures%len(r.urls) == 0 {
		wait = max(wait, retryAfter(err))
	}
	return wait
}

// sidestep chooses the transport. It reports whether the same server is to be tried over that
// transport at once.
func (r *route) sidestep(err error, lasted time.Duration) bool {
	var blocked *blockedError
	switch {
	case errors.As(err, &blocked) && r.opener+1 < len(r.openers):
		r.opener++
		r.left = time.Now()
		return true
	case lasted == 0 || time.Since(r.left) >= detour:
		r.opener = 0
	}
	return false
}
