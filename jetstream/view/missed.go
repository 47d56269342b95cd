package view

import "container/heap"

// Missed returns what a user has missed in a span of a shard: the events of all the user's
// channels during the user's memberships, in the order of pos. The events that began or ended a
// membership are included, and so are the events that refused the user's requests to join.
// Missed returns up to limit events and up to about maxBytes of records, but at least one event
// if there is one. If more is true, the rest follows after the last pos returned. Otherwise the
// result is complete up to span.Upto. A channel with nothing new costs a look at its head.
func (v *View) Missed(user string, span Span, limit, maxBytes int) (events []Event, more bool, err error) {
	err = v.read("read what was missed", func(r *reader) error {
		var m merge
		if err := m.start(v, r, user, span); err != nil {
			return err
		}
		for len(m.sources) > 0 && len(events) < limit {
			e := m.sources[0].events[0]
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

// merge is a heap of sources, ordered by the pos of each source's first event. Every source has
// at least one event in memory.
type merge struct{ sources []*source }

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
		src := &source{channel: g.channel, next: appendEventKey(nil, g.channel, at), upto: g.upto}
		if err := src.fill(r); err != nil {
			return err
		}
		if len(src.events) > 0 {
			m.sources = append(m.sources, src)
		}
	}
	heap.Init(m)
	return nil
}

// advance moves past the first event.
func (m *merge) advance(r *reader) error {
	s := m.sources[0]
	if s.events = s.events[1:]; len(s.events) == 0 {
		if err := s.fill(r); err != nil {
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
func (m *merge) Less(i, j int) bool { return m.sources[i].events[0].Pos < m.sources[j].events[0].Pos }

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
