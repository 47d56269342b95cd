package view

import "bytes"

// source reads the missed events of a channel in ascending order, a few at a time. It shares
// its reader with other sources.
type source struct {
	gap
	next   []byte // key to read on from; nil if there is nothing more
	chunk  int    // how many events the last read asked for
	first  uint64 // pos of the first event that is left
	events []Event
}

// A source reads firstChunk events at first and doubles that up to lastChunk. A source that is
// read once costs one seek and little memory. A chunk of large events ends at chunkBytes.
const (
	firstChunk = 2
	lastChunk  = 64
	chunkBytes = 64 << 10
)

// peek finds the first event without keeping it, and reports whether there is one.
func (s *source) peek(r *reader) (bool, error) {
	key := s.next
	for ok := r.it.SeekGE(key); ok && bytes.HasPrefix(r.it.Key(), key[:len(key)-placeLen]); ok = r.it.Next() {
		e, err := r.eventAt(s.channel)
		if err != nil || e.Pos > s.upto {
			return false, err
		}
		lacks, err := s.lacks(&e)
		if err != nil {
			return false, err
		}
		if !lacks {
			s.first, s.next = e.Pos, bytes.Clone(r.it.Key())
			return true, nil
		}
	}
	return false, r.it.Error()
}

// fill reads the next events, or none if there are no more. It returns their size.
func (s *source) fill(r *reader) (size int, err error) {
	s.events = nil
	if s.next == nil {
		return 0, nil
	}
	s.chunk = min(max(2*s.chunk, firstChunk), lastChunk)
	var p page
	key := s.next
	s.next = nil
	for ok := r.it.SeekGE(key); ok && bytes.HasPrefix(r.it.Key(), key[:len(key)-placeLen]); ok = r.it.Next() {
		e, err := r.eventAt(s.channel)
		if err != nil {
			return 0, err
		}
		if e.Pos > s.upto {
			break
		}
		lacks, err := s.lacks(&e)
		if err != nil {
			return 0, err
		}
		if lacks {
			continue
		}
		if n := len(p.events); n == s.chunk || n > 0 && size+len(e.Record) > chunkBytes {
			s.next = bytes.Clone(r.it.Key())
			break
		}
		size += len(e.Record)
		e.Refused = s.refused
		p.add(e)
	}
	if s.events = p.events; len(s.events) > 0 {
		s.first = s.events[0].Pos
	}
	return size, r.it.Error()
}

// skip moves past the first event, which is in memory.
func (s *source) skip() {
	if s.events = s.events[1:]; len(s.events) > 0 {
		s.first = s.events[0].Pos
	}
}
