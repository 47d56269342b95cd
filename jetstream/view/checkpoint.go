package view

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// The directories beside the database that hold another: the one of this view is on its way to another node, or the other way round. What a
// process that died has left of them is deleted at the next start.
const (
	lent  = "lent"
	taken = "taken"
)

// Name says what a view must agree in with another, for its files to be of use there: the schema, the number of shards, and the epoch. What
// else there may be of another version is made anew when it is opened.
func Name(o Options) string { return homeOf("", o).name }

// Lend makes a copy of the view as it is now, of which the files do not change, and returns where it lies. It shares its space with the view
// for as long as that keeps its files. There is one at a time.
func (v *View) Lend() (dir string, err error) {
	if err := v.enter(); err != nil {
		return "", err
	}
	defer v.leave()
	if err := v.disk.room(); err != nil {
		return "", err
	}
	dir = v.disk.fs.PathJoin(v.disk.dir, lent)
	if err := v.disk.fs.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := v.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return "", fmt.Errorf("copy the view: %w", err)
	}
	return dir, nil
}

// Return deletes what Lend has made.
func (v *View) Return() error { return v.disk.fs.RemoveAll(v.disk.fs.PathJoin(v.disk.dir, lent)) }

// Take puts the view of another node in the place of the one in dir, which must not be open: fetch writes its files, of some total size, into
// a directory. Where that fails, the view is as it was.
func Take(ctx context.Context, dir string, o Options, size uint64, fetch func(ctx context.Context, into string) error) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	h := homeOf(dir, o)
	lock, err := h.lock()
	if err != nil {
		return fmt.Errorf("lock view: %w", err)
	}
	defer func() { _ = lock.Close() }() // it is opened next
	if err := h.fits(size); err != nil {
		return err
	}
	into := h.at(taken)
	err = h.fs.RemoveAll(into)
	if err == nil {
		err = h.fs.MkdirAll(into, 0o700)
	}
	if err == nil {
		err = fetch(ctx, into)
	}
	if err == nil {
		err = h.verify(into, o)
	}
	if err != nil {
		_ = h.fs.RemoveAll(into) // or the next start does
		return fmt.Errorf("take a view: %w", err)
	}
	return h.adopt(into)
}

// fits is an error where there is no room for a view beside the present one.
func (h home) fits(size uint64) error {
	usage, err := h.fs.GetDiskUsage(h.dir)
	if err == nil && usage.AvailBytes < size+2*Reserve(usage.TotalBytes) {
		return fmt.Errorf("take a view of %d bytes: %w", size, ErrDiskFull)
	}
	return nil
}

// verify opens a database once: it must be whole, and say where it is in every shard.
func (h home) verify(path string, o Options) (err error) {
	d := newDisk(h.fs, h.dir, o.Logger)
	db, err := pebble.Open(path, d.options(o, func(error) {}))
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, db.Close()) }()
	for shard := range o.Shards {
		value, closer, err := db.Get(appendPositionKey(nil, shard))
		if err == pebble.ErrNotFound { //nolint:errorlint // Pebble says that it is this very error
			continue // of which there is nothing
		}
		if err != nil {
			return err
		}
		p := parser{rest: value}
		p.uvarint()
		p.uvarint()
		if err := firstOf(p.end(), closer.Close()); err != nil {
			return err
		}
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// adopt puts a database in the place of the present one. A process that dies in between has none, and begins anew.
func (h home) adopt(from string) error {
	if err := h.fs.RemoveAll(h.path()); err != nil {
		return err
	}
	if err := h.fs.Rename(from, h.path()); err != nil {
		return err
	}
	dir, err := h.fs.OpenDir(h.dir)
	if err != nil {
		return err
	}
	return firstOf(dir.Sync(), dir.Close())
}
