package view

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// merges is the category of the files that Pebble writes when it merges others.
const merges vfs.DiskWriteCategory = "pebble-compaction"

const (
	// mergeShare divides a core: a merge may take that part of it while no more than calm layers
	// of new files wait to be merged. A merge takes seconds, and users wait for the same cores. In
	// the seconds after a large log was read, merging took half of the server's CPU. How much
	// sends gain by the rests has not been measured.
	mergeShare = 4
	calm       = 16
	// mergeTurn is how long a merge works between two rests, mergeRest how long it rests at most.
	mergeTurn = 2 * time.Millisecond
	mergeRest = 100 * time.Millisecond
	// layersFor is how long the number of layers counts as known.
	layersFor = 500 * time.Millisecond
)

// leisurely is a file system on which merging rests most of the time. It hurries while much
// waits to be merged, as when a view is built from the log, and when the view closes.
type leisurely struct {
	vfs.FS
	leisure *leisure
}

// Create implements [vfs.FS].
func (l leisurely) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, c)
	if err != nil || c != merges {
		return f, err
	}
	return &mergedFile{File: f, leisure: l.leisure, since: time.Now()}, nil
}

// mergedFile is a file that a merge writes. One goroutine writes it.
type mergedFile struct {
	vfs.File
	leisure *leisure
	since   time.Time // when the merge rested last
}

// Write implements [vfs.File].
func (f *mergedFile) Write(p []byte) (int, error) {
	if worked := time.Since(f.since); worked >= mergeTurn {
		f.leisure.rest(worked)
		f.since = time.Now()
	}
	return f.File.Write(p)
}

// leisure decides how long merges rest.
type leisure struct {
	layers  atomic.Pointer[func() int] // nil until the view is open
	closing <-chan struct{}
	mu      sync.Mutex // guards the fields below
	counted time.Time
	hurries bool
}

// rest waits after a merge has worked for a time.
func (l *leisure) rest(worked time.Duration) {
	select {
	case <-l.closing:
		return
	default:
	}
	if l.hurry() {
		return
	}
	timer := time.NewTimer(min(worked*(mergeShare-1), mergeRest))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.closing:
	}
}

func (l *leisure) hurry() bool {
	layers := l.layers.Load()
	if layers == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.counted) >= layersFor {
		l.counted, l.hurries = now, (*layers)() > calm
	}
	return l.hurries
}

// layersOf counts the layers of files that wait to be merged. A lookup may have to look at each.
func layersOf(db *pebble.DB) func() int {
	return func() int { return int(db.Metrics().Levels[0].Sublevels) }
}
