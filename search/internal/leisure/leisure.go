// Package leisure makes background work give way to work that users wait for.
//
// The rule is simple. While the node takes in events, or more of them than [Leisure.Above] says,
// all work of one [Leisure] together gets a quarter of one core: a goroutine that has worked for a
// moment rests until the work so far is a quarter of the time that has passed. When that has not
// been so for a quarter of a second, there are no rests. Time is the clock's time: work that waits
// for a busy machine rests for longer.
//
// Work is measured, not planned, so it must be cut: by [Turn.Step], which rests once the turn has
// lasted for some milliseconds.
package leisure

import (
	"sync"
	"time"
)

const (
	// share divides a core.
	share = 4
	// turn is how long a goroutine works before it rests. Other goroutines wait that long for its
	// place, several times on the way of a message, so it is much shorter than the 10 ms that the
	// scheduler would let it work.
	turn = time.Millisecond
	// lookEvery is how often the node is looked at.
	lookEvery = 5 * time.Millisecond
	// countOver is how long events are counted to tell how many a second there are.
	countOver = 100 * time.Millisecond
	// quietAfter is how long users must have left the node alone.
	quietAfter = 250 * time.Millisecond
	// longest is how long a rest lasts at most.
	longest = time.Second
)

// Leisure divides a core between some work and everything else on this node. Its methods may be
// called concurrently. With a nil Leisure there are no rests.
type Leisure struct {
	progress func() uint64
	ended    chan struct{}
	end      sync.Once

	mu     sync.Mutex // protects following
	looked time.Time
	seen   uint64
	above  float64   // events a second
	until  time.Time // users come first until then
	due    time.Time // all work so far is paid for then
	hurry  bool
	spent  Spent
}

// Spent is how long work has taken, by the clock.
type Spent struct {
	Worked time.Duration // while it had to give way
	Rested time.Duration
}

// New returns a leisure on a node. Progress must return how many events have happened there that
// users wait for, counted from anywhere.
func New(progress func() uint64) *Leisure {
	return &Leisure{progress: progress, seen: progress(), ended: make(chan struct{})}
}

// End ends all rests, for good.
func (l *Leisure) End() {
	if l != nil {
		l.end.Do(func() { close(l.ended) })
	}
}

// Above has the work give way only while more than so many events a second happen. Work that has to
// be done within a moment itself is for a node that is not busy.
func (l *Leisure) Above(perS int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.above = float64(perS)
}

// Hurry says whether the work must not rest for now, because otherwise it would never be done.
func (l *Leisure) Hurry(now bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hurry = now
}

// Spent returns how long work has taken.
func (l *Leisure) Spent() Spent {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.spent
}

// Turn is a stretch of work of one goroutine.
type Turn struct {
	of    *Leisure
	since time.Time
}

// Begin begins a turn.
func (l *Leisure) Begin() Turn {
	if l == nil {
		return Turn{}
	}
	return Turn{of: l, since: time.Now()}
}

// Step rests if the turn has lasted for long enough. The caller holds nothing that others wait for
// who do not rest themselves.
func (t *Turn) Step() {
	if t.of != nil && time.Since(t.since) >= turn {
		t.Rest()
	}
}

// Rest ends the turn, rests if that is needed, and begins another one.
func (t *Turn) Rest() {
	if t.of == nil {
		return
	}
	t.of.Rest(time.Since(t.since))
	t.since = time.Now()
}

// Rest rests after work, if that is needed.
func (l *Leisure) Rest(worked time.Duration) {
	if l == nil {
		return
	}
	wait := l.owed(worked)
	if wait <= 0 {
		return
	}
	began, timer := time.Now(), time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.ended:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent.Rested += time.Since(began)
}

// owed counts work, and returns for how long to rest after it. The times of goroutines that work at
// the same time are added up.
func (l *Leisure) owed(worked time.Duration) time.Duration {
	select {
	case <-l.ended:
		return 0
	default:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.givesWay(now) {
		l.due = now
		return 0
	}
	l.spent.Worked += worked
	if began := now.Add(-worked); l.due.Before(began) {
		l.due = began
	}
	l.due = l.due.Add(share * worked)
	if most := now.Add(longest); l.due.After(most) {
		l.due = most
	}
	return l.due.Sub(now)
}

// givesWay reports whether users come first now. The caller holds mu.
func (l *Leisure) givesWay(now time.Time) bool {
	every := lookEvery
	if l.above > 0 {
		every = countOver
	}
	if passed := now.Sub(l.looked); passed >= every {
		at := l.progress()
		if float64(at-l.seen) > l.above*passed.Seconds() {
			l.until = now.Add(quietAfter)
		}
		l.looked, l.seen = now, at
	}
	return !l.hurry && now.Before(l.until)
}
