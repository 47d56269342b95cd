package jetstream

import (
	"context"
	"slices"
	"sync"
	"time"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Waker is told that its cursor has something to read; own, that it is only what the cursor's user sent. Wake must
// return at once: it is called from the shard's own goroutine, which serves every reader of the node.
type Waker interface{ Wake(own bool) }

// Cursor is one session's place in the log: a position per shard instead of a queue, so a slow reader is an old position
// and not memory. Its zero value is ready for [Log.Follow]; embed it by value. Next is for one goroutine at a time.
type Cursor struct {
	log   *Log
	user  string
	waker Waker
	seen  *recent  // owned by Next; nil before anything came out
	at    []uint64 // owned by Next: per shard, all up to here has come out, or was not for this user
	next  *Cursor  // of the same user; owned by readers

	mu      sync.Mutex // protects following
	pending []uint64   // per shard, the first pos that may have something for this user; 0 where there is none, nil before there was any
	ready   []*Entry   // what there is for this user before that: a reader who keeps up never looks through the tail
}

// Bounds of what is ready for one cursor. It is the one place where a slow reader would be memory.
const (
	maxReady      = 8
	maxReadyEntry = 1 << 10 // bytes of a frame
)

// Start is where a cursor begins.
type Start struct {
	Epoch     string
	Positions []uint64 // what the client resumed from where Recovered, else the head
	Recovered bool     // everything after the positions resumed from will come out of Next
}

// maxResume is how many missed events a resume replays. Someone away for longer is served better by a fresh window and
// history on demand than by everything that was said.
const maxResume = 10_000

// resumeTimeout bounds how long it may take to tell whether positions ahead of this node's view mean something.
const resumeTimeout = 3 * time.Second

// viewPage is how many events a cursor takes from the view at once.
const viewPage = 256

// Follow starts a cursor for a user at what the client resumes from; or at the head where that is nil, of another epoch,
// ahead of the log, or more than 10,000 events back. The waker may be called before Follow returns. Close the cursor,
// whatever Follow returned.
func (l *Log) Follow(c *Cursor, user string, resume *wire.Resume, w Waker) (Start, error) {
	c.log, c.user, c.waker = l, user, w
	c.at = make([]uint64, l.Shards())
	if err := l.Charge(user); err != nil {
		return Start{}, err
	}
	l.readers.add(c) // before the head is read: what is applied after that wakes this cursor
	head := l.positions()
	copy(c.at, head)
	start := Start{Epoch: l.Epoch(), Positions: head}
	if ok, err := l.resumable(resume, head); err != nil || !ok {
		return start, err
	}
	missed, err := l.view.CountMissed(user, resume.Positions, maxResume+1)
	if err != nil || missed > maxResume {
		return start, err
	}
	copy(c.at, resume.Positions)
	start.Positions, start.Recovered = slices.Clone(resume.Positions), true
	if missed > 0 {
		c.lookBack(head)
	}
	return start, nil
}

// resumable reports whether positions mean something in this log. Positions ahead of this node's view are those of a
// node further on, and this one comes level before it answers anything about the shard; ahead of the stream itself they are of a past
// that was lost.
func (l *Log) resumable(resume *wire.Resume, head []uint64) (bool, error) {
	if resume == nil || resume.Epoch != l.Epoch() || len(resume.Positions) != len(head) {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), resumeTimeout)
	defer cancel()
	for shard, pos := range resume.Positions {
		if pos <= head[shard] {
			continue
		}
		ok, err := reaches(ctx, l.js, shard, pos)
		if err != nil {
			return false, wire.Errorf(wire.CodeUnavailable, "the log cannot be asked at the moment; retry")
		}
		if !ok {
			return false, nil
		}
		l.known[shard].raise(pos)
	}
	return true, nil
}

// lookBack marks every shard in which the head is ahead of the cursor.
func (c *Cursor) lookBack(head []uint64) {
	c.mu.Lock()
	for shard, pos := range c.at {
		if pos < head[shard] {
			c.mark(shard, pos+1)
		}
	}
	c.mu.Unlock()
	c.waker.Wake(false)
}

// lookFrom has the cursor look at all of a shard from pos on.
func (c *Cursor) lookFrom(shard int, pos uint64) {
	c.mu.Lock()
	c.mark(shard, pos)
	c.mu.Unlock()
	c.waker.Wake(false)
}

// mark notes that there may be something from pos on. The caller holds mu.
func (c *Cursor) mark(shard int, pos uint64) {
	if p := c.marked(shard); p != 0 && p <= pos {
		return
	}
	if c.pending == nil {
		c.pending = make([]uint64, len(c.at))
	}
	c.pending[shard] = pos
	c.ready = slices.DeleteFunc(c.ready, func(e *Entry) bool { return e.shard == shard && e.pos >= pos })
}

