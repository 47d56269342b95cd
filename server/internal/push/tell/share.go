package tell

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// share bounds how much of the processors deciding takes at once: half of them, so that a message
// to many users does not keep those waiting who chat. It is a channel with a place for each
// goroutine that decides.
type share chan struct{}

func newShare() share { return make(share, max(runtime.GOMAXPROCS(0)/2, 1)) }

// in calls f, which only computes and reads the view, once there is a place.
func (s share) in(f func() error) error {
	s <- struct{}{}
	defer func() { <-s }()
	return f()
}

// sendsPerS is how many tries a node begins in a second, for each processor that it may use. To
// encrypt or sign, and to ask, costs some tenths of a millisecond.
const sendsPerS = 1_000

// pace spreads tries over time. Its methods may be called concurrently.
type pace struct {
	every time.Duration

	mu   sync.Mutex // protects following
	next time.Time
}

func newPace() *pace {
	return &pace{every: time.Second / time.Duration(sendsPerS*runtime.GOMAXPROCS(0))}
}

// wait waits until the next try may begin. It returns an error if ctx ends before.
func (p *pace) wait(ctx context.Context) error {
	wait := time.Until(p.take(time.Now()))
	if wait < time.Millisecond { // no timer is more precise
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take returns when the next try may begin.
func (p *pace) take(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.every)
	return at
}
