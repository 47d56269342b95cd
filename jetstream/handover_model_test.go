package jetstream

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"natterjack/jetstream/view"
)

// stage holds everything between a follower and its sessions, for two shards. The follower's
// steps are taken one by one. Between any two steps, and wherever a cursor reads shared state,
// other steps may come first. The view is a list.
type stage struct {
	*rapid.T
	log     *Log
	shards  []*stagedShard
	tails   []*tail
	devices []*device
	still   bool // no more steps are taken
}

// stagedShard is a follower and the progress of its current round.
type stagedShard struct {
	f       *follower
	events  []*Entry // all events in the view
	members map[string][]string
	before  map[string]uint64
	upto    uint64
	round   *round   // applied, and not yet on the shelf
	entries []*Entry // on the shelf, while their readers are not woken yet
}

// device is a session. It reads when it was woken, or when it has been told that there is more.
type device struct {
	cursor Cursor
	from   []uint64
	got    [][]uint64 // per shard
	due    bool
	closed bool
}

func (d *device) Wake(bool) { d.due = true }

var stageUsers = []string{"ann", "bob", "cat"}

func newStage(t *rapid.T) *stage {
	s := &stage{T: t, log: &Log{delivery: delivery{readers: newReaders()}, node: node{log: slog.New(slog.DiscardHandler)}}}
	for shard := range 2 {
		tl := new(tail)
		s.tails = append(s.tails, tl)
		s.shards = append(s.shards, &stagedShard{
			f:       &follower{shard: shard, tail: tl, readers: s.log.readers},
			members: map[string][]string{}, before: map[string]uint64{},
		})
	}
	s.log.shelf = s
	return s
}

// newest, Position and Missed implement [shelf]. Other steps come first in each of them.
func (s *stage) newest(dst []*Entry, shard int, user string, after uint64, room *int) ([]*Entry, uint64, bool) {
	s.others()
	return s.tails[shard].read(dst, user, after, room)
}

func (s *stage) Position(shard int) uint64 {
	s.others()
	return s.shards[shard].upto
}

func (s *stage) Missed(user string, span view.Span, limit, maxBytes int) (events []view.Event, more bool, err error) {
	s.others()
	for _, a := range s.shards[span.Shard].events {
		if a.pos <= span.After || a.pos > span.Upto || span.Channel != "" && a.channel != span.Channel || a.seenBy(user) == nil {
			continue
		}
		if len(events) == min(limit, 3) || len(events) > 0 && maxBytes <= 0 { // the pages of this view are short
			return events, true, nil
		}
		maxBytes -= len(a.frame)
		events = append(events, view.Event{Pos: a.pos, Channel: a.channel, Record: a.frame})
	}
	return events, false, nil
}

// others takes a few steps, sometimes a burst of them.
func (s *stage) others() {
	if s.still {
		return
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 3, 12}).Draw(s.T, "others") {
		s.step(rapid.IntRange(0, len(s.shards)-1).Draw(s.T, "shard"))
	}
}

// step takes one step of a follower.
func (s *stage) step(shard int) {
	sh := s.shards[shard]
	switch {
	case len(sh.entries) > 0:
		s.log.readers.wake(sh.entries[0])
		sh.entries = sh.entries[1:]
	case sh.round != nil:
		sh.entries = sh.f.shelve(sh.round)
		sh.round = nil
	default:
		s.apply(sh)
	}
}

// apply makes the view apply a round, or move past messages that are gone.
func (s *stage) apply(sh *stagedShard) {
	n := rapid.SampledFrom([]int{0, 1, 1, 2, 9, 12}).Draw(s.T, "round")
	if n == 0 {
		sh.upto += 3
		sh.f.tail.skip(sh.upto)
		return
	}
	r := &round{first: sh.upto + 1, unknown: s.log.readers.none(), erases: rapid.IntRange(0, 9).Draw(s.T, "erases") == 0}
	var entries []*Entry
	for range n {
		sh.upto += rapid.Uint64Range(1, 2).Draw(s.T, "pos")
		entries = append(entries, s.event(sh))
	}
	sh.events = append(sh.events, entries...)
	r.upto, r.entries = sh.upto, func() []*Entry { return entries }
	sh.round = r
}

