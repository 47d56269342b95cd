package view

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A merge rests for three times as long as it has worked, but neither while many layers of files
// wait nor once the view closes.
func TestLeisure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closing, layers := make(chan struct{}), 0
		count := func() int { return layers }
		l := &leisure{closing: closing}
		fs := leisurely{vfs.NewMem(), l}
		write := func(c vfs.DiskWriteCategory, work time.Duration) time.Duration {
			t.Helper()
			f := must(fs.Create("file", c))(t)
			defer func() { noError(t, f.Close()) }()
			time.Sleep(work)
			began := time.Now()
			must(f.Write([]byte("text")))(t)
			must(f.Write([]byte("text")))(t) // without work in between
			return time.Since(began)
		}
		equal(t, "rest before the view is open", write(merges, 10*time.Millisecond), 0)
		l.layers.Store(&count)
		equal(t, "rest", write(merges, 10*time.Millisecond), 30*time.Millisecond)
		equal(t, "rest after little work", write(merges, time.Millisecond), 0)
		equal(t, "rest after much work", write(merges, time.Second), mergeRest)
		equal(t, "rest of another file", write("pebble-memtable-flush", 10*time.Millisecond), 0)
		time.Sleep(layersFor)
		layers = calm + 1
		equal(t, "rest while much waits", write(merges, 10*time.Millisecond), 0)
		layers = calm
		equal(t, "rest a moment later", write(merges, 10*time.Millisecond), 0)
		time.Sleep(layersFor)
		equal(t, "rest when that is merged", write(merges, 10*time.Millisecond), 30*time.Millisecond)
		close(closing)
		equal(t, "rest of a view that closes", write(merges, 10*time.Millisecond), 0)
	})
}

// Merges of a view rest: the category is still the one that Pebble gives the files.
func TestLeisure_ofAView(t *testing.T) {
	seen := &seenCategories{FS: vfs.NewMem()}
	v := newView(t, Options{fs: seen})
	must(v.Apply(0, bulk(t), 0))(t)
	noError(t, v.db.Flush())
	must(v.Apply(0, []Event{message(t, bulkLen+2, room, bulkLen+1)}, 0))(t)
	noError(t, v.db.Compact(t.Context(), []byte{0}, []byte{0xff}, false))
	if !seen.merged.Load() {
		t.Error("no file was written as a merge")
	}
	if n := layersOf(v.db)(); n != 0 {
		t.Errorf("%d layers wait after everything was merged", n)
	}
}

type seenCategories struct {
	vfs.FS
	merged atomic.Bool
}

// Create implements [vfs.FS].
func (s *seenCategories) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if c == merges {
		s.merged.Store(true)
	}
	return s.FS.Create(name, c)
}
