//go:build unix

package node

import (
	"math"

	"golang.org/x/sys/unix"
)

// fileLimit returns how many files the process may have open. It first raises the soft limit to
// the hard one. The Go runtime does that too at start, but the limit may have been lowered
// since.
func fileLimit() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	if raised := limit; raised.Cur < raised.Max {
		raised.Cur = raised.Max
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
			limit = raised
		}
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)) //nolint:unconvert // it is signed on some systems
}
