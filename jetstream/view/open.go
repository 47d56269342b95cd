package view

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/server/wire"
)

// Open opens the view in dir. It makes an empty view if there is none, or if the one there is
// damaged or has another schema, epoch or number of shards. Such a view is deleted. Only one
// process at a time may have dir open.
func Open(dir string, o Options) (*View, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open view: %w", err)
	}
	h := homeOf(dir, o)
	lock, err := h.lock()
	if err != nil {
		return nil, fmt.Errorf("lock view: %w", err)
	}
	v, err := openOrRemake(h, o)
	if err != nil {
		return nil, fmt.Errorf("open view: %w", errors.Join(err, lock.Close()))
	}
	v.lock = lock
	return v, nil
}

func openOrRemake(h home, o Options) (*View, error) {
	if err := h.tidy(); err != nil {
		return nil, err
	}
	v, err := open(h, o)
	if err == nil || !damaged(err) {
		return v, err
	}
	h.condemn(err)
	if err := h.tidy(); err != nil {
		return nil, err
	}
	return open(h, o)
}

// damaged reports whether an error from opening lies in the files themselves and not in their
// environment, such as rights, limits or space. Pebble reports only part of such damage as
// corruption.
func damaged(err error) bool {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno == syscall.ENOENT
	}
	return !errors.Is(err, ErrDiskFull)
}

// Close closes the view. It waits for calls in progress and for a merge of files in progress, some
// seconds at most. Later calls fail with [ErrClosed]. Applied events stay in the write-ahead log.
// Close is safe to repeat.
func (v *View) Close() error {
	v.disk.close()
	v.open.Lock()
	defer v.open.Unlock()
	if v.closed {
		return nil
	}
	v.closed = true
	if err := errors.Join(v.db.Close(), v.lock.Close()); err != nil {
		return fmt.Errorf("close view: %w", err)
	}
	return nil
}

func (o Options) withDefaults() (Options, error) {
	if o.Shards < 1 || o.Shards > math.MaxUint16 {
		return o, fmt.Errorf("shards: %d, must be 1 to %d", o.Shards, math.MaxUint16)
	}
	half := cacheFor(usable()) / 2
	if o.CacheBytes <= 0 {
		o.CacheBytes = half
	}
	if o.StateBytes <= 0 {
		o.StateBytes = half
	}
	if o.ShardOf == nil {
		o.ShardOf = evenly(o.Shards)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.projections == nil {
		o.projections = projections
	}
	if o.Watched == nil {
		o.Watched = func() bool { return true }
	}
	if o.Clock == nil {
		o.Clock = rightNow
	}
	if o.Looks == nil {
		o.Looks = func([]byte) {}
	}
	if o.fs == nil {
		o.fs = vfs.Default
	}
	o.Logger = o.Logger.With("component", "view")
	return o, nil
}

// evenly spreads slots evenly over shards.
func evenly(shards int) func(channel string) int {
	return func(channel string) int { return wire.SlotOf(channel) * shards / wire.Slots }
}

func open(h home, o Options) (*View, error) {
	d := newDisk(o.fs, h.dir, o.Logger)
	if err := d.room(); err != nil {
		return nil, err // opening would wait for space
	}
	db, err := pebble.Open(h.path(), d.options(o, h.condemn))
	if err != nil {
		return nil, err
	}
	d.opened.Store(true)
	layers := layersOf(db)
	d.leisure.layers.Store(&layers)
	v := &View{db: db, disk: d, log: o.Logger, watched: o.Watched, clock: o.Clock, looks: o.Looks, shardAt: o.ShardOf, shards: make([]shard, o.Shards)}
	v.recency.users, v.recency.above, v.recency.most = map[string]*recent{}, cmp.Or(o.recentAbove, 250), cmp.Or(o.recentMost, maxRecent)
	for i := range v.shards {
		s := &v.shards[i]
		s.states.init(o.StateBytes / int64(o.Shards))
		position, held, err := v.storedPosition(i)
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		s.position.Store(position)
		s.held = held
		if err := errors.Join(v.loadReceipts(i), v.loadDates(i), v.loadNoted(i)); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	if err := v.bringUp(o.projections); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := v.loadKnown(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return v, nil
}

func (v *View) storedPosition(shard int) (position, held uint64, err error) {
	err = v.read("read position", func(r *reader) error {
		r.key = appendPositionKey(r.key[:0], shard)
		value, err := r.get()
		if value == nil || err != nil {
			return err
		}
		p := parser{rest: value}
		position, held = p.uvarint(), p.uvarint()
		return p.end()
	})
	return position, held, err
}
