package natter

import (
	"slices"
	"strings"
	"sync"

	"natterjack/server/wire"
)

// tracker knows which events have been read. It tells new events from old ones, and finds holes
// in the numbers of a channel.
//
// New events are told from old ones for each channel. The position of the shard alone would not do:
// once another channel of the shard has gone on, a message that was left out would look old. So the
// tracker keeps some 100 bytes for each channel that has had an event.
type tracker struct {
	mu       sync.Mutex // guards the following
	epoch    string     // empty before the first welcome frame
	base     []uint64   // per shard, where reading began
	pos      []uint64   // per shard, where the next session begins
	acked    []uint64   // per shard, the newest pos of an ack
	channels map[string]place
	suspect  GapError // the hole for which a place is being read a second time
}

// place is how far a channel has been read.
type place struct {
	pos      uint64
	seq      uint64 // seq of the last message, if numbered is set
	numbered bool
}

func newTracker(from *Position) *tracker {
	t := &tracker{channels: map[string]place{}}
	if from != nil {
		t.begin(from.Epoch, from.Positions)
	}
	return t
}

// begin resets the tracker to an epoch and positions. The caller holds the lock.
func (t *tracker) begin(epoch string, positions []uint64) {
	t.epoch, t.base, t.pos = epoch, slices.Clone(positions), slices.Clone(positions)
	t.acked = make([]uint64, len(positions))
	clear(t.channels)
}

// resume returns where the next session begins, or nil if any place will do.
func (t *tracker) resume() *wire.Resume {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.epoch == "" {
		return nil
	}
	return &wire.Resume{Epoch: t.epoch, Positions: slices.Clone(t.pos)}
}

// adopt takes over the positions of a welcome frame. It reports whether events were lost, and
// whether the position is the first one.
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

// check says what to do with an event. The event is delivered only if it is fresh. If gap is set,
// the gap is told. The error is a breach of the protocol: the place must be read again from another
// connection. A hole is such an error the first time it is met. If it is met again, the hole is in
// the log itself, and reading again will not fill it.
func (t *tracker) check(ev *wire.Event) (fresh bool, gap *GapError, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ev.Shard < 0 || ev.Shard >= len(t.pos) {
		return false, nil, protocolErrorf("an event of shard %d, of %d shards", ev.Shard, len(t.pos))
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
		// The rest of the shard is read twice. The places of the other channels tell which
		// events are old.
		t.pos[ev.Shard] = min(t.pos[ev.Shard], p.pos)
		return false, nil, protocolErrorf("%s", strings.TrimPrefix(hole.Error(), "natter: "))
	}
	return ev.Seq > p.seq, &hole, nil
}

// advance moves the tracker behind an event.
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
		p.seq, p.numbered = 0, true // the first message has seq 1
	default:
		// An event that this client does not know may mean that the user left and came back.
		// Numbers between the two are missing for good reason.
		p.numbered = false
	}
	t.channels[ev.Channel] = p
}

// reach moves the shard's position. The caller holds the lock.
func (t *tracker) reach(ev *wire.Event) { t.pos[ev.Shard] = max(t.pos[ev.Shard], ev.Pos) }

// acknowledged stores the position that the answer to a command gives. The event itself may
// come later.
func (t *tracker) acknowledged(shard int, pos uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if shard >= 0 && shard < len(t.acked) {
		t.acked[shard] = max(t.acked[shard], pos)
	}
}

// seen returns the newest position in each shard that this client knows. The node that answers
// a query must know it too.
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

// seq returns the seq of the channel's last message read, or 0 if there was none.
func (t *tracker) seq(channel string) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.channels[channel].seq
}