// marked is the mark of a shard, or 0. The caller holds mu.
func (c *Cursor) marked(shard int) uint64 {
	if c.pending == nil {
		return 0
	}
	return c.pending[shard]
}

func (c *Cursor) wake(e *Entry) {
	c.mu.Lock()
	if c.marked(e.shard) == 0 && len(c.ready) < maxReady && len(e.frame) <= maxReadyEntry {
		c.ready = append(c.ready, e)
	} else {
		c.mark(e.shard, e.pos)
	}
	c.mu.Unlock()
	c.waker.Wake(e.sender == c.user)
}

// take appends what is ready in a shard to dst, takes the shard's mark, and moves the cursor up to the mark. It
// does so in one step: what comes before the mark is ready by now or not for this user, and what is applied
// later marks the shard anew. Two steps would let a mark overtake what became ready between them.
func (c *Cursor) take(dst []*Entry, shard int, room *int) (entries []*Entry, marked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	dst = c.takeReady(dst, shard, room)
	mark := c.marked(shard)
	if mark == 0 {
		return dst, false
	}
	c.pending[shard] = 0
	c.at[shard] = max(c.at[shard], mark-1) // an idle reader never looks through what passed while it slept
	return dst, true
}

// takeReady appends what is ready in a shard to dst. It may have come out of the tail already: then it is left
// out. The caller holds mu.
func (c *Cursor) takeReady(dst []*Entry, shard int, room *int) []*Entry {
	kept := c.ready[:0]
	for _, e := range c.ready {
		if e.shard != shard {
			kept = append(kept, e)
		} else if e.pos > c.at[shard] {
			c.at[shard] = e.pos
			dst = append(dst, e)
			*room -= len(e.frame)
		}
	}
	clear(c.ready[len(kept):])
	c.ready = kept
	return dst
}

// waiting reports whether anything is ready or marked.
func (c *Cursor) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ready) > 0 || slices.ContainsFunc(c.pending, func(pos uint64) bool { return pos != 0 })
}

// Next appends to dst what the user may see next, in the order of pos in each shard, up to about maxBytes of frames and
// at least one entry where there is one, and moves the cursor behind it. More reports that Next should be called again
// at once; without it, the waker will be called when there is something new.
func (c *Cursor) Next(dst []*Entry, maxBytes int) (entries []*Entry, more bool, err error) {
	room := max(maxBytes, 1)
	for shard := range c.at {
		if room <= 0 {
			return dst, c.waiting(), nil
		}
		var marked, shardMore bool
		begin := len(dst)
		if dst, marked = c.take(dst, shard, &room); marked {
			if dst, shardMore, err = c.read(dst, shard, &room); err != nil {
				c.again(shard, c.at[shard]+1)
				return dst, true, err
			}
			more = more || shardMore
		}
		if dst, err = c.verify(dst, begin); err != nil {
			return dst, true, err
		}
	}
	return dst, more, nil
}

func (c *Cursor) again(shard int, pos uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mark(shard, pos)
}

// read reads one shard from the tail, or from the view where the cursor is older than the tail.
func (c *Cursor) read(dst []*Entry, shard int, room *int) (entries []*Entry, more bool, err error) {
	dst, upto, behind := c.log.shelf.newest(dst, shard, c.user, c.at[shard], room)
	c.at[shard] = upto
	if behind {
		if dst, more, err = c.readView(dst, shard, room); err != nil {
			return dst, true, err
		}
	}
	if more || *room <= 0 {
		c.again(shard, c.at[shard]+1)
		return dst, true, nil
	}
	return dst, false, nil
}

// readView reads what the tail does not hold any more. Everything applied after upto was read here wakes the cursor
// anew, so nothing lies between the two.
func (c *Cursor) readView(dst []*Entry, shard int, room *int) ([]*Entry, bool, error) {
	upto := c.log.shelf.Position(shard)
	events, more, err := c.log.shelf.Missed(c.user, view.Span{Shard: shard, After: c.at[shard], Upto: upto}, viewPage, *room)
	if err != nil {
		return dst, false, err
	}
	for i := range events {
		e := missedEntry(shard, &events[i])
		dst = append(dst, e)
		*room -= len(e.frame)
		c.at[shard] = e.pos
	}
	if !more {
		c.at[shard] = max(c.at[shard], upto)
	}
	return dst, more, nil
}

// Close ends the cursor: its waker is not called any more once Close has returned. Safe to repeat.
func (c *Cursor) Close() {
	if c.log != nil {
		c.log.readers.remove(c)
	}
}
