package queue

import "sync/atomic"

// Stats count the jobs that this node has handled in a queue since the start.
type Stats struct {
	Put     uint64 // jobs that were stored, or were there already
	Refused uint64 // jobs that were not stored
	Done    uint64
	Again   uint64 // failed tries after which a job comes again
	Later   uint64 // how often a job found no place, or had to wait, and went back
	Expired uint64 // of the dead ones
	Dead    uint64 // jobs that became dead letters
	Now     int    // jobs that the node has
}

type counters struct{ put, refused, done, again, later, expired, dead atomic.Uint64 }

// Stats returns the counts of this node.
func (q *Queue) Stats() Stats {
	c := &q.count
	return Stats{
		Put: c.put.Load(), Refused: c.refused.Load(), Done: c.done.Load(), Again: c.again.Load(), Later: c.later.Load(),
		Expired: c.expired.Load(), Dead: c.dead.Load(), Now: q.cfg.AtOnce - q.hands.free(),
	}
}
