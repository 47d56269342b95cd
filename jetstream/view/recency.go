package view

import (
	"maps"
	"sync"
	"sync/atomic"

	"natterjack/server/wire"
)

// recency holds, in memory, when each channel of some users was last active: of those with so many channels that to look at each is
// felt, from when they first ask on. That first question looks at all of them, some microseconds each, unless [View.Warm] has done it
// before. Everybody else's channels here would cost memory for nothing.
type recency struct {
	above int          // that many channels make a user one of them
	most  int          // channels of all users together, but for one user's alone
	any   atomic.Bool  // spares everybody the lock while there are none
	mu    sync.RWMutex // guards the following
	users map[string]*recent
	size  int // channels of all users who are ready
}

// maxRecent bounds the channels of all users together: about 100 bytes each.
const maxRecent = 1 << 18

// recent are the channels of one user. Until it is ready it gathers what is applied while the view is read.
type recent struct {
	ready bool
	asked atomic.Int64     // when the user last asked, Unix milliseconds, up to askedAgain ago
	marks map[string]int64 // by channel; gone where the user is not in it any more, and not ready yet
}

const gone = -1

// note takes over what a batch did. It comes between commit and position, so whoever has seen the position finds it noted.
func (c *recency) note(applied []Applied) {
	if !c.any.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range applied {
		a := &applied[i]
		if a.Unknown { // somebody has asked for the first time while the batch was made
			clear(c.users)
			c.size = 0
			return
		}
		if _, own := wire.OwnerOf(a.Channel); own {
			continue
		}
		for _, user := range a.Members() {
			if u := c.users[user]; u != nil {
				c.set(u, a.Channel, a.Head.Active)
			}
		}
		for _, user := range a.Parted {
			if u := c.users[user]; u != nil {
				c.set(u, a.Channel, gone)
			}
		}
	}
}

func (c *recency) set(u *recent, ch string, active int64) {
	before := len(u.marks)
	if active == gone && u.ready {
		delete(u.marks, ch)
	} else {
		u.marks[ch] = active
	}
	if u.ready {
		c.size += len(u.marks) - before
	}
}

// top are up to limit of a user's channels behind a mark, in order; ok is false where they are not in memory.
func (c *recency) top(user string, behind *Mark, limit int) (best []Mark, ok bool) {
	if !c.any.Load() {
		return nil, false
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	u := c.users[user]
	if u == nil || !u.ready {
		return nil, false
	}
	for id, active := range u.marks {
		m := Mark{Active: active, ID: id}
		if behind != nil && behind.compare(m) >= 0 || len(best) == limit && limit > 0 && best[limit-1].compare(m) < 0 {
			continue
		}
		best = insert(best, m, limit)
	}
	return best, true
}

// asked notes when a user asks, and reports whether nothing else is to be done about it: he is here, and has asked not long before.
func (c *recency) asked(h heavy) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	u := c.users[h.user]
	if u == nil {
		return false
	}
	before := u.asked.Load()
	return h.asked-before < askedAgain.Milliseconds() || !u.asked.CompareAndSwap(before, h.asked)
}

// holds reports whether a user's channels are here, or on their way.
func (c *recency) holds(user string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.users[user] != nil
}

// begin has what is applied from now on noted for a user. The caller reads the view after it, and then calls end.
func (c *recency) begin(h heavy) (u *recent, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[h.user] != nil {
		return nil, false
	}
	u = &recent{marks: map[string]int64{}}
	u.asked.Store(h.asked)
	c.users[h.user] = u
	c.any.Store(true)
	return u, true
}

// end adds what the view said, nil where it could not be read. What was noted meanwhile is newer.
func (c *recency) end(user string, u *recent, read []Mark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[user] != u {
		return // forgotten meanwhile
	}
	if read == nil { // or he has not many
		delete(c.users, user)
		return
	}
	for _, m := range read {
		if _, noted := u.marks[m.ID]; !noted {
			u.marks[m.ID] = m.Active
		}
	}
	maps.DeleteFunc(u.marks, func(_ string, active int64) bool { return active == gone })
	u.ready = true
	c.size += len(u.marks)
	for c.size > c.most && c.dropOldest() {
	}
}

// dropOldest drops who asked longest ago, unless he is alone. The caller holds mu.
func (c *recency) dropOldest() bool {
	var oldest string
	ready := 0
	for user, u := range c.users {
		if !u.ready {
			continue
		}
		if ready++; ready == 1 || u.asked.Load() < c.users[oldest].asked.Load() {
			oldest = user
		}
	}
	if ready < 2 {
		return false
	}
	c.size -= len(c.users[oldest].marks)
	delete(c.users, oldest)
	return true
}
