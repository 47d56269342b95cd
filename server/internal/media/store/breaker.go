package store

import (
	"sync"
	"time"
)

const (
	breakAfter = 3               // failures in a row
	trialEvery = 2 * time.Second // while storage is down, one call that often may try
)

// breaker refuses calls while storage is down. Otherwise every caller would wait for a timeout of
// its own, and hold its reserved memory and places meanwhile. Its methods may be called
// concurrently.
type breaker struct {
	mu     sync.Mutex // guards the following
	failed int        // calls in a row
	next   time.Time  // when the next call may try, once the breaker is open
}

// enter reports whether a call may ask storage, and if not, when to come back.
func (b *breaker) enter(now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < breakAfter {
		return 0, true
	}
	if now.Before(b.next) {
		return b.next.Sub(now), false
	}
	b.next = now.Add(trialEvery) // this call is the trial
	return 0, true
}

// leave notes whether a call found storage down.
func (b *breaker) leave(now time.Time, down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !down {
		b.failed = 0
		return
	}
	b.failed++
	b.next = now.Add(trialEvery)
}
