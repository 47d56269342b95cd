package view

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
)

func TestCacheFollowsTheMachine(t *testing.T) {
	for memory, want := range map[int64]int64{0: 128 << 20, 1 << 30: 128 << 20, 16 << 30: 512 << 20, 256 << 30: 1 << 30} {
		equal(t, "cache", cacheFor(memory), want)
	}
}

func TestUsableMemory(t *testing.T) {
	before := debug.SetMemoryLimit(1 << 30)
	defer debug.SetMemoryLimit(before)
	if n := usable(); n <= 0 || n > 1<<30 {
		t.Errorf("%d bytes may be used, and GOMEMLIMIT says 1 GiB", n)
	}
	dir := t.TempDir()
	for text, want := range map[string]int64{"max\n": 0, "2147483648\n": 2 << 30, "": 0} {
		equal(t, "limit in "+text, limitIn(write(t, dir, text)), want)
	}
	equal(t, "no file", limitIn(filepath.Join(dir, "none")), 0)
	equal(t, "installed", installed(write(t, dir, "MemFree:  1 kB\nMemTotal:       24576 kB\nBuffers: 5 kB\n")), 24<<20)
	equal(t, "not told", installed(write(t, dir, "MemTotal: much\n")), 0)
	equal(t, "no file", installed(filepath.Join(dir, "none")), 0)
}

func write(t *testing.T, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "file")
	noError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
