package load

import (
	"context"
	"runtime"
	"time"
)

// Clock counts from its own beginning, so that a moment is one number.
type Clock struct{ began time.Time }

// NewClock starts a clock.
func NewClock() Clock { return Clock{time.Now()} }

// Now is the time on the clock.
func (c Clock) Now() time.Duration { return time.Since(c.began) }

// Pace calls send for each of n moments from begin on, interval apart, with the moment it was due. It never waits for
// what was sent: a send that is late does not delay those after it (an open loop), and whoever measures from the moment it was due
// sees the lateness. It sleeps on its own thread, by the kernel's timer: the runtime's rounds up to milliseconds.
func (c Clock) Pace(ctx context.Context, begin, interval time.Duration, n int, send func(i int, due time.Duration) error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := range n {
		due := begin + time.Duration(i)*interval
		for wait := due - c.Now(); wait > 0; wait = due - c.Now() {
			if err := ctx.Err(); err != nil {
				return err
			}
			nap(min(wait, 100*time.Millisecond))
		}
		if err := send(i, due); err != nil {
			return err
		}
	}
	return nil
}
