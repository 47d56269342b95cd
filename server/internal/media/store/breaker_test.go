package store

import (
	"testing"
	"time"
)

// TestBreaker lets one call in each pause try, once three in a row have failed, and all calls
// once one has succeeded.
func TestBreaker(t *testing.T) {
	var b breaker
	now := time.Unix(1_000_000, 0)
	enters := func(want bool) {
		t.Helper()
		if wait, ok := b.enter(now); ok != want || !ok && (wait <= 0 || wait > trialEvery) {
			t.Errorf("may enter %v, after %v; want %v", ok, wait, want)
		}
	}
	for range breakAfter {
		enters(true)
		b.leave(now, true)
	}
	enters(false)
	now = now.Add(trialEvery)
	enters(true) // the trial
	enters(false)
	b.leave(now, true)
	enters(false)
	now = now.Add(trialEvery)
	enters(true)
	b.leave(now, false)
	enters(true)
	enters(true)
	b.leave(now, true)
	enters(true)
}
