package jetstream

import "sync"

// readers are the open cursors of this node, by user.
type readers struct {
	mu     sync.RWMutex       // protects following and the cursors' next
	byUser map[string]*Cursor // the first cursor of each user; the others follow by next
	count  int
}

func newReaders() *readers { return &readers{byUser: map[string]*Cursor{}} }

func (r *readers) none() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.count == 0
}

func (r *readers) add(c *Cursor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.next = r.byUser[c.user]
	r.byUser[c.user] = c
	r.count++
}

// remove takes a cursor out. When it returns, no wake for that cursor is running or will come.
func (r *readers) remove(c *Cursor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.byUser[c.user]
	for p := &first; *p != nil; p = &(*p).next {
		if *p == c {
			*p = c.next
			r.count--
			break
		}
	}
	if first == nil {
		delete(r.byUser, c.user)
	} else {
		r.byUser[c.user] = first
	}
}

// wake tells every cursor of every user who may see it that there is an entry for it.
func (r *readers) wake(e *Entry) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	r.wakeUsers(e)
	if e.refusal != nil {
		r.wakeUsers(e.refusal)
	}
}

// wakeUsers does the work of wake for a caller that holds mu.
func (r *readers) wakeUsers(e *Entry) {
	for _, users := range [2][]string{e.members, e.parted} {
		for _, user := range users {
			for c := r.byUser[user]; c != nil; c = c.next {
				c.wake(e)
			}
		}
	}
}

// among returns which of some users have a cursor here.
func (r *readers) among(users []string) (here []string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, user := range users {
		if r.byUser[user] != nil {
			here = append(here, user)
		}
	}
	return here
}

// wakeAll makes every cursor look at a shard from pos on.
func (r *readers) wakeAll(shard int, pos uint64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, c := range r.byUser {
		for ; c != nil; c = c.next {
			c.lookFrom(shard, pos)
		}
	}
}
