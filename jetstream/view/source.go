package view

import "bytes"

// source reads the missed events of a channel in ascending order, a few at a time. It shares
// its reader with other sources.
type source struct {
	channel string
	next    []byte // key to read on from; nil if there is nothing more
	upto    uint64 // highest pos to read
	chunk   int    // how many events the last read asked for
	events  []Event
}

// A source reads firstChunk events at first and doubles that up to lastChunk. A source that is
// read once costs one seek and little memory.
const (
	firstChunk = 2
	lastChunk  = 64
)

// fill reads the next events, or none if there are no more.
func (s *source) fill(r *reader) error {
	s.events = nil
	if s.next == nil {
		return nil
	}
	s.chunk = min(max(2*s.chunk, firstChunk), lastChunk)
	var p page
	key := s.next
	s.next = nil
	for ok := r.it.SeekGE(key); ok && bytes.HasPrefix(r.it.Key(), key[:len(key)-placeLen]); ok = r.it.Next() {
		e, err := eventAt(r.it, s.channel)
		if err != nil {
			return err
		}
		if e.Pos > s.upto {
			break
		}
		if len(p.events) == s.chunk {
			s.next = bytes.Clone(r.it.Key())
			break
		}
		p.add(e)
	}
	s.events = p.events
	return r.it.Error()
}
