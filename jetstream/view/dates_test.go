package view

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"natterjack/server/wire"
)

const (
	second = int64(1000)
	day    = 24 * 3600 * second
	noon   = int64(1_800_000_000_000)
)

// dateTest is a view with a clock of its own, and a log.
type dateTest struct {
	*testing.T
	o   Options
	v   *View
	at  int64 // of the view's clock
	pos uint64
	seq map[string]uint64
}

func newDateTest(t *testing.T, o Options) *dateTest {
	t.Helper()
	d := &dateTest{T: t, at: noon, seq: map[string]uint64{}}
	o.Shards, o.fs = max(o.Shards, 1), vfs.NewMem()
	o.Clock = func() (time.Time, bool) { return time.UnixMilli(d.at), true }
	d.o = o
	d.v = must(Open("view", d.o))(t)
	t.Cleanup(func() { noError(t, d.v.Close()) })
	return d
}

// say has ann write to a channel by a clock.
func (d *dateTest) say(channel string, clock int64) {
	d.Helper()
	var events []Event
	next := func(r wire.Record) {
		d.pos++
		r.ID, r.Sender, r.Timestamp = fmt.Sprint(d.pos), "ann", clock
		number(d.T, d.pos, channel, &r)
		events = append(events, Event{Pos: d.pos, Channel: channel, Kind: r.Kind, Record: must(wire.EncodeRecord(&r))(d.T)})
	}
	if d.seq[channel] == 0 {
		_, peer, _ := wire.DirectUsers(channel)
		next(wire.Record{Kind: wire.KindMeta, Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Direct, Members: []string{"ann", peer}}})
	}
	d.seq[channel]++
	next(wire.Record{Kind: wire.KindMessage, Seq: d.seq[channel], Content: &wire.Content{Text: "x"}})
	if applied := must(d.v.Apply(d.v.shardIndex(channel), events, 0))(d.T); len(applied) != len(events) {
		d.Fatalf("%d of %d events count", len(applied), len(events))
	}
}

// list checks the order of ann's channels, and that none is ahead of the clock.
func (d *dateTest) list(what string, want ...string) {
	d.Helper()
	listed, _, err := d.v.List("ann", Listing{Limit: 10}, unread)
	noError(d.T, err)
	var got []string
	for _, l := range listed {
		if got = append(got, l.State.ID); l.Active > d.at+2*second {
			d.Errorf("%s: %s was active %d s ahead", what, l.State.ID, (l.Active-d.at)/second)
		}
	}
	if !slices.Equal(got, want) {
		d.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (d *dateTest) reopen() {
	d.Helper()
	noError(d.T, d.v.Close())
	d.v = must(Open("view", d.o))(d.T)
}

// TestDates_ownClockWasAhead has the clock of a single node be a day ahead for one message. Each
// later message puts its channel above that one, in any shard, at once and for ever.
func TestDates_ownClockWasAhead(t *testing.T) {
	for name, o := range map[string]Options{"from disk": {Shards: 2}, "from memory": {Shards: 2, recentAbove: 1}} {
		t.Run(name, func(t *testing.T) {
			d := newDateTest(t, o)
			x, y, z := inShard(t, 0), inShard(t, 1), "ann~zoe"
			d.say(z, d.at)
			d.list("before", z)
			d.at += day
			d.say(x, d.at)
			d.list("ahead", x, z)
			d.at = noon + 5*second
			noError(t, d.v.CheckDates())
			d.list("right again", x, z)
			d.at += second
			d.say(y, d.at)
			d.list("after a message in another shard", y, x, z)
			d.reopen()
			d.list("after a restart", y, x, z)
			d.at += second
			d.say(z, d.at)
			d.list("after a message in the first shard", z, y, x)
			d.at = noon + day + second
			d.list("a day later", z, y, x)
			d.say(x, d.at)
			d.list("and after a message then", x, z, y)
		})
	}
}

// TestDates_startsWithTheRightClock has the clock be right only after a restart, and nobody
// call [View.CheckDates] before the next message.
func TestDates_startsWithTheRightClock(t *testing.T) {
	d := newDateTest(t, Options{})
	d.say("ann~bob", d.at+day)
	d.at += second
	d.reopen()
	d.say("ann~cem", d.at)
	d.list("at once", "ann~cem", "ann~bob")
	d.at += 2 * day
	d.list("two days later", "ann~cem", "ann~bob")
}

// TestDates_leaderIsAhead has a leader on another node be an hour ahead for a while. This node's
// own clock orders the channels meanwhile, and the log's clock after that.
func TestDates_leaderIsAhead(t *testing.T) {
	d := newDateTest(t, Options{recentAbove: 1})
	hour := 3600 * second
	var all []string
	for i := range 3 * maxLimits {
		channel := wire.DirectChannel("ann", fmt.Sprintf("u%03d", i%9))
		d.say(channel, d.at+hour)
		all = slices.Insert(slices.DeleteFunc(all, func(a string) bool { return a == channel }), 0, channel)
		d.list("ahead", all...)
		d.at += 3 * second / 2
	}
	if n := len(d.v.shards[0].dates.Load().limits); n > maxLimits {
		t.Errorf("%d limits", n)
	}
	d.say(all[8], d.at)
	d.list("by a leader that is right", slices.Concat(all[8:], all[:8])...)
	d.at += 2 * hour
	d.reopen()
	d.list("hours later", slices.Concat(all[8:], all[:8])...)
}

// TestDates_clockKnownWrong shows that a node whose own clock is known to be wrong believes the
// log.
func TestDates_clockKnownWrong(t *testing.T) {
	d := newDateTest(t, Options{})
	d.v.clock = func() (time.Time, bool) { return time.UnixMilli(d.at - day), false }
	d.say("ann~bob", d.at)
	noError(t, d.v.CheckDates())
	if st := must(d.v.Listed("ann", "ann~bob", nil, unread))(t); st.Active != d.at {
		t.Errorf("active at %d, want %d", st.Active, d.at)
	}
}

// TestDates_model compares with all events in a list, where each correction rewrites the times
// of the events so far.
func TestDates_model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, now := new(dates), noon
		var times []int64 // of the events, by pos
		count := map[uint64]int64{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.Int64Range(2*limitEvery, 5*limitEvery).Draw(t, "pause")
			if rapid.IntRange(0, 5).Draw(t, "set") == 0 {
				now += rapid.SampledFrom([]int64{-day, day}).Draw(t, "by")
			}
			at := now + rapid.SampledFrom([]int64{0, 0, 0, day}).Draw(t, "ahead")
			times = append(times, at)
			pos := uint64(len(times))
			d = d.next(pos, at, now)
			count[pos] = at
			for p, counted := range count {
				if counted > now+2*second {
					count[p] = now
				}
			}
			for p := range count {
				if got := d.of(p, times[p-1]); got > now+2*second || got < count[p]-2*second {
					t.Fatalf("the event at %d counts as of %d, want %d, at %d", p, got, count[p], now)
				}
			}
		}
	})
}
