package receipts

import (
	"slices"
	"strings"
	"sync"
	"unique"
)

// table is what is stored of a shard, as far as this node has followed it. Users are handles, for one who is in a hundred
// channels would else be a hundred strings, and a channel's cursors a sorted slice, for a map of 500 takes twice as much.
type table struct {
	mu       sync.RWMutex // protects following
	channels map[string][]entry
}

// entry is one cursor.
type entry struct {
	user unique.Handle[string]
	Mark
	rev uint64 // where the stream has it
}

func newTable() *table { return &table{channels: map[string][]entry{}} }

// get is a cursor and the sequence under which the stream has it; both are zero where there is none.
func (t *table) get(k key) (Mark, uint64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	entries := t.channels[k.channel]
	if i, found := find(entries, k.user); found {
		return entries[i].Mark, entries[i].rev
	}
	return Mark{}, 0
}

// all are the cursors of a channel, by user, ascending.
func (t *table) all(channel string, yield func(user string, m Mark)) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, e := range t.channels[channel] {
		yield(e.user.Value(), e.Mark)
	}
}

// apply takes in what the stream has of a cursor at a sequence, in any order: from a follower and from an ack. It returns the
// cursor before and after.
func (t *table) apply(k key, m Mark, rev uint64) (before, after Mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entry(k)
	before = e.Mark
	e.Mark = e.merge(m)
	e.rev = max(e.rev, rev)
	return before, e.Mark
}

// reset takes the leader's word for a cursor's sequence, be it a lower one: the stream may have been restored or purged.
func (t *table) reset(k key, rev uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entry(k).rev = rev
}

// entry is the place of a cursor, made where there is none. The caller holds mu.
func (t *table) entry(k key) *entry {
	entries := t.channels[k.channel]
	i, found := find(entries, k.user)
	if !found {
		entries = slices.Insert(entries, i, entry{user: unique.Make(k.user)})
		t.channels[strings.Clone(k.channel)] = entries
	}
	return &entries[i]
}

func find(entries []entry, user string) (int, bool) {
	return slices.BinarySearchFunc(entries, user, func(e entry, user string) int {
		return strings.Compare(e.user.Value(), user)
	})
}
