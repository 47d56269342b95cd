package bridge

import (
	"runtime"
	"slices"
	"sync"
)

const (
	// maxIdle is the largest number of workers that wait for the next flush. It includes the
	// workers that replaced a blocked one.
	maxIdle = 512
	// turn is how many sessions a worker flushes before it yields to other goroutines: some 50
	// µs.
	turn = 4
)

// flushers writes to all sessions with about as many workers as there are cores. Under load
// sessions wait in its queue. Goroutines for each session would wait in the scheduler's queue ahead
// of the writers of the log, and would delay the next commit by milliseconds. A frame for a session
// that is already in the queue leaves in the same message.
//
// A worker that is about to wait for a peer first gives its place to another worker. So a slow peer
// makes only itself wait.
type flushers struct {
	places int // how many workers may work at once; those that wait for a peer are not counted

	mu      sync.Mutex // protects following
	queue   []*session // each at most once: from here on a session is flushing
	working int
	idle    []*worker // the last one works next: its memory is warm
	closed  bool
	running sync.WaitGroup
}

// worker flushes one session after the other. Only the worker itself uses its fields, except
// for wake.
type worker struct {
	*flushers
	wake chan bool // true: a place is free; false: end
	away bool      // it has given its place to another worker
	scratch
}

func newFlushers() *flushers { return &flushers{places: runtime.NumCPU()} }

// flush queues a session to be flushed. It does not block. It must not be called after close.
func (f *flushers) flush(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, s)
	f.rouse()
}

// rouse gives a free place to a worker if there is work. The caller holds mu.
func (f *flushers) rouse() {
	if f.working >= f.places || len(f.queue) == 0 {
		return
	}
	f.working++
	if n := len(f.idle); n > 0 {
		f.idle[n-1].wake <- true
		f.idle = f.idle[:n-1]
		return
	}
	w := newWorker(f)
	f.running.Go(w.run)
}

func newWorker(f *flushers) *worker {
	w := &worker{flushers: f, wake: make(chan bool, 1)}
	w.buf = make([]byte, maxHeader, 4<<10)
	w.attempt.init(w.leave)
	return w
}

// run flushes sessions until there are enough idle workers without this one.
func (w *worker) run() {
	for n := 1; ; n++ {
		s := w.next()
		if s == nil {
			return
		}
		s.flush(w)
		w.comeBack()
		if n%turn == 0 {
			runtime.Gosched()
		}
	}
}

// next returns the session to flush, or nil when the worker is to end. It waits while there is
// no session, or no free place.
func (w *worker) next() *session {
	w.mu.Lock()
	for len(w.queue) == 0 || w.working > w.places {
		w.working--
		if w.closed || len(w.idle) >= maxIdle {
			w.mu.Unlock()
			return nil
		}
		w.idle = append(w.idle, w)
		w.mu.Unlock()
		if !<-w.wake {
			return nil
		}
		w.mu.Lock()
	}
	defer w.mu.Unlock()
	s := w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	return s
}

// leave gives the worker's place to another worker until it is done with its session.
func (w *worker) leave() {
	if w.away {
		return
	}
	w.away = true
	w.mu.Lock()
	defer w.mu.Unlock()
	w.working--
	w.rouse()
}

func (w *worker) comeBack() {
	if !w.away {
		return
	}
	w.away = false
	w.mu.Lock()
	defer w.mu.Unlock()
	w.working++ // possibly one too many: then the worker waits in next
}

// trim ends the worker that has been idle for longest. The heartbeat calls it some ten times a
// second, so that the workers of a busy minute end during the next minute.
func (f *flushers) trim() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.idle) > 0 {
		f.idle[0].wake <- false
		f.idle = slices.Delete(f.idle, 0, 1)
	}
}

// close ends the workers and waits for them.
func (f *flushers) close() {
	f.mu.Lock()
	f.closed = true
	for _, w := range f.idle {
		w.wake <- false
	}
	f.idle = nil
	f.mu.Unlock()
	f.running.Wait()
}
