package receipts

import (
	"sync"
	"sync/atomic"
)

// milestone is reached once all shards have reached it, or once reach is called because the
// wait was long enough.
type milestone struct {
	left    atomic.Int64
	reached chan struct{}
	reach   func() // closes reached; safe to repeat
}

func newMilestone(shards int) *milestone {
	m := &milestone{reached: make(chan struct{})}
	m.reach = sync.OnceFunc(func() { close(m.reached) })
	m.left.Store(int64(shards))
	return m
}

// one returns a function for one shard, which calls it when it has reached the milestone. The
// shard may call it any number of times.
func (m *milestone) one() func() {
	return sync.OnceFunc(func() {
		if m.left.Add(-1) == 0 {
			m.reach()
		}
	})
}
