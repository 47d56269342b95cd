package view

import "natterjack/jetstream/channel"

// gap is a stretch of a channel of which a user has missed something: the events with after < pos ≤ upto.
type gap struct {
	channel     string
	after, upto uint64
}

// gaps are the stretches of the user's channels with something in a span: of those he is in, and of those he was in. What was there
// before he was a member is not missed, nor what came after.
func (r *reader) gaps(v *View, user string, span Span) (gaps []gap, err error) {
	members, err := r.membershipsOf(user, span.Shard)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if span.Channel != "" && m.channel != span.Channel {
			continue
		}
		g := gap{channel: m.channel, after: max(span.After, m.since-1), upto: min(span.Upto, m.until)}
		if g.after >= g.upto {
			continue
		}
		head, err := v.head(r, m.channel)
		if err != nil {
			return nil, err
		}
		if head.Pos > g.after {
			gaps = append(gaps, g)
		}
	}
	return gaps, nil
}

// head is of a channel, from memory where it is there: then it may be newer than the reader, never older than the
// position that the caller has seen.
func (v *View) head(r *reader, ch string) (channel.Head, error) {
	h, _, ok := v.shardOf(ch).states.get(ch)
	if ok {
		return h.Head, nil
	}
	h, _, err := r.head(ch)
	return h.Head, err
}

// start is where the events of a gap begin: what is at start or above was missed, what is below was not. Since pos ascends
// with seq it needs no index: it gallops back from the head, for most gaps are short, and halves the last leap.
func (r *reader) start(g gap) (start place, err error) {
	head, _, err := r.head(g.channel)
	if err != nil {
		return start, err
	}
	low, high := uint64(0), head.Seq+1 // some event of seq low was not missed, or low is 0; all of seq high or above were
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

// probe moves low up or high down to what it finds at a seq between the two. An operator may have purged the event of that very
// seq; then the next one tells.
func (r *reader) probe(g gap, low, high, seq uint64) (uint64, uint64, error) {
	at, found, err := r.placeFrom(g.channel, seq)
	if err != nil || !found || at.pos > g.after {
		return low, seq, err
	}
	return at.seq, high, nil
}
