package view

import "bytes"

// source reads the missed events of a channel in ascending order, a few at a time, and shares its reader with other sources.
type source struct {
	channel string
	next    []byte // key to read on from; nil where there is nothing more
	upto    uint64 // pos
	chunk   int    // how many were last read at once
	events  []Event
}

// A source that is asked once costs one seek and little memory; one that is asked on reads ever more at a time.
const (
	firstChunk = 2
	lastChunk  = 64
)

// fill reads the next events, none where there are no more.
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
