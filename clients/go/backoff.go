package natter

import (
	"math/rand/v2"
	"time"
)

// backoff is a wait that doubles with each failure, jittered so that clients which lost one server do not come to the next
// one together.
type backoff struct{ min, max time.Duration }

// delay is the wait after some failures: the first is anything up to min, later ones at least half their full length.
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
