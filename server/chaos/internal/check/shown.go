package check

import "slices"

// feed checks that a device was shown exactly the user's channels: each event once, in the
// order of the stream.
func (c *checker) feed(f *Feed) {
	last := map[int]uint64{}
	shown := map[string][]Event{}
	for _, e := range f.Events {
		switch pos := last[e.Shard]; {
		case e.Pos == pos:
			c.add(Doubled, e.Channel, "%s was shown pos %d of shard %d twice", f.Device, e.Pos, e.Shard)
		case e.Pos < pos:
			c.add(Reordered, e.Channel, "%s was shown pos %d of shard %d after %d", f.Device, e.Pos, e.Shard, pos)
		}
		last[e.Shard] = max(last[e.Shard], e.Pos)
		shown[e.Channel] = append(shown[e.Channel], e)
	}
	for channel, l := range c.logs {
		switch member := slices.Contains(c.run.Members[channel], f.User); {
		case member:
			c.whole(f.Device, channel, shown[channel], l.all())
		case len(shown[channel]) > 0:
			c.add(Leaked, channel, "%s is no member and was shown %d events", f.Device, len(shown[channel]))
		}
	}
}

// all returns the channel's log, including the event that made it.
func (l *log) all() []Event {
	if l.made == nil {
		return l.sorted
	}
	return append([]Event{*l.made}, l.sorted...)
}

func (c *checker) history(h *History) {
	if l := c.logs[h.Channel]; l != nil {
		c.whole("the history of "+h.Via, h.Channel, h.Events, l.sorted)
	}
}

// whole checks that all of a channel was shown, each event once and in order. Other checks compare
// an event with the events of other users.
func (c *checker) whole(who, channel string, shown, all []Event) {
	times := map[uint64]int{}
	for i, e := range shown {
		times[e.Seq]++
		if i > 0 && e.Seq < shown[i-1].Seq {
			c.add(Reordered, channel, "%s shows message %d after %d", who, e.Seq, shown[i-1].Seq)
		}
	}
	for _, e := range all {
		switch n := times[e.Seq]; {
		case n == 0:
			c.add(Lost, channel, "%s lacks message %d (%s of %s)", who, e.Seq, e.ClientID, e.Sender)
		case n > 1:
			c.add(Doubled, channel, "%s shows message %d %d times", who, e.Seq, n)
		}
	}
}
