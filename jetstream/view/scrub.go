package view

import (
	"context"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	scrubAtLeast = time.Minute
	scrubAtMost  = 24 * time.Hour
	scrubPerS    = 1 << 20 // bytes of the view
)

// ScrubAfter is how long what was erased may stay in this view's files: a minute, and a second more for each MB of the view, but a day
// at most. To scrub rewrites as much as the whole view in the worst case, so that in this measure it costs some hundredths of a core.
func (v *View) ScrubAfter() (time.Duration, error) {
	if err := v.enter(); err != nil {
		return 0, err
	}
	defer v.leave()
	size := v.db.Metrics().DiskSpaceUsage()
	return min(scrubAtLeast+time.Duration(size/scrubPerS)*time.Second, scrubAtMost), nil
}

// Sync has what was applied so far survive the death of the process, and a power cut. Whoever takes something out of the stream for what
// the view has applied calls it first: a view that comes back a moment earlier would miss what led to that.
func (v *View) Sync() error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	return v.db.LogData(nil, pebble.Sync)
}

// Scrub takes what was erased of some channels out of the view's files: those keep what was overwritten, and what is under a tombstone,
// until they are merged. It may take a while, and nothing waits for it.
func (v *View) Scrub(ctx context.Context, channels map[string]bool) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	if err := v.db.Flush(); err != nil { // the write-ahead log goes with it
		return err
	}
	for ch := range channels {
		for _, tag := range []byte{tagChannel, tagEdit, tagEvent, tagFolded} {
			prefix := appendNamed(nil, tag, ch)
			if err := v.db.Compact(ctx, prefix, pastPrefix(prefix), false); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetful is a file system on which nothing that Pebble needs no more is left. Pebble would keep files of its write-ahead log, to write
// over them: such a file holds what it held until it is used again, for as long. It keeps none where a cleaner archives them instead
// of deleting them; and this archive is none.
type forgetful struct{ vfs.FS }

const archive = "archive" // of [pebble.ArchiveCleaner]

// Rename implements [vfs.FS].
func (f forgetful) Rename(oldname, newname string) error {
	if f.PathBase(f.PathDir(newname)) == archive {
		return f.Remove(oldname)
	}
	return f.FS.Rename(oldname, newname)
}

// MkdirAll implements [vfs.FS].
func (f forgetful) MkdirAll(dir string, perm os.FileMode) error {
	if f.PathBase(dir) == archive {
		return nil
	}
	return f.FS.MkdirAll(dir, perm)
}
