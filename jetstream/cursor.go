package jetstream

import "natterjack/server/wire"

// Waker is told that its cursor has something to read. Wake must return at once: it is called from the shard's own
// goroutine, which serves every reader of the node.
type Waker interface{ Wake() }

// Entry is an event on its way out, encoded once for all its readers on this node.
type Entry struct{}

// Frame is the event's frame, JSON. It must not be written to.
func (e *Entry) Frame() []byte { return nil }

// Memo is what make returned for this entry the first time: a transport's own encoding, made once and shared by
// all its sessions. It may be called concurrently; make may then run more than once, and one result stays.
func (e *Entry) Memo(make func(frame []byte) []byte) []byte { return nil }

// Cursor is one session's place in the log: a position per shard instead of a queue, so a slow reader is an old position and
// not memory. Its zero value is ready for [Log.Follow]; embed it by value. Next is for one goroutine at a time.
type Cursor struct{}

// Start is where a cursor begins.
type Start struct {
	Epoch     string
	Positions []uint64 // what the client has now seen, or had seen where Recovered
	Recovered bool     // everything after the positions resumed from will come out of Next
}

// Follow starts a cursor for a user at what the client resumes from, or at the head where that is nil, of another epoch, ahead of the
// log, or too far back. The waker may be called before Follow returns.
func (l *Log) Follow(c *Cursor, user string, resume *wire.Resume, w Waker) (Start, error) {
	return Start{}, nil
}

// Next appends to dst what the user may see next, in the order of pos in each shard, up to about maxBytes of frames and at least one
// entry where there is one, and moves the cursor behind it. More reports that Next should be called again at
// once; without it, the waker will be called when there is something new.
func (c *Cursor) Next(dst []*Entry, maxBytes int) (entries []*Entry, more bool, err error) {
	return nil, false, nil
}

// Close ends the cursor: its waker is not called any more once Close has returned. Safe to repeat.
func (c *Cursor) Close() {}
