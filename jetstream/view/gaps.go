package view

import (
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// gap is a stretch of a channel in which a user has missed something: the events with after <
// pos ≤ upto.
type gap struct {
	channel     string
	after, upto uint64
	// seen are the user's memberships in the channel, if there may be messages that the user is
	// not shown. An event about such a message is not missed. Otherwise seen is nil.
	seen []membership
	// refused is true for the event that refused the user's request to join.
	refused bool
}

// lacks reports whether the user is not shown an event in the gap: it is a note, or about a
// message that the user is not shown.
func (g *gap) lacks(e *Event) (bool, error) {
	if e.Kind == wire.KindNote {
		return true, nil
	}
	if g.seen == nil || e.Kind == wire.KindMessage || e.Kind == wire.KindMeta {
		return false, nil
	}
	record, err := wire.DecodeRecord(e.Record)
	seq := channel.About(&record)
	if seq == 0 || err != nil {
		return false, err
	}
	return !slices.ContainsFunc(g.seen, func(m membership) bool { return m.shows(seq) }), nil
}

// gaps returns the stretches of the user's channels that have events in a span. It covers the
// channels that the user is in and those that the user was in. Events before the user joined
// and after the user left do not count as missed.
func (r *reader) gaps(v *View, user string, span Span) (gaps []gap, err error) {
	members, err := r.membershipsOf(user, span.Shard)
	if err != nil {
		return nil, err
	}
	ended := map[string][]membership{}
	for i := range members {
		m := &members[i]
		if m.over() { // these come first
			ended[m.channel] = append(ended[m.channel], *m)
		}
		if span.Channel != "" && m.channel != span.Channel {
			continue
		}
		g := gap{channel: m.channel, after: max(span.After, m.since-1), upto: min(span.Upto, m.until), refused: m.refused}
		if g.after >= g.upto {
			continue
		}
		head, err := v.head(r, m.channel)
		if err != nil {
			return nil, err
		}
		if head.Pos > g.after {
			g.seen = m.with(ended[m.channel])
			gaps = append(gaps, g)
		}
	}
	return gaps, nil
}

// with returns this membership together with those before it, or nil if the user sees all
// messages up to the end of this one. The users of a direct channel do.
func (m *membership) with(before []membership) []membership {
	if _, _, direct := wire.DirectUsers(m.channel); direct || m.joined == 0 {
		return nil
	}
	return append(slices.Clip(before), *m)
}

// head returns a channel's head, from memory if memory has it. The head from memory may be
// newer than the reader, but never older than the position that the caller has seen.
func (v *View) head(r *reader, id string) (channel.Head, error) {
	h, _, ok := v.shardOf(id).states.get(id)
	if ok {
		return h.Head, nil
	}
	h, _, err := r.head(id)
	return h.Head, err
}

// start returns the place where the events of a gap begin: events at start or above were
// missed, events below were not. Pos ascends with seq, so this needs no index. The search goes
// back from the head in steps that double, because most gaps are short, and then bisects the
// last step.
func (r *reader) start(g gap) (start place, err error) {
	head, _, err := r.head(g.channel)
	if err != nil {
		return start, err
	}
	// Some event of seq low was not missed, or low is 0. All events of seq high or above were
	// missed.
	low, high := uint64(0), head.Seq+1
	for step := uint64(1); low == 0 && step < high; step *= 2 {
		if low, high, err = r.probe(g, low, high, high-step); err != nil {
			return start, err
		}
	}
	for high-low > 1 {
		if low, high, err = r.probe(g, low, high, low+(high-low)/2); err != nil {
			return start, err
		}
	}
	return place{seq: low, pos: g.after + 1}, nil
}

// probe looks at a seq between low and high, and moves low up or high down by what it finds. An
// operator may have purged the event of exactly that seq. Then the next event decides.
func (r *reader) probe(g gap, low, high, seq uint64) (uint64, uint64, error) {
	at, found, err := r.placeFrom(g.channel, seq)
	if err != nil || !found || at.pos > g.after {
		return low, seq, err
	}
	return at.seq, high, nil
}
