package jetstream

import (
	"slices"
	"sync"
	"sync/atomic"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Bounds of the tail of one shard. A reader that is further back reads the view. The tail lets
// the readers that keep up share one encoding and read no disk.
const (
	maxTailEntries = 8192
	maxTailBytes   = 8 << 20
)

// Entry is an event on its way to the readers, encoded once for all readers on this node. It is
// immutable.
type Entry struct {
	shard   int
	pos     uint64
	before  uint64 // pos of the channel's previous event; 0 if there is none, or it is not known
	channel string
	hash    uint32   // of the channel's id
	members []string // ascending, after the event: the users who may see it
	parted  []string // users whose membership ends here: the last event that they see
	sender  string
	frame   []byte
	memo    atomic.Pointer[[]byte]
	// refusal is the same event for users whose request to join it refuses; nil if there are none.
	// They are its parted.
	refusal *Entry
}

func newEntry(shard int, a *view.Applied) *Entry {
	e := &Entry{
		shard: shard, pos: a.Pos, before: a.Before, channel: a.Channel, hash: channelHash(a.Channel),
		members: a.Members(), parted: a.Parted, sender: a.Sender, frame: frameOf(shard, &a.Event),
	}
	if len(a.Refused) > 0 {
		seen := a.Event
		seen.Refused = true
		e.refusal = missedEntry(shard, &seen)
		e.refusal.parted, e.refusal.sender = a.Refused, a.Sender
	}
	return e
}

// missedEntry returns an entry for an event that was read from the view, for one reader.
func missedEntry(shard int, e *view.Event) *Entry {
	return &Entry{shard: shard, pos: e.Pos, channel: e.Channel, hash: channelHash(e.Channel), frame: frameOf(shard, e)}
}

func frameOf(shard int, ev *view.Event) []byte {
	const around = 96 // the bytes that AppendEvent adds, roughly
	record := discreet(ev)
	dst := make([]byte, 0, around+len(ev.Channel)+len(record))
	return wire.AppendEvent(dst, shard, ev.Pos, ev.Channel, record)
}

// seenBy returns the event as a user may see it, or nil if the user may not.
func (e *Entry) seenBy(user string) *Entry {
	if _, member := slices.BinarySearch(e.members, user); member || slices.Contains(e.parted, user) {
		return e
	}
	if e.refusal != nil {
		return e.refusal.seenBy(user)
	}
	return nil
}

// Frame returns the event's frame, in JSON. Callers must not write to it.
func (e *Entry) Frame() []byte { return e.frame }

// Memo returns the result that encode had for this entry the first time. A transport encodes an
// entry once that way and shares the result between all its sessions. Memo may be called
// concurrently. Encode may then run more than once, and one result is kept.
func (e *Entry) Memo(encode func(frame []byte) []byte) []byte {
	if b := e.memo.Load(); b != nil {
		return *b
	}
	b := encode(e.frame)
	if !e.memo.CompareAndSwap(nil, &b) {
		return *e.memo.Load()
	}
	return b
}

// tail is the newest events of one shard, in memory: every event with a pos above floor that
// the view has applied.
type tail struct {
	mu      sync.RWMutex // protects following
	entries []*Entry     // ascending by pos
	bytes   int
	floor   uint64
}

func (t *tail) append(entries []*Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		t.entries = append(t.entries, e)
		t.bytes += len(e.frame)
	}
	drop := 0
	for drop < len(t.entries) && (len(t.entries)-drop > maxTailEntries || t.bytes > maxTailBytes) {
		t.bytes -= len(t.entries[drop].frame)
		t.floor = t.entries[drop].pos
		drop++
	}
	clear(t.entries[:drop])
	t.entries = t.entries[drop:]
}

// skip empties the tail. The next entries are after pos.
func (t *tail) skip(pos uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entries, t.bytes, t.floor = nil, 0, pos
}

// read appends to dst the events after pos that the user may see, until room is used up. It
// returns the pos up to which it looked. Behind is true if the tail does not reach back that
// far.
func (t *tail) read(dst []*Entry, user string, after uint64, room *int) (entries []*Entry, upto uint64, behind bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if after < t.floor {
		return dst, after, true
	}
	i, _ := slices.BinarySearchFunc(t.entries, after+1, func(e *Entry, pos uint64) int {
		return int(int64(e.pos - pos)) // positions differ by less than 2^63
	})
	for _, e := range t.entries[i:] {
		if *room <= 0 {
			return dst, after, false
		}
		after = e.pos
		if seen := e.seenBy(user); seen != nil {
			dst = append(dst, seen)
			*room -= len(seen.frame)
		}
	}
	return dst, after, false
}
