package jetstream

import (
	"fmt"
	"hash/maphash"
	"slices"

	"natterjack/jetstream/view"
)

// recent is a session's position in the channels that it received from last, the latest first.
type recent struct {
	channel [maxRecent]uint32 // hashes; a collision costs a look at the view
	pos     [maxRecent]uint64
}

// maxRecent bounds the remembered channels. Events that a session loses in a burst belong to
// few channels.
const maxRecent = 8

var channelSeed = maphash.MakeSeed()

func channelHash(name string) uint32 { return uint32(maphash.String(channelSeed, name)) }

// move notes that a channel's event at a pos was handed out. It returns the pos of that
// channel's previous one, or 0 if it is not known.
func (r *recent) move(channel uint32, pos uint64) (last uint64) {
	i := 0
	for i < maxRecent-1 && r.channel[i] != channel && r.pos[i] != 0 {
		i++
	}
	if r.channel[i] == channel {
		last = r.pos[i]
	}
	copy(r.channel[1:i+1], r.channel[:i])
	copy(r.pos[1:i+1], r.pos[:i])
	r.channel[0], r.pos[0] = channel, pos
	return last
}

// verify checks whether the entries from dst[begin] on skip an event that the user should see.
// It inserts the events that it finds missing. A channel's events follow each other without a
// gap for as long as the user is a member. If an entry does not follow the last one that was
// handed out, verify asks the view: the user was not a member in between, or the events there
// were erased, or they are missing.
func (c *Cursor) verify(dst []*Entry, begin int) ([]*Entry, error) {
	for i := begin; i < len(dst); i++ {
		if c.seen == nil {
			c.seen = new(recent)
		}
		e := dst[i]
		last := c.seen.move(e.hash, e.pos)
		if last == 0 || e.before <= last {
			continue
		}
		missed, err := c.missed(e, last)
		if err != nil {
			return dst[:i], fmt.Errorf("look for events that were skipped: %w", err)
		}
		if len(missed) > 0 {
			total := c.log.holes.Add(uint64(len(missed)))
			c.log.log.Error("a session was about to miss events, which were read again from the view",
				"user", c.user, "channel", e.channel, "shard", e.shard, "after", last, "before", e.pos, "events", len(missed), "total", total)
			dst = slices.Insert(dst, i, missed...)
			i += len(missed)
		}
	}
	return dst, nil
}

// missed returns the view's events for the user in the channel of an entry, after a pos and
// before the entry.
func (c *Cursor) missed(e *Entry, after uint64) (missed []*Entry, err error) {
	span := view.Span{Shard: e.shard, Channel: e.channel, After: after, Upto: e.pos - 1}
	for more := true; more && len(missed) < maxResume; {
		var events []view.Event
		if events, more, err = c.log.shelf.Missed(c.user, span, viewPage, maxTailBytes); err != nil {
			return nil, err
		}
		for i := range events {
			missed = append(missed, missedEntry(e.shard, &events[i]))
			span.After = events[i].Pos
		}
	}
	return missed, nil
}

// Holes returns how many events sessions were about to miss since the start. All of them were
// read from the view instead. It is 0 unless there is a fault in how events are handed on.
func (l *Log) Holes() uint64 { return l.holes.Load() }
