package natter

import (
	"math/rand/v2"
	"time"
)

// backoff is a wait that doubles with each failure. It is jittered, so that clients which lost
// the same server do not all reach the next one at the same time.
type backoff struct{ min, max time.Duration }

// delay returns the wait after a number of failures. The first wait is anything up to min.
// Later waits are at least half their full length.
func (b backoff) delay(failures int) time.Duration {
	if failures <= 0 {
		return rand.N(b.min)
	}
	full := b.max
	if failures < 32 && b.min<<failures > 0 {
		full = min(b.max, b.min<<failures)
	}
	return full/2 + rand.N(full/2+1)
}
