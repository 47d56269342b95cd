package bridge

import (
	"runtime"
	"slices"
	"sync"
)

const (
	// maxIdle is how many workers wait for the next flush at most, those included that took the place of a blocked one.
	maxIdle = 512
	// turn is how many sessions a worker flushes before it lets others run: some 50 µs.
	turn = 4
)

// flushers writes to all sessions, with about as many workers as there are cores. Under load sessions wait in its queue and not
// as goroutines: those stood in the scheduler's line before the writers of the log, and held up the next commit by
// milliseconds. What comes for a session that is in the queue already leaves in the same message.
//
// A worker that is about to wait for a peer gives its place to another first, so that nobody waits for a slow peer but
// the peer itself.
type flushers struct {
	places int // how many may work at once, those not counted that wait for a peer

	mu      sync.Mutex // protects following
	queue   []*session // each at most once: a session is flushing from here on
	working int
	idle    []*worker // the last one is the next to work: its memory is warm
	closed  bool
	running sync.WaitGroup
}

// worker flushes one session after the other. Its fields are its own, but for wake.
type worker struct {
	*flushers
	wake chan bool // one token: a place, or false to end
	away bool      // has given its place to another
	scratch
}

func newFlushers() *flushers { return &flushers{places: runtime.NumCPU()} }

// flush has a session flushed, and does not block. It must not be called after close.
func (f *flushers) flush(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, s)
	f.rouse()
}

// rouse gives a free place to a worker where there is work. The caller holds mu.
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

// run flushes until the worker is one too many.
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

// next is the session to flush, or nil for the worker to end. It waits while there is none, or no place.
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

// leave gives the worker's place to another, until it comes back from its session.
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
	w.working++ // it may be one too many now: then it waits in next
}

// trim lets the worker end that has been idle for longest. The heartbeat calls it some ten times a second, so that what a busy
// minute left behind goes away in the next.
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
