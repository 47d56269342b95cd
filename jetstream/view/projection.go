package view

import (
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"natterjack/server/wire"
)

// projection is a part of the view that is derived from events: the tags of its keys, and its
// version. The version covers the layout of those keys and values and the rules that derive them.
// Raise it when you change either. A view with another version then rebuilds them from the events
// that it holds, one channel at a time. Everything that is not a projection belongs to the
// [schema]: when that changes, the whole log is read again.
type projection struct {
	name    string
	version uint64
	tags    []byte
	derive  func(p *replay) error // derives the keys of one channel's events
	// keep reports whether a key stays because no event tells of it any more. If nil, no key
	// stays.
	keep func(p *replay, key []byte) (bool, error)
}

// projections are listed in the order in which they are rebuilt. Media, gallery and mentions come
// after changed messages and profiles, because they depend on them.
var projections = []projection{
	{name: "client ids", version: 2, tags: []byte{tagClient}, derive: (*replay).clientIDs},
	{name: "own messages", version: 1, tags: []byte{tagOwn}, derive: (*replay).own},
	{name: "changed messages", version: 2, tags: []byte{tagFolded, tagEdit}, derive: (*replay).messages},
	{name: "profiles", version: 1, tags: []byte{tagProfile}, derive: (*replay).profile},
	{name: "subscriptions", version: 1, tags: []byte{tagPush}, derive: (*replay).subscriptions},
	{name: "media", version: 3, tags: []byte{tagReference, tagPicture, tagHeld, tagSent, tagUsed}, derive: (*replay).media},
	{name: "gallery", version: 1, tags: []byte{tagGallery}, derive: (*replay).gallery},
	{name: "mentions", version: 2, tags: []byte{tagMention, tagHere}, derive: (*replay).mentions},
	{name: "settings in memory", version: 1, tags: []byte{tagKnown}, derive: (*replay).known},
	{name: "number of settings", version: 2, tags: []byte{tagSettings}, derive: (*replay).settings},
	{name: "memberships", version: 3, tags: []byte{tagMember, tagFormer}, derive: (*replay).memberships, keep: (*replay).keepFormer},
}

// bringUp rebuilds the projections whose version is not the wanted one. A new view has no
// events to rebuild them from.
func (v *View) bringUp(wanted []projection) error {
	for i := range wanted {
		p := &wanted[i]
		has, err := v.versionOf(p.name)
		if err == nil && has != p.version {
			err = v.remake(p)
		}
		if err != nil {
			return fmt.Errorf("rebuild %s: %w", p.name, err)
		}
	}
	return nil
}

// versionOf returns the version in which a projection is stored, or 0 if it is not stored.
func (v *View) versionOf(name string) (version uint64, err error) {
	err = v.read("read version", func(r *reader) error {
		r.key = appendNamed(r.key[:0], tagVersion, name)
		value, err := r.get()
		if value == nil || err != nil {
			return err
		}
		version, err = parseNumber(value)
		return err
	})
	return version, err
}

const (
	replayBatch = 4 << 20          // bytes that are committed at once
	replayTells = 10 * time.Second // time between two log lines on progress
)

// remake rebuilds a projection from the events. It stores the version last: if the process dies
// earlier, the next start begins again.
func (v *View) remake(what *projection) (err error) {
	r := &replay{v: v, what: what, batch: v.db.NewBatch(), began: time.Now()}
	r.told = r.began
	if r.disk, err = v.newReader(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.batch.Close(), r.disk.it.Close()) }()
	if err := errors.Join(r.clear(), r.look()); err != nil {
		return err
	}
	names, err := v.newReader() // r.disk reads within a channel
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, names.it.Close()) }()
	for ok := names.it.SeekGE([]byte{tagEvent}); ok && names.it.Key()[0] == tagEvent; {
		p := parser{rest: names.it.Key()[1:]}
		if r.channel = p.name(); p.err != nil {
			return p.err
		}
		if err := r.deriveOne(); err != nil {
			return fmt.Errorf("channel %q: %w", r.channel, err)
		}
		ok = names.it.SeekGE(pastPrefix(appendNamed(nil, tagEvent, r.channel)))
	}
	if err := names.it.Error(); err != nil {
		return err
	}
	r.key = appendNamed(r.key[:0], tagVersion, what.name)
	r.value = appendNumber(r.value[:0], what.version)
	r.set()
	if r.events > 0 {
		v.log.Info("a part of the view was rebuilt", "part", what.name, "events", r.events, "took", time.Since(r.began))
	}
	return r.batch.Commit(pebble.NoSync)
}

