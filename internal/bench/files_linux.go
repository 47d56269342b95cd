package main

import (
	"math"

	"golang.org/x/sys/unix"
)

// fileLimit returns how many files a process may have open. The runtime has already raised the
// soft limit to the hard limit.
func fileLimit() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(limit.Cur)
}
