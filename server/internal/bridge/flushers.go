package bridge

import (
	"sync"
	"sync/atomic"
)

// maxIdle is how many goroutines wait for the next flush at most: about a message's worth in a large group.
const maxIdle = 512

// flushers runs the flushes of all sessions. A flush has a goroutine for as long as something waits, and no longer; but a
// goroutine that has done one does the next rather than end, for a fresh one would first have to grow its stack to
// reach the socket, which costs as much as a sixth of a delivery.
type flushers struct {
	next    chan *session // unbuffered: what can be sent at once has found an idle goroutine
	idle    atomic.Int32
	running sync.WaitGroup
}

func newFlushers() *flushers { return &flushers{next: make(chan *session)} }

// flush has a session flushed, and does not block. It must not be called after close.
func (f *flushers) flush(s *session) {
	select {
	case f.next <- s:
	default:
		f.running.Go(func() { f.run(s) })
	}
}

func (f *flushers) run(s *session) {
	for s != nil {
		s.flush()
		if f.idle.Add(1) > maxIdle {
			f.idle.Add(-1)
			return
		}
		s = <-f.next
		f.idle.Add(-1)
	}
}

// trim lets an idle goroutine end. The heartbeat calls it some ten times a second, so that what a busy minute left behind goes
// away in the next.
func (f *flushers) trim() {
	select {
	case f.next <- nil:
	default:
	}
}

// close ends the idle goroutines and waits for all.
func (f *flushers) close() {
	close(f.next)
	f.running.Wait()
}
