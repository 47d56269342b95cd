package view

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"strconv"
)

// Bounds of what a view keeps in memory where it is not told, and the part of the machine's memory between them, as a divisor.
const (
	leastCache = 128 << 20
	mostCache  = 1 << 30
	cacheShare = 32
)

// cacheFor is what a view keeps in memory where this process may use so much, in bytes.
func cacheFor(memory int64) int64 { return min(max(memory/cacheShare, leastCache), mostCache) }

// usable is the memory that this process may use: the machine's, or less where a control group or GOMEMLIMIT says so; 0 where nobody tells.
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

// installed reads the memory of a machine from the file in which Linux tells it; 0 where there is none.
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

// limitIn reads the limit of a control group from a file; 0 where there is none.
func limitIn(path string) int64 {
	text, err := os.ReadFile(path) //nolint:gosec // the caller's are constants
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil {
		return 0 // "max"
	}
	return n
}
