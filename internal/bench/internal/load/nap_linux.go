package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// nap blocks the thread for d, or less if a signal comes. The caller looks at the clock again.
func nap(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&ts, nil)
}
