package check

import (
	"cmp"
	"maps"
	"slices"
)

// Verify returns every promise that the run breaks.
func Verify(run *Run) []Violation {
	c := &checker{run: run, logs: map[string]*log{}, ids: map[string]place{}, places: map[spot]string{}}
	c.gather()
	for _, channel := range slices.Sorted(maps.Keys(c.logs)) {
		c.density(channel)
		c.contents(channel)
	}
	c.acks()
	for i := range run.Feeds {
		c.feed(&run.Feeds[i])
	}
	for i := range run.Histories {
		c.history(&run.Histories[i])
	}
	return c.found
}

// place identifies a message. spot is the position of an event in the stream.
type (
	place struct {
		channel string
		seq     uint64
	}
	spot struct {
		shard int
		pos   uint64
	}
	sendKey struct{ channel, sender, clientID string }
)

// checker holds the work on one run.
type checker struct {
	report
	run    *Run
	logs   map[string]*log
	ids    map[string]place
	places map[spot]string // the id of the event at each spot
}

// log is a channel assembled from everything that any user was shown of it.
type log struct {
	made   *Event
	bySeq  map[uint64]Event
	byKey  map[sendKey]uint64
	sorted []Event // by seq
}

// gather assembles the logs. It also reports users who were shown another event than the first
// user.
func (c *checker) gather() {
	for channel := range c.run.Members {
		c.logs[channel] = newLog()
	}
	for _, f := range c.run.Feeds {
		for _, e := range f.Events {
			c.saw(f.Device, e)
		}
	}
	for _, h := range c.run.Histories {
		for _, e := range h.Events {
			c.saw(h.Via, e)
		}
	}
	for _, l := range c.logs {
		l.sorted = slices.SortedFunc(maps.Values(l.bySeq), func(a, b Event) int { return cmp.Compare(a.Seq, b.Seq) })
	}
}

func newLog() *log { return &log{bySeq: map[uint64]Event{}, byKey: map[sendKey]uint64{}} }

func (c *checker) saw(who string, e Event) {
	l := c.logs[e.Channel]
	if l == nil {
		c.add(Phantom, e.Channel, "%s was shown a channel that nobody made", who)
		l = newLog()
		c.logs[e.Channel] = l
	}
	first, known := l.bySeq[e.Seq]
	if e.Seq == 0 {
		known = l.made != nil
		if known {
			first = *l.made
		} else {
			l.made = &e
		}
	} else if !known {
		l.bySeq[e.Seq] = e
	}
	if known && first != e {
		c.add(Changed, e.Channel, "%s was shown %+v where another was shown %+v", who, e, first)
	}
	if !known {
		c.unique(e)
	}
}

// unique checks that each id and each place in the stream belongs to one message.
func (c *checker) unique(e Event) {
	if at, taken := c.ids[e.ID]; taken {
		c.add(Doubled, e.Channel, "id %s is of message %d and of message %d of %s", e.ID, e.Seq, at.seq, at.channel)
	}
	c.ids[e.ID] = place{e.Channel, e.Seq}
	where := spot{e.Shard, e.Pos}
	if id, taken := c.places[where]; taken {
		c.add(Doubled, e.Channel, "pos %d of shard %d is of %s and of %s", e.Pos, e.Shard, e.ID, id)
	}
	c.places[where] = e.ID
}

// density checks that a channel's seq is dense from 1 and in the order of pos.
func (c *checker) density(channel string) {
	l := c.logs[channel]
	if l.made == nil {
		c.add(Lost, channel, "nobody was shown its making")
		return
	}
	before := *l.made
	for _, e := range l.sorted {
		if e.Seq != before.Seq+1 {
			c.add(Hole, channel, "message %d is followed by message %d", before.Seq, e.Seq)
		}
		if e.Pos <= before.Pos || e.Shard != before.Shard {
			c.add(Reordered, channel, "message %d is at pos %d of shard %d, message %d at %d of %d",
				before.Seq, before.Pos, before.Shard, e.Seq, e.Pos, e.Shard)
		}
		before = e
	}
}

// contents checks that each message was sent once, with this text.
func (c *checker) contents(channel string) {
	sent := map[sendKey]*Send{}
	for i := range c.run.Sends {
		if s := &c.run.Sends[i]; s.Channel == channel {
			sent[s.key()] = s
		}
	}
	l := c.logs[channel]
	for _, e := range l.sorted {
		key := sendKey{channel, e.Sender, e.ClientID}
		if seq, twice := l.byKey[key]; twice {
			c.add(Doubled, channel, "messages %d and %d are both what %s sent as %s", seq, e.Seq, e.Sender, e.ClientID)
			continue
		}
		l.byKey[key] = e.Seq
		s := sent[key]
		switch {
		case s == nil:
			c.add(Phantom, channel, "message %d of %s with client id %s was not sent", e.Seq, e.Sender, e.ClientID)
		case s.Text != e.Text:
			c.add(Changed, channel, "message %d says %q, %s sent %q", e.Seq, e.Text, e.Sender, s.Text)
		case s.Refused:
			c.add(Misled, channel, "%s was told that %s is not stored, and it is message %d", e.Sender, e.ClientID, e.Seq)
		}
	}
}

func (s *Send) key() sendKey { return sendKey{s.Channel, s.Sender, s.ClientID} }

// acks checks that every ack is true, and that the acks of a lane follow the order of its
// sends.
func (c *checker) acks() {
	type lane struct{ name, channel string }
	last := map[lane]uint64{}
	for i := range c.run.Sends {
		s := &c.run.Sends[i]
		if s.Ack == nil {
			continue
		}
		c.ack(s)
		at := lane{s.Lane, s.Channel}
		if s.Ack.Seq <= last[at] {
			c.add(Overtaken, s.Channel, "%s was acknowledged as %d, its predecessor as %d", s.ClientID, s.Ack.Seq, last[at])
		}
		last[at] = s.Ack.Seq
	}
}

func (c *checker) ack(s *Send) {
	l := c.logs[s.Channel]
	if l == nil {
		c.add(Lost, s.Channel, "nobody was shown a channel in which %s was acknowledged", s.ClientID)
		return
	}
	seq, stored := l.byKey[s.key()]
	if !stored {
		c.add(Lost, s.Channel, "%s of %s was acknowledged as %d and shown to nobody", s.ClientID, s.Sender, s.Ack.Seq)
		return
	}
	e := l.bySeq[seq]
	told := Event{
		Channel: s.Ack.Channel, Shard: s.Ack.Shard, Pos: s.Ack.Pos, Seq: s.Ack.Seq, ID: s.Ack.ID,
		ClientID: s.Ack.ClientID, Sender: s.Sender, Text: e.Text, Timestamp: s.Ack.Timestamp,
	}
	if told != e {
		c.add(Misled, s.Channel, "the ack said %+v, the event %+v", *s.Ack, e)
	}
}
