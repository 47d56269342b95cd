package view

import (
	"cmp"
	"maps"
	"sync"
	"sync/atomic"

	"natterjack/server/wire"
)

// recency holds, in memory, when each channel of some users was last active. These are the
// users with so many channels that looking at each would be felt. They are held from their
// first list request on. That first request looks at all of the user's channels, some
// microseconds each, unless [View.Warm] has done so before. Holding the channels of all other
// users would cost memory for no gain.
type recency struct {
	above int // a user with more channels than this is held
	// most bounds the channels of all users together. One user alone may exceed it.
	most  int
	any   atomic.Bool  // lets callers skip the lock while no user is held
	mu    sync.RWMutex // guards the fields below
	users map[string]*recent
	size  int // channels of all users that are ready
}

// maxRecent bounds the channels of all users together: about 100 bytes each.
const maxRecent = 1 << 18

// recent is the channels of one user. Until it is ready, it collects the events that are applied
// while the view is read.
type recent struct {
	ready bool
	// asked is when the user last asked, in Unix milliseconds. It may be up to askedAgain too
	// old.
	asked atomic.Int64
	// marks is by channel. Before ready, the value gone means that the user has left the
	// channel.
	marks map[string]activity
}

// activity is when a channel was active for a member, in Unix milliseconds as far as it counts:
// when the member came, and when the last message came. Before a user's marks are ready, 0 means
// that it was not noted.
type activity struct{ came, said int64 }

func (a activity) at() int64 { return max(a.came, a.said) }

// over returns the noted places, and for channels without a note the places that were read.
func (a activity) over(read activity) activity {
	return activity{cmp.Or(a.came, read.came), cmp.Or(a.said, read.said)}
}

var gone = activity{came: -1}

// activityIn is the activity of a channel.
type activityIn struct {
	channel string
	activity
}

// note takes over the changes of a batch. It runs after the commit and before the position is
// stored, so a reader who has seen the position finds the batch noted.
func (c *recency) note(applied []Applied, dated *dates) {
	if !c.any.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range applied {
		a := &applied[i]
		// A user asked for the first time while the batch was made.
		if a.Unknown {
			c.forget()
			return
		}
		if _, own := wire.OwnerOf(a.Channel); own {
			continue
		}
		switch a.Kind {
		case wire.KindMessage, wire.KindDelete:
			c.setAll(a.Members(), a.Channel, activity{said: dated.of(a.Head.SaidAt, a.Head.Said)})
		case wire.KindMeta:
			came := dated.of(a.Pos, a.Head.Active)
			c.setAll(a.Joined, a.Channel, activity{came: came, said: dated.of(a.Head.SaidAt, a.Head.Said)})
			c.setAll(a.Parted, a.Channel, gone)
		default: // moves no channel
		}
	}
}

// clear forgets all users, because the times of their channels have changed.
func (c *recency) clear() {
	if !c.any.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget()
}

// forget does the work of clear for a caller that holds mu.
func (c *recency) forget() {
	clear(c.users)
	c.size = 0
}

// setAll notes a change of a channel for those of some users who are held.
func (c *recency) setAll(users []string, channel string, now activity) {
	for _, user := range users {
		u := c.users[user]
		if u == nil {
			continue
		}
		before := len(u.marks)
		switch {
		case now != gone && u.marks[channel] == gone:
			u.marks[channel] = now
		case now != gone:
			u.marks[channel] = now.over(u.marks[channel])
		case u.ready:
			delete(u.marks, channel)
		default:
			u.marks[channel] = gone
		}
		if u.ready {
			c.size += len(u.marks) - before
		}
	}
}

// top returns up to limit of a user's channels behind a mark, in order. Ok is false if they are
// not in memory.
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
		m := Mark{Active: active.at(), ID: id}
		if behind != nil && behind.compare(m) >= 0 || len(best) == limit && limit > 0 && best[limit-1].compare(m) < 0 {
			continue
		}
		best = insert(best, m, limit)
	}
	return best, true
}

// asked notes that a user asks. It reports whether nothing else is to be done, because the user
// is in memory and has asked not long ago.
func (c *recency) asked(h heavy) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	u := c.users[h.user]
	if u == nil {
		return false
	}
	before := u.asked.Load()
	return max(h.asked-before, before-h.asked) < askedAgain.Milliseconds() || !u.asked.CompareAndSwap(before, h.asked)
}

// holds reports whether a user's channels are in memory, or are being loaded.
func (c *recency) holds(user string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.users[user] != nil
}

// begin starts to note the events that are applied for a user. The caller then reads the view, and
// after that calls end.
func (c *recency) begin(h heavy) (u *recent, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[h.user] != nil {
		return nil, false
	}
	u = &recent{marks: map[string]activity{}}
	u.asked.Store(h.asked)
	c.users[h.user] = u
	c.any.Store(true)
	return u, true
}

// end adds the places that were read from the view. Read is nil if the view could not be read.
// Places that were noted in the meantime are newer and take precedence.
func (c *recency) end(user string, u *recent, read []activityIn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users[user] != u {
		return // dropped in the meantime
	}
	if read == nil { // or the user does not have many channels
		delete(c.users, user)
		return
	}
	for _, m := range read {
		if noted := u.marks[m.channel]; noted != gone {
			u.marks[m.channel] = noted.over(m.activity)
		}
	}
	maps.DeleteFunc(u.marks, func(_ string, active activity) bool { return active == gone })
	u.ready = true
	c.size += len(u.marks)
	for c.size > c.most && c.dropOldest() {
	}
}

// dropOldest drops the user who asked longest ago, unless it is the only user. The caller holds
// mu.
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
