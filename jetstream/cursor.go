package jetstream

import (
	"context"
	"slices"
	"sync"
	"time"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Waker is told when its cursor has something to read. The argument own says that all of it comes
// from the cursor's own user. Wake must return at once: it is called from the shard's own
// goroutine, which serves every reader of the node.
type Waker interface{ Wake(own bool) }

// Cursor is one session's place in the log. It is a position per shard instead of a queue, so a
// slow reader is just an old position and costs no memory. Its zero value is ready for
// [Log.Follow]; embed it by value. Next is for one goroutine at a time.
type Cursor struct {
	log   *Log
	user  string
	waker Waker
	seen  *recent  // owned by Next; nil before the first entry came out
	at    []uint64 // owned by Next: per shard, all entries for this user up to this pos came out
	scans int      // set by Follow: about how many memberships a page of a replay looks at
	next  *Cursor  // the next cursor of the same user; owned by readers

	mu sync.Mutex // protects following
	// Per shard, the first pos that may have something for this user, or 0 for none. It is nil
	// until the first mark.
	pending []uint64
	// The entries for this user before the pending pos. A reader that keeps up never looks
	// through the tail.
	ready []*Entry
}

// Bounds of the entries that are ready for one cursor. Only here could a slow reader cost
// memory.
const (
	maxReady      = 8
	maxReadyEntry = 1 << 10 // bytes of the largest frame that is kept ready
)

// Start is the place in the log where a cursor begins.
type Start struct {
	Epoch     string
	Positions []uint64 // the positions that the client resumed from if Recovered, else the head
	Recovered bool     // everything after the positions that the client resumed from comes out of Next
}

// maxResume is how many missed events a resume replays. A user who was away for longer is
// served better by a fresh window, and by history on demand, than by all missed events.
const maxResume = 10_000

// resumeTimeout bounds how long it may take to find out whether positions ahead of this node's
// view are valid.
const resumeTimeout = 3 * time.Second

// viewPage is how many events a cursor takes from the view at a time.
const viewPage = 256

// Follow starts a cursor for a user at the positions that the client resumes from. It starts at
// the head if resume is nil, of another epoch, ahead of the log, or more than 10,000 events
// back. A user who resumes more often than their many memberships allow is refused. The waker may
// be called before Follow returns. Close the cursor even if Follow returned an error.
func (l *Log) Follow(c *Cursor, user string, resume *wire.Resume, w Waker) (Start, error) {
	c.log, c.user, c.waker = l, user, w
	c.at = make([]uint64, l.Shards())
	if err := l.Charge(user); err != nil {
		return Start{}, err
	}
	l.readers.add(c) // before the head is read: later events wake this cursor
	head := l.positions()
	copy(c.at, head)
	start := Start{Epoch: l.Epoch(), Positions: head}
	if ok, err := l.resumable(resume, head); err != nil || !ok {
		return start, err
	}
	memberships, err := l.view.CountScanned(user, resume.Positions)
	if err == nil {
		err = l.rates.scan(time.Now(), user, memberships)
	}
	if err != nil {
		return start, err
	}
	missed, err := l.view.CountMissed(user, resume.Positions, maxResume+1)
	if err != nil || missed > maxResume {
		return start, err
	}
	c.scans = memberships / len(head)
	copy(c.at, resume.Positions)
	start.Positions, start.Recovered = slices.Clone(resume.Positions), true
	if missed > 0 {
		c.lookBack(head)
	}
	return start, nil
}

// resumable reports whether the positions of a resume are valid in this log. Positions ahead of
// this node's view come from a node that is further on. This node then becomes level before it
// answers anything about the shard. Positions ahead of the stream itself belong to a past that
// was lost.
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
			return false, wire.Errorf(wire.CodeUnavailable, "the log cannot be read at the moment; retry")
		}
		if !ok {
			return false, nil
		}
		l.shards[shard].seen.raise(pos)
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

// lookFrom makes the cursor look at all of a shard from pos on.
func (c *Cursor) lookFrom(shard int, pos uint64) {
	c.mu.Lock()
	c.mark(shard, pos)
	c.mu.Unlock()
	c.waker.Wake(false)
}

// mark records that there may be something for the user from pos on. The caller holds mu.
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

// marked returns the mark of a shard, or 0. The caller holds mu.
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

// take appends the ready entries of a shard to dst, clears the shard's mark, and moves the
// cursor up to the mark. It does so in one step. Everything before the mark is either ready or
// not for this user, and events that are applied later mark the shard again. With two steps, a
// mark could overtake entries that became ready between them.
func (c *Cursor) take(dst []*Entry, shard int, room *int) (entries []*Entry, marked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	dst = c.takeReady(dst, shard, room)
	mark := c.marked(shard)
	if mark == 0 {
		return dst, false
	}
	c.pending[shard] = 0
	// An idle reader never looks through the events that passed while it slept.
	c.at[shard] = max(c.at[shard], mark-1)
	return dst, true
}

// takeReady appends the ready entries of a shard to dst. It leaves out an entry that has
// already come out of the tail. The caller holds mu.
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

// waiting reports whether an entry is ready or a shard is marked.
func (c *Cursor) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ready) > 0 || slices.ContainsFunc(c.pending, func(pos uint64) bool { return pos != 0 })
}

// Next appends to dst the next entries that the user may see, in the order of pos in each
// shard. It appends up to about maxBytes of frames, and at least one entry if there is one. It
// moves the cursor behind them. If more is true, call Next again at once. Otherwise the waker
// is called when there is something new.
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

// read reads one shard from the tail, or from the view if the cursor is older than the tail.
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

// readView reads the events that the tail does not hold any more. Every event that is applied
// after this function has read upto wakes the cursor again, so no event is lost between the
// two.
func (c *Cursor) readView(dst []*Entry, shard int, room *int) ([]*Entry, bool, error) {
	if c.scans > 0 {
		c.log.rates.scanned(time.Now(), c.user, c.scans)
	}
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

// Close ends the cursor. The waker is not called any more once Close has returned. Close may be
// called more than once.
func (c *Cursor) Close() {
	if c.log != nil {
		c.log.readers.remove(c)
	}
}
