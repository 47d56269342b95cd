package view

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Directories beside the database that hold another database. lent holds a copy of this view
// that is on its way to another node. taken holds another node's view that is on its way here.
// If a process dies and leaves one of them, the next start deletes it.
const (
	lent  = "lent"
	taken = "taken"
)

// Name returns a name that two views share if one node may use the other's files. It has the
// schema, the number of shards, and the epoch. Everything else that has another version is rebuilt
// when the view is opened.
func Name(o Options) string { return homeOf("", o).name }

// Lend makes a copy of the view as it is at this moment and returns the copy's directory. The
// files of the copy do not change. The copy shares disk space with the view for as long as the
// view keeps those files. Only one copy exists at a time.
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

// Return deletes the copy that Lend has made.
func (v *View) Return() error { return v.disk.fs.RemoveAll(v.disk.fs.PathJoin(v.disk.dir, lent)) }

// Take replaces the view in dir with the view of another node. The view in dir must not be
// open. Take calls fetch to write the other view's files, size bytes in total, into a
// directory. If that fails, the view in dir is unchanged.
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
	defer func() { _ = lock.Close() }() // the view is opened next
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
		_ = h.fs.RemoveAll(into) // if this fails, the next start removes it
		return fmt.Errorf("take a view: %w", err)
	}
	return h.adopt(into)
}

// fits returns an error if the disk has no room for a second view beside the present one.
func (h home) fits(size uint64) error {
	usage, err := h.fs.GetDiskUsage(h.dir)
	if err == nil && usage.AvailBytes < size+2*Reserve(usage.TotalBytes) {
		return fmt.Errorf("take a view of %d bytes: %w", size, ErrDiskFull)
	}
	return nil
}

// verify opens a database once and checks it. It must be whole, and each shard that it has must
// have a readable position. What the other node has noted of void events says nothing about the
// streams of this node, which may still have some that were erased there: from here on they are
// noted anew.
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
			continue // nothing of this shard is stored
		}
		if err != nil {
			return err
		}
		p := parser{rest: value}
		position := p.uvarint()
		p.uvarint()
		if err := firstOf(p.end(), closer.Close(), noteFrom(db, shard, position)); err != nil {
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

// adopt replaces the present database with another one. If the process dies between the two
// steps there is no database, and the next start rebuilds the view.
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
