package view

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrDiskFull says that Apply took in nothing because there is hardly any space left. Reading goes on.
var ErrDiskFull = errors.New("view: the disk is full")

// reserve is what Apply leaves free, or a sixteenth of a smaller disk: Pebble ends the process when a write-ahead log or a manifest
// cannot be written, and its background work needs room for what it has accepted.
const reserve = 128 << 20

// patience is between two looks at a disk that is full.
const patience = time.Second

// disk watches the space beneath a view.
type disk struct {
	fs      vfs.FS
	dir     string
	log     *slog.Logger
	closing chan struct{}
	close   func() // closing; safe to repeat
}

func newDisk(fs vfs.FS, dir string, log *slog.Logger) *disk {
	d := &disk{fs: fs, dir: dir, log: log, closing: make(chan struct{})}
	d.close = sync.OnceFunc(func() { close(d.closing) })
	return d
}

// Room is [ErrDiskFull] where Apply would take in nothing.
func (v *View) Room() error { return v.disk.room() }

// Reserve is what Apply leaves free of a disk of some size.
func Reserve(total uint64) uint64 {
	if total == 0 {
		return reserve
	}
	return min(reserve, total/16)
}

// room is [ErrDiskFull] where a batch should not be begun. A file system that does not say is taken to have space.
func (d *disk) room() error {
	usage, err := d.fs.GetDiskUsage(d.dir)
	if err != nil {
		return nil //nolint:nilerr // not knowing must not stop the view
	}
	if usage.AvailBytes < Reserve(usage.TotalBytes) {
		return ErrDiskFull
	}
	return nil
}

// wait is called by Pebble's writers when they found no space in spite of the reserve, because others use the disk too. It
// holds them until there is some, or the view is closed; without it the process would end.
func (d *disk) wait() {
	d.log.Error("the disk is full, writing waits", "dir", d.dir)
	ticker := time.NewTicker(patience)
	defer ticker.Stop()
	for d.room() != nil {
		select {
		case <-ticker.C:
		case <-d.closing:
			return
		}
	}
	d.log.Info("there is space again, writing goes on", "dir", d.dir)
}
