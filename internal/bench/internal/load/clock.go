package load

import (
	"context"
	"runtime"
	"time"
)

// Clock counts from its own start, so that a moment is one number.
type Clock struct{ began time.Time }

// NewClock starts a clock.
func NewClock() Clock { return Clock{time.Now()} }

// Now returns the time on the clock.
func (c Clock) Now() time.Duration { return time.Since(c.began) }

// Pace calls send for each of n moments from begin on, interval apart. It passes the moment at
// which the send was due. It never waits for earlier sends: a late send does not delay the
// sends after it (an open loop), and a measurement from the due moment includes the lateness.
// Pace sleeps on its own thread, by the kernel's timer, because the runtime's timer rounds up
// to milliseconds.
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
