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

// ScrubAfter returns how long erased text may stay in this view's files: a minute, plus a
// second for each MB of the view, but at most a day. In the worst case a scrub rewrites the
// whole view, so at this pace it costs some hundredths of a core.
func (v *View) ScrubAfter() (time.Duration, error) {
	if err := v.enter(); err != nil {
		return 0, err
	}
	defer v.leave()
	size := v.db.Metrics().DiskSpaceUsage()
	return min(scrubAtLeast+time.Duration(size/scrubPerS)*time.Second, scrubAtMost), nil
}

// Sync makes the events that were applied so far survive the death of the process and a power cut.
// Call it before you delete something from the stream because the view has applied an event.
// Otherwise the view may come back from a moment earlier and miss the events that led to the
// deletion.
func (v *View) Sync() error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	return v.db.LogData(nil, pebble.Sync)
}

// Scrub removes the erased texts of some channels from the view's files. Until the files are
// merged, they keep values that were overwritten or deleted. Scrub may take a while, and nothing
// waits for it.
func (v *View) Scrub(ctx context.Context, channels map[string]bool) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	if err := v.db.Flush(); err != nil { // this also replaces the write-ahead log
		return err
	}
	for channel := range channels {
		for _, tag := range []byte{tagChannel, tagEdit, tagEvent, tagFolded} {
			prefix := appendNamed(nil, tag, channel)
			if err := v.db.Compact(ctx, prefix, pastPrefix(prefix), false); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetful is a file system that keeps no file that Pebble no longer needs. Pebble would keep
// old files of its write-ahead log to write over them, and such a file holds its old text until
// it is used again. Pebble does not do so with a cleaner that archives files instead of
// deleting them. This archive then deletes the files.
type forgetful struct{ vfs.FS }

const archive = "archive" // the directory of [pebble.ArchiveCleaner]

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