// replay rebuilds a projection, one channel after another.
type replay struct {
	v       *View
	what    *projection
	disk    *reader // the state on disk, without the batch
	batch   *pebble.Batch
	channel string
	key     []byte
	value   []byte
	events  int
	began   time.Time
	told    time.Time
}

// clear deletes the keys of the other version.
func (r *replay) clear() error {
	for _, tag := range r.what.tags {
		if r.what.keep == nil {
			_ = r.batch.DeleteRange([]byte{tag}, []byte{tag + 1}, nil)
			continue
		}
		keys, err := r.v.newReader()
		if err != nil {
			return err
		}
		for ok := keys.it.SeekGE([]byte{tag}); ok && keys.it.Key()[0] == tag; ok = keys.it.Next() {
			keeps, err := r.what.keep(r, keys.it.Key())
			if err != nil {
				return errors.Join(err, keys.it.Close())
			}
			if !keeps {
				_ = r.batch.Delete(keys.it.Key(), nil)
			}
		}
		if err := errors.Join(keys.it.Error(), keys.it.Close(), r.flush(0)); err != nil {
			return err
		}
	}
	return r.flush(0)
}

// look replaces the reader, so that it sees everything that was committed.
func (r *replay) look() error {
	next, err := r.v.newReader()
	if err != nil {
		return err
	}
	before := r.disk
	r.disk = next
	return before.it.Close()
}

func (r *replay) deriveOne() error {
	if err := r.what.derive(r); err != nil {
		return err
	}
	if time.Since(r.told) > replayTells {
		r.told = time.Now()
		r.v.log.Info("a part of the view is being rebuilt", "part", r.what.name, "events", r.events,
			"events_per_s", int(float64(r.events)/time.Since(r.began).Seconds()))
	}
	return r.flush(replayBatch)
}

// flush commits the batch if it is larger than above bytes.
func (r *replay) flush(above int) error {
	if r.batch.Len() <= above {
		return nil
	}
	if err := r.batch.Commit(pebble.NoSync); err != nil {
		return err
	}
	err := r.batch.Close()
	r.batch = r.v.db.NewBatch()
	return err
}

func (r *replay) set() { _ = r.batch.Set(r.key, r.value, nil) }

// each calls f with the events of the channel, in their order.
func (r *replay) each(f func(e *Event, at place, record *wire.Record) error) error {
	return r.eachThat(func(*Event) bool { return true }, f)
}

// eachThat does what each does, but only for events for which wanted returns true. These are not
// decoded.
func (r *replay) eachThat(wanted func(e *Event) bool, f func(e *Event, at place, record *wire.Record) error) error {
	prefix := appendNamed(nil, tagEvent, r.channel)
	events, err := r.v.newReader()
	if err != nil {
		return err
	}
	err = events.scan(prefix, pastPrefix(prefix), false, func() (bool, error) {
		e, err := events.eventAt(r.channel)
		if err != nil {
			return false, err
		}
		r.events++
		if !wanted(&e) {
			return true, nil
		}
		record, err := wire.DecodeRecord(e.Record)
		if err != nil {
			return false, err
		}
		return true, f(&e, placeOf(events.it.Key()), &record)
	})
	return errors.Join(err, events.it.Close())
}
