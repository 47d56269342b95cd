package natter

import (
	"slices"
	"strings"
	"sync"

	"natterjack/server/wire"
)

// tracker knows what has been read: the highest pos of each shard, and the seq of each channel's last message. It tells
// what is new from what came before, and a channel whose numbers have a hole from one that is whole.
type tracker struct {
	mu      sync.Mutex // guards the following
	epoch   string     // empty before the first welcome
	pos     []uint64
	seqs    map[string]uint64
	suspect GapError // the hole for which the place is being read a second time
}

func newTracker(from *Position) *tracker {
	t := &tracker{seqs: map[string]uint64{}}
	if from != nil {
		t.epoch, t.pos = from.Epoch, slices.Clone(from.Positions)
	}
	return t
}

// resume is where the next session begins; nil where any place will do.
func (t *tracker) resume() *wire.Resume {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.epoch == "" {
		return nil
	}
	return &wire.Resume{Epoch: t.epoch, Positions: slices.Clone(t.pos)}
}

// adopt takes over what a welcome says. It reports whether events were lost over it, and otherwise whether the position
// is a first one.
func (t *tracker) adopt(w *wire.Welcome) (reset, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.Recovered && t.epoch == w.Epoch && len(t.pos) == len(w.Positions) {
		return false, false
	}
	first = t.epoch == ""
	t.epoch, t.pos = w.Epoch, slices.Clone(w.Positions)
	clear(t.seqs)
	return !first, first
}

// check says what to do with an event: nothing where it is not fresh, and where there is a gap, tell it. The error is a
// breach of the protocol after which the place must be read again from another connection. A hole is one the first
// time it is met; the second time it is in the log itself, and no reading will fill it.
func (t *tracker) check(ev *wire.Event) (fresh bool, gap *GapError, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ev.Shard < 0 || ev.Shard >= len(t.pos) {
		return false, nil, protocolErrorf("an event of shard %d of %d", ev.Shard, len(t.pos))
	}
	if ev.Pos <= t.pos[ev.Shard] {
		return false, nil, nil
	}
	last, known := t.seqs[ev.Channel]
	if ev.Kind != wire.KindMessage || !known || ev.Seq == last+1 {
		return true, nil, nil
	}
	hole := GapError{Channel: ev.Channel, After: last, Before: ev.Seq}
	if t.suspect != hole {
		t.suspect = hole
		return false, nil, protocolErrorf("%s", strings.TrimPrefix(hole.Error(), "natter: "))
	}
	return ev.Seq > last, &hole, nil
}

// advance moves behind an event.
func (t *tracker) advance(ev *wire.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pos[ev.Shard] = ev.Pos
	switch {
	case ev.Kind == wire.KindMessage:
		t.seqs[ev.Channel] = max(t.seqs[ev.Channel], ev.Seq)
	case ev.Meta == nil || ev.Meta.Action != wire.ActionCreated:
		// What this client does not know may be a leaving and coming back, between which numbers are rightly missing.
		delete(t.seqs, ev.Channel)
	}
}

// seq is of the channel's last message read; 0 where none was.
func (t *tracker) seq(channel string) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seqs[channel]
}
