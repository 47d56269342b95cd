package natter

import (
	"slices"
	"strings"
	"sync"

	"natterjack/server/wire"
)

// tracker knows what has been read. It tells what is new from what came before, and a channel whose numbers have a hole
// from one that is whole.
//
// What is new is told channel by channel: by the shard's position alone, a message that was left out would pass for an old
// one as soon as another channel of its shard went on. So it keeps some 100 bytes for each channel that has spoken.
type tracker struct {
	mu       sync.Mutex // guards the following
	epoch    string     // empty before the first welcome
	base     []uint64   // per shard, where the reading began
	pos      []uint64   // per shard, where the next session begins
	acked    []uint64   // per shard, the newest pos of an ack
	channels map[string]place
	suspect  GapError // the hole for which a place is being read a second time
}

// place is how far a channel has been read.
type place struct {
	pos      uint64
	seq      uint64 // of the last message, where numbered
	numbered bool
}

func newTracker(from *Position) *tracker {
	t := &tracker{channels: map[string]place{}}
	if from != nil {
		t.begin(from.Epoch, from.Positions)
	}
	return t
}

// begin starts afresh. The caller holds the lock.
func (t *tracker) begin(epoch string, positions []uint64) {
	t.epoch, t.base, t.pos = epoch, slices.Clone(positions), slices.Clone(positions)
	t.acked = make([]uint64, len(positions))
	clear(t.channels)
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
	t.begin(w.Epoch, w.Positions)
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
	p, known := t.channels[ev.Channel]
	if !known {
		p.pos = t.base[ev.Shard]
	}
	if ev.Pos <= p.pos {
		t.reach(ev)
		return false, nil, nil
	}
	if ev.Kind != wire.KindMessage || !p.numbered || ev.Seq == p.seq+1 {
		return true, nil, nil
	}
	hole := GapError{Channel: ev.Channel, After: p.seq, Before: ev.Seq}
	if t.suspect != hole {
		t.suspect = hole
		t.pos[ev.Shard] = min(t.pos[ev.Shard], p.pos) // the rest of the shard is read twice; it is known by its places
		return false, nil, protocolErrorf("%s", strings.TrimPrefix(hole.Error(), "natter: "))
	}
	return ev.Seq > p.seq, &hole, nil
}

// advance moves behind an event.
func (t *tracker) advance(ev *wire.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reach(ev)
	p := t.channels[ev.Channel]
	p.pos = ev.Pos
	switch {
	case ev.Kind == wire.KindMessage:
		p.seq, p.numbered = max(p.seq, ev.Seq), true
	case ev.Meta != nil && ev.Meta.Action == wire.ActionCreated:
		p.seq, p.numbered = 0, true // the first message is number one
	default:
		// What this client does not know may be a leaving and coming back, between which numbers are rightly missing.
		p.numbered = false
	}
	t.channels[ev.Channel] = p
}

// reach moves the shard's position. The caller holds the lock.
func (t *tracker) reach(ev *wire.Event) { t.pos[ev.Shard] = max(t.pos[ev.Shard], ev.Pos) }

// acknowledged notes where the answer to a command says that it is. Its event may come later.
func (t *tracker) acknowledged(shard int, pos uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if shard >= 0 && shard < len(t.acked) {
		t.acked[shard] = max(t.acked[shard], pos)
	}
}

// seen is the newest that is known to be in each shard: whichever node answers a query has to know it, too.
func (t *tracker) seen() (seen []wire.ShardPos) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for shard, pos := range t.pos {
		if pos = max(pos, t.acked[shard]); pos > 0 {
			seen = append(seen, wire.ShardPos{Shard: shard, Pos: pos})
		}
	}
	return seen
}

// seq is of the channel's last message read; 0 where none was.
func (t *tracker) seq(channel string) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.channels[channel].seq
}
