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

func newShare() share { return make(share, max(cores()/2, 1)) }

// cores returns how many processors the node has. On a small machine it lets more goroutines run at
// once than that, because of the syncs of the disk.
func cores() int { return min(runtime.NumCPU(), runtime.GOMAXPROCS(0)) }

// in calls f, which only computes and reads the view, once there is a place.
func (s share) in(f func() error) error {
	s <- struct{}{}
	defer func() { <-s }()
	return f()
}

// A node begins so many tries in a second, for each of its processors: at first leastPerS, and
// twice as many after each second in which tries had to wait, up to mostPerS. To encrypt or sign,
// and to ask, costs some tenths of a millisecond, so that a message to 500 users would take both
// processors of a small node for a while.
const leastPerS, mostPerS = 250, 2_000

// paceRest is for how long no try must have had to wait for the pace to be slow again. A job's next
// tries, and the next jobs, come some milliseconds after the turn of the last one.
const paceRest = 250 * time.Millisecond

// pace spreads tries over time. Its methods may be called concurrently.
type pace struct {
	slow, fast time.Duration // between two tries

	mu    sync.Mutex // protects following
	next  time.Time  // the next turn
	began time.Time  // since when tries have had to wait
}

func newPace() *pace {
	each := func(perS int) time.Duration { return time.Second / time.Duration(perS*cores()) }
	return &pace{slow: each(leastPerS), fast: each(mostPerS)}
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
	if now.Sub(p.next) >= paceRest {
		p.began = now
	}
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.every(now))
	return at
}

// every returns the time between two tries.
func (p *pace) every(now time.Time) time.Duration {
	every := p.slow
	for busy := now.Sub(p.began); busy >= time.Second && every > p.fast; busy -= time.Second {
		every /= 2
	}
	return max(every, p.fast)
}
