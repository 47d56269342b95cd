package view

import (
	"errors"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestApplyAndOpenRefuseWhereTheDiskIsFull(t *testing.T) {
	for _, c := range []struct {
		name         string
		total, avail uint64
		full         bool
	}{
		{"nothing free", 1 << 40, 0, true},
		{"less than the reserve", 1 << 40, reserve - 1, true},
		{"the reserve", 1 << 40, reserve, false},
		{"a small disk", 160 << 20, 10<<20 - 1, true},
		{"a small disk with room", 160 << 20, 10 << 20, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := vfs.NewMem()
			o := Options{Shards: 1, fs: fs}
			v := must(Open("view", o))(t)
			fs.TestingSetDiskUsage(vfs.DiskUsage{TotalBytes: c.total, AvailBytes: c.avail})
			_, err := v.Apply(0, []Event{created(t, 1, room, "ann", "bob")}, 0)
			if errors.Is(err, ErrDiskFull) != c.full || (v.Position(0) == 1) == c.full {
				t.Errorf("applied: %v, position %d", err, v.Position(0))
			}
			noError(t, v.Close())
			v, err = Open("view", o)
			if errors.Is(err, ErrDiskFull) != c.full {
				t.Errorf("opened: %v", err)
			}
			if err != nil {
				fs.TestingSetDiskUsage(vfs.DiskUsage{})
				v = must(Open("view", o))(t)
			}
			must(v.Apply(0, nil, 7))(t)
			noError(t, v.Close())
		})
	}
}

// fullDisk is a disk that other processes fill between our check of its space and our write.
type fullDisk struct {
	vfs.FS
	full   atomic.Bool
	looks  atomic.Int32 // checks that still see space although there is none
	failed atomic.Int32 // failed writes
}

func (d *fullDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	if d.full.Load() && d.looks.Add(-1) < 0 {
		return vfs.DiskUsage{AvailBytes: 0}, nil
	}
	return vfs.DiskUsage{AvailBytes: 1 << 40}, nil
}

func (d *fullDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	return &fullFile{File: f, disk: d}, err
}

type fullFile struct {
	vfs.File
	disk *fullDisk
}

func (f *fullFile) Write(p []byte) (int, error) {
	if f.disk.full.Load() {
		f.disk.failed.Add(1)
		return 0, syscall.ENOSPC
	}
	return f.File.Write(p)
}

const bulkLen = 480 // messages

// bulk returns more than Pebble collects before it writes to its log, and less than it collects
// before it begins another log.
func bulk(t *testing.T) []Event {
	t.Helper()
	events := []Event{created(t, 1, room, "ann", "bob")}
	for seq := range uint64(bulkLen) {
		events = append(events, message(t, seq+2, room, seq+1))
	}
	return events
}

// A write that finds the disk full in spite of the reserve waits. Without that, Pebble would
// end the process.
func TestWritesWaitForSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := &fullDisk{FS: vfs.NewMem()}
		v := must(Open("view", Options{Shards: 1, fs: fs}))(t)
		synctest.Wait() // for the writes of Open
		fs.looks.Store(1)
		fs.full.Store(true)
		must(v.Apply(0, bulk(t), 0))(t)
		synctest.Wait()
		if fs.failed.Load() == 0 {
			t.Error("nothing was written")
		}
		if _, err := v.Apply(0, []Event{message(t, bulkLen+2, room, bulkLen+1)}, 0); !errors.Is(err, ErrDiskFull) {
			t.Errorf("error %v, want %v", err, ErrDiskFull)
		}
		equal(t, "seq, meanwhile", must(v.Channel(room))(t).Seq, bulkLen)
		time.Sleep(time.Minute)
		fs.full.Store(false)
		must(v.Apply(0, []Event{message(t, bulkLen+2, room, bulkLen+1)}, 0))(t)
		noError(t, v.Close())
		v = must(Open("view", Options{Shards: 1, fs: fs}))(t)
		equal(t, "seq", must(v.Channel(room))(t).Seq, bulkLen+1)
		noError(t, v.Close())
	})
}

// A view on a full disk can be closed. When it is opened again it goes on from where it was
// written.
func TestCloseDoesNotWaitForSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := &fullDisk{FS: vfs.NewMem()}
		v := must(Open("view", Options{Shards: 1, fs: fs}))(t)
		synctest.Wait() // for the writes of Open
		fs.looks.Store(1)
		fs.full.Store(true)
		must(v.Apply(0, bulk(t), 0))(t)
		synctest.Wait()
		if err := v.Close(); err == nil {
			t.Error("closed without an error")
		}
		fs.full.Store(false)
		v = must(Open("view", Options{Shards: 1, fs: fs}))(t)
		must(v.Apply(0, bulk(t), 0))(t)
		equal(t, "seq", must(v.Channel(room))(t).Seq, bulkLen)
		noError(t, v.Close())
	})
}