func (s *stage) event(sh *stagedShard) *Entry {
	channel := fmt.Sprintf("g%d-%d", sh.f.shard, rapid.IntRange(0, 2).Draw(s.T, "channel"))
	was := sh.members[channel]
	now := was
	if was == nil || rapid.IntRange(0, 9).Draw(s.T, "members") == 0 {
		now = slices.Sorted(slices.Values(rapid.SliceOfDistinct(rapid.SampledFrom(stageUsers), rapid.ID).Draw(s.T, "now")))
	}
	sh.members[channel] = now
	e := &Entry{
		shard: sh.f.shard, pos: sh.upto, channel: channel, hash: channelHash(channel), before: sh.before[channel], members: now,
		parted: slices.DeleteFunc(slices.Clone(was), func(u string) bool { return slices.Contains(now, u) }),
		frame:  make([]byte, rapid.SampledFrom([]int{10, 10, 10, maxReadyEntry}).Draw(s.T, "size")),
	}
	copy(e.frame, `{}`)
	sh.before[channel] = e.pos
	return e
}

// open adds a cursor as [Log.Follow] does, at the head or at an earlier position.
func (s *stage) open() {
	if len(s.devices) == 4 {
		return
	}
	d := &device{got: make([][]uint64, len(s.shards))}
	c := &d.cursor
	c.log, c.user, c.waker, c.at = s.log, rapid.SampledFrom(stageUsers).Draw(s.T, "user"), d, make([]uint64, len(s.shards))
	s.log.readers.add(c)
	s.others()
	head := []uint64{s.shards[0].upto, s.shards[1].upto}
	copy(c.at, head)
	s.others()
	if rapid.Bool().Draw(s.T, "resumes") {
		for shard := range c.at {
			c.at[shard] = rapid.Uint64Range(0, head[shard]).Draw(s.T, "from")
		}
		s.others()
		c.lookBack(head)
	}
	d.from = slices.Clone(c.at)
	s.devices = append(s.devices, d)
}

// read does one turn of a flush.
func (s *stage) read(d *device) {
	d.due = false
	room := rapid.SampledFrom([]int{1, 300, 1 << 20}).Draw(s.T, "room")
	entries, more, err := d.cursor.Next(nil, room)
	if err != nil {
		s.Fatal(err)
	}
	d.due = d.due || more
	for _, e := range entries {
		d.got[e.shard] = append(d.got[e.shard], e.pos)
	}
}

// turns takes some steps. Then about one in n of the devices that have something to read do so.
func (s *stage) turns(n int) {
	s.others()
	for _, d := range s.devices {
		if d.due && rapid.IntRange(1, n).Draw(s.T, "turn") == 1 {
			s.read(d)
		}
	}
}

// shut closes a cursor in one of four calls.
func (s *stage) shut(d *device) {
	if rapid.IntRange(0, 3).Draw(s.T, "really") == 0 {
		d.cursor.Close()
		d.closed, d.due = true, false
	}
}

// shorten drops the older half of a tail.
func (s *stage) shorten(t *tail) {
	if n := len(t.entries) / 2; n > 0 {
		t.floor = t.entries[n-1].pos
		t.entries = t.entries[n:]
	}
}

// check compares the events that a device got with the events that it should have got.
func (s *stage) check(d *device) {
	for shard, sh := range s.shards {
		var want []uint64
		for i := range sh.events {
			if a := sh.events[i]; a.pos > d.from[shard] && a.seenBy(d.cursor.user) != nil {
				want = append(want, a.pos)
			}
		}
		if !slices.Equal(want, d.got[shard]) {
			s.Fatalf("%s in shard %d, from %d: got %v, want %v", d.cursor.user, shard, d.from[shard], d.got[shard], want)
		}
	}
}

// TestHandover shows that every event that a member may see comes out of each of that member's
// cursors, once and in order, for any order of the steps. Nothing has to be read again for
// that.
func TestHandover(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(rt)
		s.open()
		rt.Repeat(map[string]func(*rapid.T){
			"open":    func(*rapid.T) { s.open() },
			"close":   func(*rapid.T) { s.shut(rapid.SampledFrom(s.devices).Draw(rt, "device")) },
			"shorten": func(*rapid.T) { s.shorten(rapid.SampledFrom(s.tails).Draw(rt, "tail")) },
			"all":     func(*rapid.T) { s.turns(1) },
			"some":    func(*rapid.T) { s.turns(2) },
			"few":     func(*rapid.T) { s.turns(4) },
		})
		s.settle()
	})
}

// settle ends all rounds, lets all devices read the events that they are due, and checks them.
func (s *stage) settle() {
	s.still = true
	for shard, sh := range s.shards {
		for sh.round != nil || len(sh.entries) > 0 {
			s.step(shard)
		}
	}
	for _, d := range s.devices {
		for d.due && !d.closed {
			s.read(d)
		}
	}
	for _, d := range s.devices {
		if d.closed && d.due {
			s.Fatal("a closed cursor was woken")
		}
		if !d.closed {
			s.check(d)
		}
	}
	if n := s.log.Holes(); n > 0 {
		s.Fatalf("%d events would have been missed", n)
	}
}
