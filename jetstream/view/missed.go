package view

import "container/heap"

// Missed returns the events that a user has missed in a span of a shard: those of all the user's
// channels during the user's memberships, in the order of pos. The events that began or ended a
// membership are included, and so are the events that refused the user's requests to join. Events
// about messages that the user is not shown are not, and neither are notes. Missed returns up to
// limit events and up to about maxBytes of records, but at least one event if there is one. If more
// is true, the rest follows after the last pos returned. Otherwise the result is complete up to
// span.Upto. A channel with nothing new costs a look at its head.
func (v *View) Missed(user string, span Span, limit, maxBytes int) (events []Event, more bool, err error) {
	err = v.read("read what was missed", func(r *reader) error {
		m := merge{room: maxBytes}
		if err := m.start(v, r, user, span); err != nil {
			return err
		}
		for len(m.sources) > 0 && len(events) < limit {
			e, err := m.head(r)
			if err != nil {
				return err
			}
			if maxBytes -= len(e.Record); maxBytes < 0 && len(events) > 0 {
				break
			}
			events = append(events, e)
			if err := m.advance(r); err != nil {
				return err
			}
		}
		more = len(m.sources) > 0
		return nil
	})
	return events, more, err
}

// merge is a heap of sources, ordered by the pos of each source's first event. A user may be in
// thousands of channels, so only the first sources have their events in memory from the start:
// as many as there is room for. The others read theirs when it is their turn.
type merge struct {
	sources []*source
	room    int // bytes
}

func (m *merge) start(v *View, r *reader, user string, span Span) error {
	gaps, err := r.gaps(v, user, span)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		at, err := r.start(g)
		if err != nil {
			return err
		}
		src := &source{gap: g, next: appendEventKey(nil, g.channel, at)}
		if any, err := m.open(r, src); err != nil {
			return err
		} else if any {
			m.sources = append(m.sources, src)
		}
	}
	heap.Init(m)
	return nil
}

// open reads the first events of a source, or only their place, and reports whether it has any.
func (m *merge) open(r *reader, src *source) (bool, error) {
	if m.room < 0 {
		return src.peek(r)
	}
	size, err := src.fill(r)
	m.room -= size
	return len(src.events) > 0, err
}

// head returns the first event. There must be a source.
func (m *merge) head(r *reader) (Event, error) {
	s := m.sources[0]
	if len(s.events) == 0 {
		if _, err := s.fill(r); err != nil {
			return Event{}, err
		}
	}
	return s.events[0], nil
}

// advance moves past the first event.
func (m *merge) advance(r *reader) error {
	s := m.sources[0]
	if s.skip(); len(s.events) == 0 {
		if _, err := s.fill(r); err != nil {
			return err
		}
	}
	if len(s.events) == 0 {
		heap.Pop(m)
	} else {
		heap.Fix(m, 0)
	}
	return nil
}

// Len implements [heap.Interface].
func (m *merge) Len() int { return len(m.sources) }

// Less implements [heap.Interface].
func (m *merge) Less(i, j int) bool { return m.sources[i].first < m.sources[j].first }

// Swap implements [heap.Interface].
func (m *merge) Swap(i, j int) { m.sources[i], m.sources[j] = m.sources[j], m.sources[i] }

// Push implements [heap.Interface].
func (m *merge) Push(x any) { m.sources = append(m.sources, x.(*source)) }

// Pop implements [heap.Interface].
func (m *merge) Pop() any {
	last := len(m.sources) - 1
	s := m.sources[last]
	m.sources = m.sources[:last]
	return s
}
