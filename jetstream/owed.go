package jetstream

import (
	"sync"
	"time"
)

// ownTimeout is how long the acks of a batch wait for this node's view.
const ownTimeout = 5 * time.Millisecond

// owed is what is to be told once a position has been applied.
type owed struct {
	pos  uint64
	tell func()
}

// after calls tell once the readers on this node have been told of pos, or [ownTimeout] has passed: at once where that is so
// already, else from another goroutine. What a sender is told then leaves in one write with the event itself.
func (f *follower) after(pos uint64, tell func()) {
	f.mu.Lock()
	if f.view.Position(f.shard) >= pos {
		f.mu.Unlock()
		tell()
		return
	}
	f.telling.Add(1)
	once := sync.OnceFunc(func() {
		defer f.telling.Done()
		tell()
	})
	f.owed = append(f.owed, owed{pos: pos, tell: once})
	f.mu.Unlock()
	time.AfterFunc(ownTimeout, once) // a view that stands still does not hold up what is stored
}

// pay tells what is owed by now.
func (f *follower) pay() {
	at := f.view.Position(f.shard)
	f.mu.Lock()
	n := 0
	for n < len(f.owed) && f.owed[n].pos <= at {
		n++
	}
	due := f.owed[:n:n]
	f.owed = f.owed[n:]
	f.mu.Unlock()
	for i := range due {
		due[i].tell()
	}
	clear(due)
}
