package view

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"natterjack/jetstream/channel"
)

// dates tell which events of a shard were dated by a clock that was ahead. An event keeps its
// timestamp for ever. But a channel with such an event as its last one would be on top of every
// list until that time has come, and again once it has come. So the view notes facts of the form:
// up to a position, nothing happened later than at a time. It finds out when an event is dated
// ahead of this node's clock, or when this node's clock is set back below events that it has. It is
// immutable.
//
// The limits ascend in both members. They are not derived from events alone, because the events
// do not tell which of two clocks was right. A view that is made from the log after that time
// has come takes the timestamps as they are.
type dates struct {
	latest int64 // the latest time of an event, as far as it counts, Unix milliseconds
	limits []limit
}

// limit says that the events up to a position, as far as no earlier limit covers them, happened
// at that time at the latest.
type limit struct {
	upto uint64
	at   int64 // Unix milliseconds
}

const (
	// maxLimits bounds the limits of a shard. Where more are needed, the earliest ones make
	// way, and the events that they covered count as somewhat later.
	maxLimits = 64
	// limitEvery is how far apart limits are, in milliseconds, while a leader is ahead.
	limitEvery = 1000
)

// of returns the time that counts for a time that an event at a position has set.
func (d *dates) of(pos uint64, at int64) int64 {
	i, _ := slices.BinarySearchFunc(d.limits, pos, func(l limit, pos uint64) int {
		if l.upto < pos {
			return -1
		}
		return 1
	})
	if i == len(d.limits) {
		return at
	}
	return min(at, d.limits[i].at)
}

// ahead reports whether some event counts as dated ahead of now.
func (d *dates) ahead(now int64) bool { return d.latest > now+channel.Skew }

// next returns the dates after events up to a position, the latest of them dated latest, when
// this node's clock shows now.
func (d *dates) next(upto uint64, latest, now int64) *dates {
	next := &dates{latest: max(d.latest, latest), limits: d.limits}
	if !next.ahead(now) {
		return next
	}
	next.latest = now
	limits := slices.Clone(d.limits)
	for len(limits) > 0 && limits[len(limits)-1].at >= now {
		limits = limits[:len(limits)-1]
	}
	if n := len(limits); n > 0 && now-limits[n-1].at < limitEvery {
		limits[n-1].upto = upto
	} else {
		limits = append(limits, limit{upto, now})
	}
	next.limits = limits[max(0, len(limits)-maxLimits):]
	return next
}

// now returns this node's clock in Unix milliseconds. It returns the end of all times where the
// clock is known to be wrong: then nothing counts as ahead of it.
func (v *View) now() int64 {
	if now, right := v.clock(); right {
		return now.UnixMilli()
	}
	return 1<<62 - 1
}

// Dated returns the time that counts for a time that an event of a channel at a position has set.
// It is earlier than the given time if that turned out to be ahead of the right clock.
func (v *View) Dated(channel string, pos uint64, at int64) int64 {
	return v.shardOf(channel).dates.Load().of(pos, at)
}

// CheckDates notes which events are dated ahead of this node's clock. [View.Apply] does so too.
// Callers call CheckDates every now and then, because the clock may be set back while nothing is
// applied.
func (v *View) CheckDates() error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	var errs []error
	for i := range v.shards {
		if now := v.now(); v.shards[i].dates.Load().ahead(now) {
			errs = append(errs, v.redate(i, now))
		}
	}
	return errors.Join(errs...)
}

func (v *View) redate(shard int, now int64) error {
	s := &v.shards[shard]
	s.dating.Lock()
	defer s.dating.Unlock()
	d := s.dates.Load().next(s.position.Load(), 0, now)
	if err := v.db.Set(appendDatesKey(nil, shard), appendDates(nil, d), pebble.NoSync); err != nil {
		return fmt.Errorf("note events dated ahead of the clock: %w", err)
	}
	s.dates.Store(d)
	v.recency.clear()
	return nil
}

func (v *View) loadDates(shard int) error {
	return v.read("read dates", func(r *reader) error {
		r.key = appendDatesKey(r.key[:0], shard)
		value, err := r.get()
		if value == nil || err != nil {
			v.shards[shard].dates.Store(&dates{})
			return err
		}
		d, err := parseDates(value)
		v.shards[shard].dates.Store(&d)
		return err
	})
}

func appendDatesKey(dst []byte, shard int) []byte {
	return binary.BigEndian.AppendUint16(append(dst, tagDates), uint16(shard))
}

func appendDates(dst []byte, d *dates) []byte {
	dst = binary.AppendVarint(dst, d.latest)
	for _, l := range d.limits {
		dst = binary.AppendVarint(binary.AppendUvarint(dst, l.upto), l.at)
	}
	return dst
}

func parseDates(value []byte) (d dates, err error) {
	p := parser{rest: value}
	d.latest = p.varint()
	for len(p.rest) > 0 {
		d.limits = append(d.limits, limit{p.uvarint(), p.varint()})
	}
	return d, p.end()
}

// rightNow returns the time of this machine, for a view that was given no clock.
func rightNow() (time.Time, bool) { return time.Now(), true }
