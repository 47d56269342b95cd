package view

import (
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// retryFile is the time between two tries to open a file when the process or the machine may
// open no more.
const retryFile = 100 * time.Millisecond

// patient is a file system that waits while the process or the machine may open no further
// file. Without it Pebble panics when it cannot begin a write-ahead log, and ends the process in
// the middle of its work. It waits only once the view is open: an opening view reports the error.
type patient struct {
	vfs.FS
	disk *disk
	open *atomic.Bool
}

// tryFile calls do until it fails for another reason than a lack of files, or the view closes.
func (p patient) tryFile(do func() (vfs.File, error)) (vfs.File, error) {
	for said := false; ; {
		f, err := do()
		if !p.open.Load() || !errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE) {
			return f, err
		}
		if !said {
			p.disk.log.Error("no further file can be opened, the view waits; raise the limit of open files", "error", err)
			said = true
		}
		select {
		case <-time.After(retryFile):
		case <-p.disk.closing:
			return f, err
		}
	}
}

// Create implements [vfs.FS].
func (p patient) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return p.tryFile(func() (vfs.File, error) { return p.FS.Create(name, c) })
}

// Open implements [vfs.FS].
func (p patient) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	return p.tryFile(func() (vfs.File, error) { return p.FS.Open(name, o...) })
}

// OpenReadWrite implements [vfs.FS].
func (p patient) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return p.tryFile(func() (vfs.File, error) { return p.FS.OpenReadWrite(name, c, o...) })
}

// OpenDir implements [vfs.FS].
func (p patient) OpenDir(name string) (vfs.File, error) {
	return p.tryFile(func() (vfs.File, error) { return p.FS.OpenDir(name) })
}

// ReuseForWrite implements [vfs.FS]. It is a rename and an open, of which only the second needs
// a file. So after the first try the file has its new name.
func (p patient) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := p.FS.ReuseForWrite(oldname, newname, c)
	if !errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE) {
		return f, err
	}
	return p.OpenReadWrite(newname, c)
}
