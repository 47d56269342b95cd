package jetstream

import (
	"sync"
	"time"
)

// ownTimeout bounds how long the acks of a batch wait for this node's view.
const ownTimeout = 5 * time.Millisecond

// owed is a callback that waits until a position has been applied.
type owed struct {
	pos  uint64
	tell func()
}

// After implements [write.Follower]. It calls tell once the readers on this node have been woken
// for pos, or once [ownTimeout] has passed. If pos has been applied already, it calls tell at
// once. Otherwise another goroutine calls it. The ack then leaves in one write with the event
// itself.
func (f *follower) After(pos uint64, tell func()) {
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
	// A view that does not advance must not delay the ack of a stored event.
	time.AfterFunc(ownTimeout, once)
}

// pay calls all callbacks whose position has been applied.
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
