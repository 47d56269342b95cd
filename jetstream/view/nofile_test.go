package view

import (
	"log/slog"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// scarce is a file system on which no file can be opened for a number of tries.
type scarce struct {
	vfs.FS
	left *atomic.Int32
}

func (s scarce) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if s.left.Add(-1) >= 0 {
		return nil, syscall.EMFILE
	}
	return s.FS.Create(name, c)
}

// TestPatient_waits lets the view find no file for a while. It goes on when there is one, and a
// view that is being opened, or is closed, gets the error at once.
func TestPatient_waits(t *testing.T) {
	var left atomic.Int32
	d := newDisk(vfs.NewMem(), "", slog.New(slog.DiscardHandler))
	p := patient{scarce{vfs.NewMem(), &left}, d, &d.opened}
	left.Store(3)
	if _, err := p.Create("a", vfs.WriteCategoryUnspecified); err == nil {
		t.Error("a view that is being opened waits")
	}
	d.opened.Store(true)
	began := time.Now()
	if _, err := p.Create("a", vfs.WriteCategoryUnspecified); err != nil || time.Since(began) < 2*retryFile {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	left.Store(1 << 30)
	d.close()
	if _, err := p.Create("b", vfs.WriteCategoryUnspecified); err == nil {
		t.Error("a view that is closed waits")
	}
}
