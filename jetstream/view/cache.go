package view

import (
	"sync"
	"sync/atomic"

	"natterjack/jetstream/channel"
)

// cache holds the channels of a shard that were last in use, up to a size in bytes. It evicts by the
// CLOCK rule instead of strict recency, so that a hit takes the lock only for reading. Whoever asks it and then the disk
// sees a channel move forwards only.
type cache struct {
	batch   atomic.Uint64 // odd while a batch is committed, and two higher after it
	mu      sync.RWMutex  // guards the following
	limit   int64
	size    int64
	entries map[string]*entry
	clock   []*entry
	hand    int
}

type entry struct {
	id   string
	head head
	body *channel.State // of a channel that is not plain, where it is known; its head may be older
	size int64
	at   int         // in the clock
	used atomic.Bool // since the hand last passed
}

func (c *cache) init(limit int64) {
	c.limit, c.entries = limit, make(map[string]*entry)
}

// get is a channel's head, and of one that is not plain perhaps a state whose head is of no account.
func (c *cache) get(id string) (h head, body *channel.State, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.entries[id]
	if e == nil {
		return h, nil, false
	}
	if !e.used.Load() { // a store each time would bounce the line between the readers of a busy channel
		e.used.Store(true)
	}
	return e.head, e.body, true
}

// state is that of a channel, or nil where it is not here.
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

// keep has the next who ask for a state get this one, instead of one of their own each, until the head moves on.
func (c *cache) keep(st *channel.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[st.ID]; e != nil && e.body != nil && e.head.Head == st.Head {
		e.body = st
	}
}

// stamp goes to fill with what a reader finds on disk, and must be taken before that reader is made.
func (c *cache) stamp() uint64 { return c.batch.Load() }

// fill puts in what a reader has loaded from disk, unless a batch was committed since its stamp or is now: the reader may then be
// older than that batch, and what it saw would hide what the batch has made. It has its answer, the next one loads again.
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

// hold keeps loads out until publish. It comes before a commit: from then on the disk is ahead of the cache.
func (c *cache) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batch.Add(1)
}

// publish puts in the channels that a committed batch has changed. One whose body is not known there keeps the one that it has: the
// batch has changed its head alone.
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

// evict moves the hand to the next entry that was not in use since it last passed, and drops that one. The newest entry takes the free
// place, so the hand goes on behind it: it has a whole turn to be used in.
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

// sizeOf is about what a channel takes in memory, its entry and its place in the map included.
func sizeOf(id string, st *channel.State) int64 {
	size := 208 + len(id)
	if st == nil {
		return int64(size)
	}
	size += 352 + len(st.Name) + len(st.Topic) + len(st.Creator) + len(st.Roles) + 8*len(st.Pins)
	for _, names := range [][]string{st.Members, st.Banned, st.Requested} {
		for _, name := range names {
			size += 16 + len(name)
		}
	}
	for i := range st.Invites {
		size += 48 + len(st.Invites[i].Hash)
	}
	for i := range st.Spoke {
		size += 24 + len(st.Spoke[i].User)
	}
	return int64(size)
}
