package view

import (
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Open opens the view in dir, or makes an empty one: where there is none, or only one of another schema, epoch or number
// of shards, or a damaged one. Those are deleted.
func Open(dir string, o Options) (*View, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open view: %w", err)
	}
	h := home{dir: dir, name: nameOf(o), log: o.Logger}
	if err := h.tidy(); err != nil {
		return nil, fmt.Errorf("tidy view: %w", err)
	}
	v, err := open(h, o)
	if pebble.IsCorruptionError(err) {
		h.condemn(err)
		if err := h.tidy(); err != nil {
			return nil, fmt.Errorf("delete damaged view: %w", err)
		}
		v, err = open(h, o)
	}
	if err != nil {
		return nil, fmt.Errorf("open view: %w", err)
	}
	return v, nil
}

// Close closes the view and leaves what was applied to the write-ahead log, so it takes no longer the more there is. No
// other call may be under way.
func (v *View) Close() error {
	close(v.disk.closing)
	if err := v.db.Close(); err != nil {
		return fmt.Errorf("close view: %w", err)
	}
	return nil
}

func (o Options) withDefaults() (Options, error) {
	if o.Shards < 1 || o.Shards > math.MaxUint16 {
		return o, fmt.Errorf("shards: %d, must be 1 to %d", o.Shards, math.MaxUint16)
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 64 << 20
	}
	if o.StateBytes <= 0 {
		o.StateBytes = 64 << 20
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.fs == nil {
		o.fs = vfs.Default
	}
	o.Logger = o.Logger.With("component", "view")
	return o, nil
}

func open(h home, o Options) (*View, error) {
	d := &disk{fs: o.fs, dir: h.dir, log: o.Logger, closing: make(chan struct{})}
	db, err := pebble.Open(h.path(), d.options(o, h.condemn))
	if err != nil {
		return nil, err
	}
	v := &View{db: db, disk: d, log: o.Logger, shards: make([]shard, o.Shards)}
	for i := range v.shards {
		s := &v.shards[i]
		s.states.init(o.StateBytes / int64(o.Shards))
		position, err := v.storedPosition(i)
		if err != nil {
			return nil, errors.Join(err, v.Close())
		}
		s.position.Store(position)
	}
	return v, nil
}

func (v *View) storedPosition(shard int) (position uint64, err error) {
	err = v.read("read position", func(r *reader) error {
		r.key = appendPositionKey(r.key[:0], shard)
		value, err := r.get()
		if value == nil || err != nil {
			return err
		}
		position, err = parseNumber(value)
		return err
	})
	return position, err
}
