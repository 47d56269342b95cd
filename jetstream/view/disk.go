package view

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrDiskFull means that Apply took in nothing because hardly any space is left. Reads go on.
var ErrDiskFull = errors.New("view: the disk is full")

// reserve is how many bytes Apply leaves free on a disk. On a smaller disk Apply leaves a
// sixteenth. Pebble ends the process when it cannot write a write-ahead log or a manifest, and
// its background work needs room for data that it has already accepted.
const reserve = 128 << 20

// patience is the time between two checks of a disk that is full.
const patience = time.Second

// disk watches the free space of the disk that holds a view.
type disk struct {
	fs      vfs.FS
	dir     string
	log     *slog.Logger
	closing chan struct{}
	close   func()      // closes closing; safe to repeat
	opened  atomic.Bool // Pebble has opened the view
	leisure leisure
}

func newDisk(fs vfs.FS, dir string, log *slog.Logger) *disk {
	d := &disk{fs: fs, dir: dir, log: log, closing: make(chan struct{})}
	d.leisure.closing = d.closing
	d.close = sync.OnceFunc(func() { close(d.closing) })
	return d
}

// Room returns [ErrDiskFull] if Apply would take in nothing.
func (v *View) Room() error { return v.disk.room() }

// Reserve returns how many bytes Apply leaves free on a disk of this total size.
func Reserve(total uint64) uint64 {
	if total == 0 {
		return reserve
	}
	return min(reserve, total/16)
}

// room returns [ErrDiskFull] if a batch should not be begun. A file system that cannot report
// its free space is assumed to have some.
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

// wait blocks until there is space or the view is closed. Pebble's writers call it when they find
// no space in spite of the reserve, because other processes use the disk too. Without it the
// process would end.
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
