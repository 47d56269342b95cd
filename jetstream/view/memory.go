package view

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"strconv"
)

// A view keeps cacheShare-th of the machine's memory if its size is not configured: at least
// leastCache bytes and at most mostCache.
const (
	leastCache = 128 << 20
	mostCache  = 1 << 30
	cacheShare = 32
)

// cacheFor returns how many bytes a view keeps in memory if this process may use so much
// memory.
func cacheFor(memory int64) int64 { return min(max(memory/cacheShare, leastCache), mostCache) }

// usable returns how much memory this process may use: the machine's memory, or less if a
// control group or GOMEMLIMIT sets a limit. It returns 0 if nothing is known.
func usable() int64 {
	least := int64(math.MaxInt64)
	for _, n := range []int64{
		installed("/proc/meminfo"),
		limitIn("/sys/fs/cgroup/memory.max"),
		limitIn("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
		debug.SetMemoryLimit(-1),
	} {
		if n > 0 {
			least = min(least, n)
		}
	}
	if least == math.MaxInt64 {
		return 0
	}
	return least
}

// installed reads the size of a machine's memory from a file in the format of Linux's meminfo.
// It returns 0 if the file does not tell.
func installed(path string) int64 {
	text, err := os.ReadFile(path) //nolint:gosec // the caller's are constants
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("MemTotal:")); ok {
			kib, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}

// limitIn reads the limit of a control group from a file, or returns 0 if there is none.
func limitIn(path string) int64 {
	text, err := os.ReadFile(path) //nolint:gosec // the caller's are constants
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil {
		return 0 // the file says "max"
	}
	return n
}
