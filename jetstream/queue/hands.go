package queue

import (
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// failsMost is how many tries of a target must have failed in a row for the target to count
	// as failing.
	failsMost = 3
	// restFirst and restMost are the shortest and the longest pause of a failing target.
	restFirst, restMost = time.Second, 5 * time.Minute
	// laterLeast and laterMost bound for how long a job goes back that finds no place.
	laterLeast, laterMost = 100 * time.Millisecond, time.Minute
	// guess is how long a try takes, as long as that is not known. If it is too short, jobs only
	// go back once more.
	guess = 50 * time.Millisecond
)

// task is a job that this node has.
type task struct {
	msg jetstream.Msg
	job Job
}

// target holds the facts that this node knows about a target while it has jobs for it, and for a
// while after.
type target struct {
	busy    int     // tries under way
	waiting []*task // for their turn, here
	fails   int     // tries that failed in a row
	rests   time.Time
	took    time.Duration // how long a try takes
	ended   time.Time     // when one ended last, or the first of those under way began
	turn    time.Time     // when the job that was sent back last has its turn
}

// hands are the places for jobs on this node. Its methods may be called concurrently.
type hands struct {
	most, each int
	freed      chan struct{} // a token: a place is free

	mu      sync.Mutex // protects following
	has     map[*task]struct{}
	targets map[string]*target
}

func newHands(most, each int) *hands {
	return &hands{most: most, each: each, freed: make(chan struct{}, 1), has: map[*task]struct{}{}, targets: map[string]*target{}}
}

// free returns the number of free places.
func (h *hands) free() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.most - len(h.has)
}

// all returns the tasks that this node has.
func (h *hands) all() []*task {
	h.mu.Lock()
	defer h.mu.Unlock()
	tasks := make([]*task, 0, len(h.has))
	for t := range h.has {
		tasks = append(tasks, t)
	}
	return tasks
}

// take finds a place for a task. If begins is true, the task is to be tried now. If later is not
// 0, there is no place for it, and it goes back for so long. Otherwise it waits here, until
// [hands.tried] returns it.
func (h *hands) take(t *task, now time.Time) (begins bool, later time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := h.targets[t.job.Target]
	if g == nil {
		g = &target{took: guess}
		h.targets[t.job.Target] = g
	}
	atOnce, wait := h.places(g)
	switch {
	case now.Before(g.rests):
		return false, g.later(now, g.rests, atOnce)
	case g.busy < atOnce:
		if g.busy == 0 {
			g.ended = now
		}
		g.busy++
		h.has[t] = struct{}{}
		return true, 0
	case len(g.waiting) < wait:
		g.waiting = append(g.waiting, t)
		h.has[t] = struct{}{}
		return false, 0
	default:
		return false, g.later(now, now, atOnce)
	}
}

// hold gives a task a place, of no target.
func (h *hands) hold(t *task) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.has[t] = struct{}{}
}

// places returns how many tries a target may have at once, and how many more jobs may wait.
func (h *hands) places(g *target) (atOnce, wait int) {
	if g.fails >= failsMost {
		return 1, 0
	}
	return h.each, h.each
}

// later returns for how long a job whose turn is not before a time goes back. Jobs that go back
// one after the other get turns one after the other, as far as a minute ahead.
func (g *target) later(now, from time.Time, atOnce int) time.Duration {
	last := now.Add(laterMost)
	if from.After(last) {
		last = from
	}
	switch {
	case g.turn.Before(from):
		g.turn = from
	case g.turn.After(last):
		g.turn = last
	}
	took := g.took
	if g.busy > 0 {
		took = max(took, now.Sub(g.ended)) // so far: the target may hang
	}
	g.turn = g.turn.Add(took / time.Duration(atOnce))
	return max(g.turn.Sub(now), laterLeast)
}

// tried notes the end of a try that took some time. It returns the tasks that waited for it: those
// to be tried now, and those to go back for a while.
func (h *hands) tried(t *task, v *verdict, took time.Duration, now time.Time) (begin, back []*task, later time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := h.targets[t.job.Target]
	g.busy--
	g.took, g.ended = (3*g.took+took)/4, now
	g.judge(v, now)
	atOnce, wait := h.places(g)
	if now.Before(g.rests) {
		later = g.rests.Sub(now)
		back, g.waiting = g.waiting, nil
	}
	for g.busy < atOnce && len(g.waiting) > 0 {
		begin, g.waiting = append(begin, g.waiting[0]), g.waiting[1:]
		g.busy++
	}
	if len(g.waiting) > wait {
		back, g.waiting, later = g.waiting[wait:], g.waiting[:wait:wait], laterLeast
	}
	return begin, back, later
}

// judge notes whether a target answers well. A dead job says nothing about that. One that has to
// wait does not even say that the target was asked.
func (g *target) judge(v *verdict, now time.Time) {
	switch {
	case v == nil || v.dead:
		g.fails = 0
		return
	case v.early:
		return
	}
	g.fails++
	if v.all {
		g.rests = now.Add(v.after)
	}
	if g.fails >= failsMost {
		rest := now.Add(doubled(restFirst, restMost, g.fails-failsMost))
		if rest.After(g.rests) {
			g.rests = rest
		}
	}
}

// put gives a task's place back.
func (h *hands) put(t *task, now time.Time) {
	h.mu.Lock()
	delete(h.has, t)
	if len(h.targets) > h.most {
		for name, g := range h.targets { // targets of which nothing needs to be remembered
			if g.busy == 0 && len(g.waiting) == 0 && g.fails == 0 && now.After(g.rests) && now.After(g.turn) {
				delete(h.targets, name)
			}
		}
	}
	h.mu.Unlock()
	select {
	case h.freed <- struct{}{}:
	default:
	}
}

// waiting removes and returns all tasks that wait for their turn.
func (h *hands) waiting() (tasks []*task) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.targets {
		tasks = append(tasks, g.waiting...)
		g.waiting = nil
	}
	return tasks
}

// doubled returns a pause that is twice as long each time, up to a longest one.
func doubled(first, most time.Duration, times int) time.Duration {
	for ; times > 0 && first < most; times-- {
		first *= 2
	}
	return min(first, most)
}
