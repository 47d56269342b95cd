//go:build crashpoint

package crashpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var (
	target, countdown = parse(os.Getenv("NATTERJACK_CRASH"))
	reached           atomic.Int64
)

// Reach kills the process when the point that NATTERJACK_CRASH=point:n names is passed for the
// n-th time. It uses SIGKILL, so that nothing is cleaned up.
func Reach(p Point) {
	if p == target && reached.Add(1) == countdown {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

func parse(s string) (Point, int64) {
	name, n, ok := strings.Cut(s, ":")
	count, err := strconv.ParseInt(n, 10, 64)
	if !ok || err != nil {
		return Point(name), 1
	}
	return Point(name), count
}
