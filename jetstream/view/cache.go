package view

import (
	"sync"
	"sync/atomic"

	"natterjack/jetstream/channel"
)

// cache holds the most recently used channels of a shard, up to a size in bytes. It evicts by
// the CLOCK rule instead of strict recency, so that a hit takes the lock only for reading. A
// reader that asks the cache first and the disk second never sees a channel move backwards.
type cache struct {
	batch   atomic.Uint64 // odd during a commit; each commit adds two
	mu      sync.RWMutex  // guards the fields below
	limit   int64
	size    int64
	entries map[string]*entry
	clock   []*entry
	hand    int
}

type entry struct {
	id   string
	head head
	body *channel.State // of a channel that is not plain, where known; its head may be older
	size int64
	at   int         // index in the clock
	used atomic.Bool // whether the entry was used since the hand last passed
}

func (c *cache) init(limit int64) {
	c.limit, c.entries = limit, make(map[string]*entry)
}

// get returns a channel's head. For a channel that is not plain it may also return a state. The
// head inside that state may be old and must be ignored.
func (c *cache) get(id string) (h head, body *channel.State, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.entries[id]
	if e == nil {
		return h, nil, false
	}
	// A store on every hit would bounce the cache line between the readers of a busy channel.
	if !e.used.Load() {
		e.used.Store(true)
	}
	return e.head, e.body, true
}

// state returns the state of a channel, or nil if the cache does not have it.
func (c *cache) state(id string) *channel.State {
	h, body, ok := c.get(id)
	switch {
	case !ok:
		return nil
	case !h.has(flagRich):
		return h.plain(id)
	case body == nil:
		return nil
	}
	st := h.with(body)
	if st != body {
		c.keep(st)
	}
	return st
}

// member reports whether the cache knows that a user is a member of a channel that is not plain.
func (c *cache) member(channel, user string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.entries[channel]
	return e != nil && e.body.Member(user)
}

// keep stores this state in the cache, so that later callers share it instead of each making a
// copy. It does so only while the channel's head is still the same.
func (c *cache) keep(st *channel.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[st.ID]; e != nil && e.body != nil && e.head.Head == st.Head {
		e.body = st
	}
}

// stamp returns the value to pass to fill. Take it before the reader is made that reads the
// channel from disk.
func (c *cache) stamp() uint64 { return c.batch.Load() }

// fill stores a channel that a reader has loaded from disk. It does nothing if a batch was
// committed since the stamp, or is being committed: the reader may be older than that batch, and
// its old value would hide the batch's changes. That reader still has its own answer, and the next
// reader loads again.
func (c *cache) fill(id string, h head, body *channel.State, stamp uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batch.Load() != stamp || stamp%2 != 0 {
		return
	}
	if e := c.entries[id]; e == nil || e.body == nil && body != nil {
		c.put(id, h, body)
	}
}

// hold keeps loads out of the cache until publish. Call it before a commit, because after the
// commit the disk is ahead of the cache.
func (c *cache) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batch.Add(1)
}

// publish stores the channels that a committed batch has changed. If the batch does not know a
// channel's body, it has changed only the head, and the cache keeps the body that it has.
func (c *cache) publish(channels map[string]*met) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batch.Add(1)
	for id, m := range channels {
		if m.changed {
			c.put(id, m.head, m.body)
		}
	}
}

func (c *cache) put(id string, h head, body *channel.State) {
	e := c.entries[id]
	if e == nil {
		e = &entry{id: id, at: len(c.clock)}
		c.entries[id] = e
		c.clock = append(c.clock, e)
	}
	e.head = h
	if !h.has(flagRich) {
		e.body = nil
	} else if body != nil {
		e.body = body
	}
	size := sizeOf(id, e.body)
	c.size += size - e.size
	e.size = size
	for c.size > c.limit && len(c.clock) > 1 {
		c.evict()
	}
}

// evict moves the hand to the next entry that was not used since the hand last passed, and
// drops that entry. The newest entry moves to the free place and the hand goes on behind it, so
// the newest entry has a whole turn in which it can be used.
func (c *cache) evict() {
	for {
		c.hand %= len(c.clock)
		e := c.clock[c.hand]
		c.hand++
		if !e.used.Swap(false) {
			c.drop(e)
			return
		}
	}
}

func (c *cache) drop(e *entry) {
	last := len(c.clock) - 1
	c.clock[e.at] = c.clock[last]
	c.clock[e.at].at = e.at
	c.clock[last] = nil
	c.clock = c.clock[:last]
	delete(c.entries, e.id)
	c.size -= e.size
}

// sizeOf returns about how many bytes of memory a channel takes, including its entry and its
// place in the map.
func sizeOf(id string, st *channel.State) int64 {
	size := 208 + len(id)
	if st == nil {
		return int64(size)
	}
	size += 400 + len(st.Name) + len(st.Topic) + len(st.Creator) + len(st.Roles) + 8*(len(st.Since)+len(st.Pins))
	for _, names := range [][]string{st.Members, st.Banned, st.Removed, st.Requested, st.Asked} {
		for _, name := range names {
			size += 16 + len(name)
		}
	}
	for i := range st.Invites {
		size += 64 + len(st.Invites[i].Hash)
	}
	for i := range st.Spoke {
		size += 24 + len(st.Spoke[i].User)
	}
	return int64(size)
}
