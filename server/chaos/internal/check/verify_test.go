package check_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"natterjack/server/chaos/internal/check"
)

// good returns a run without violations. It has a group and a direct channel in one shard, two
// devices of one user, a send that was stored without an ack, and a send that was not stored.
func good(seed uint64) *check.Run {
	r := rand.New(rand.NewPCG(seed, 0))
	run := &check.Run{Members: map[string][]string{"group": {"ann", "bob", "cy"}, "ann~bob": {"ann", "bob"}}}
	var all []check.Event
	seq := map[string]uint64{}
	pos := uint64(0)
	appendTo := func(channel, sender, clientID, text string) check.Event {
		pos += 1 + r.Uint64N(3)
		e := check.Event{
			Channel: channel, Shard: 3, Pos: pos, Seq: seq[channel], ID: fmt.Sprint("id", pos),
			ClientID: clientID, Sender: sender, Text: text, Timestamp: int64(1000 + pos),
		}
		seq[channel]++
		all = append(all, e)
		return e
	}
	appendTo("group", "ann", "g", "")
	appendTo("ann~bob", "ann", "", "")
	for i := range 12 + r.IntN(20) {
		channel := []string{"group", "ann~bob"}[i%2]
		members := run.Members[channel]
		s := check.Send{Channel: channel, Sender: members[r.IntN(len(members))], ClientID: fmt.Sprint("c", i), Text: fmt.Sprint("text ", i)}
		s.Lane = s.Sender
		e := appendTo(channel, s.Sender, s.ClientID, s.Text)
		if i != 5 {
			s.Ack = &check.Ack{ID: e.ID, ClientID: e.ClientID, Channel: channel, Seq: e.Seq, Pos: e.Pos, Shard: 3, Timestamp: e.Timestamp}
		}
		run.Sends = append(run.Sends, s)
	}
	run.Sends = append(run.Sends, check.Send{Lane: "cy", Channel: "group", Sender: "cy", ClientID: "never", Text: "not stored"})
	for _, device := range [][2]string{{"ann/1", "ann"}, {"ann/2", "ann"}, {"bob/1", "bob"}, {"cy/1", "cy"}} {
		run.Feeds = append(run.Feeds, check.Feed{Device: device[0], User: device[1], Events: of(all, func(e check.Event) bool {
			return slices.Contains(run.Members[e.Channel], device[1])
		})})
	}
	for _, via := range []string{"n1", "n2"} {
		for channel := range run.Members {
			run.Histories = append(run.Histories, check.History{
				Via: via, Channel: channel,
				Events: of(all, func(e check.Event) bool { return e.Channel == channel && e.Seq > 0 }),
			})
		}
	}
	return run
}

func of(events []check.Event, keep func(check.Event) bool) (kept []check.Event) {
	for _, e := range events {
		if keep(e) {
			kept = append(kept, e)
		}
	}
	return kept
}

// everywhere applies f to everything that was shown to any user.
func everywhere(run *check.Run, f func([]check.Event) []check.Event) {
	for i := range run.Feeds {
		run.Feeds[i].Events = f(run.Feeds[i].Events)
	}
	for i := range run.Histories {
		run.Histories[i].Events = f(run.Histories[i].Events)
	}
}

// message returns the index of a channel's message in events.
func message(events []check.Event, channel string, seq uint64) int {
	return slices.IndexFunc(events, func(e check.Event) bool { return e.Channel == channel && e.Seq == seq })
}

func TestVerify_goodRun(t *testing.T) {
	for seed := range uint64(50) {
		if found := check.Verify(good(seed)); len(found) != 0 {
			t.Errorf("seed %d: %v", seed, found)
		}
	}
}

// TestVerify_finds breaks good runs, one promise at a time.
func TestVerify_finds(t *testing.T) {
	tests := map[string]struct {
		want   check.Kind
		damage func(*check.Run)
	}{
		"lost for one device": {check.Lost, func(run *check.Run) {
			f := &run.Feeds[1]
			i := message(f.Events, "group", 2)
			f.Events = slices.Delete(f.Events, i, i+1)
		}},
		"lost at the end for one device": {check.Lost, func(run *check.Run) {
			f := &run.Feeds[2]
			f.Events = f.Events[:len(f.Events)-1]
		}},
		"nothing shown to one device": {check.Lost, func(run *check.Run) { run.Feeds[0].Events = nil }},
		"acknowledged and lost for all": {check.Lost, func(run *check.Run) {
			last := lastSeq(run, "group")
			everywhere(run, func(events []check.Event) []check.Event {
				return of(events, func(e check.Event) bool { return e.Channel != "group" || e.Seq != last })
			})
		}},
		"acknowledged in a channel of which nobody knows": {check.Lost, func(run *check.Run) {
			run.Sends = append(run.Sends, check.Send{Channel: "gone", Sender: "ann", ClientID: "x", Ack: &check.Ack{Channel: "gone", Seq: 1}})
		}},
		"making lost for one device": {check.Lost, func(run *check.Run) {
			f := &run.Feeds[3]
			i := message(f.Events, "group", 0)
			f.Events = slices.Delete(f.Events, i, i+1)
		}},
		"making lost for all": {check.Lost, func(run *check.Run) {
			everywhere(run, func(events []check.Event) []check.Event {
				return of(events, func(e check.Event) bool { return e.Seq != 0 || e.Channel != "group" })
			})
		}},
		"history lacks one": {check.Lost, func(run *check.Run) {
			h := &run.Histories[3]
			h.Events = slices.Delete(h.Events, 1, 2)
		}},
		"history is empty": {check.Lost, func(run *check.Run) { run.Histories[0].Events = nil }},
		"shown twice in a row": {check.Doubled, func(run *check.Run) {
			f := &run.Feeds[0]
			f.Events = slices.Insert(f.Events, 5, f.Events[4])
		}},
		"shown twice, much later": {check.Doubled, func(run *check.Run) {
			f := &run.Feeds[0]
			f.Events = append(f.Events, f.Events[4])
		}},
		"making shown twice": {check.Doubled, func(run *check.Run) {
			f := &run.Feeds[0]
			f.Events = slices.Insert(f.Events, 1, f.Events[0])
		}},
		"twice in history": {check.Doubled, func(run *check.Run) {
			h := &run.Histories[0]
			h.Events = slices.Insert(h.Events, 3, h.Events[2])
		}},
		"stored twice": {check.Doubled, func(run *check.Run) {
			last := lastSeq(run, "group")
			copied := run.Feeds[0].Events[message(run.Feeds[0].Events, "group", last)]
			copied.Seq, copied.Pos, copied.ID = last+1, 10_000, "copy"
			everywhere(run, func(events []check.Event) []check.Event {
				if message(events, "group", last) < 0 {
					return events
				}
				return append(events, copied)
			})
		}},
		"one id for two": {check.Doubled, func(run *check.Run) { rewrite(run, "group", 2, func(e *check.Event) { e.ID = idOf(run, "group", 1) }) }},
		"one pos for two": {check.Doubled, func(run *check.Run) {
			rewrite(run, "group", 2, func(e *check.Event) { e.Pos = run.Feeds[0].Events[message(run.Feeds[0].Events, "ann~bob", 1)].Pos })
		}},
		"two swapped for one device": {check.Reordered, func(run *check.Run) {
			f := &run.Feeds[3]
			f.Events[2], f.Events[3] = f.Events[3], f.Events[2]
		}},
		"two swapped in history": {check.Reordered, func(run *check.Run) {
			h := &run.Histories[1]
			h.Events[2], h.Events[3] = h.Events[3], h.Events[2]
		}},
		"seq against pos": {check.Reordered, func(run *check.Run) {
			one, two := idOf(run, "group", 1), idOf(run, "group", 2)
			everywhere(run, func(events []check.Event) []check.Event {
				for i := range events {
					switch events[i].ID {
					case one:
						events[i].Seq = 2
					case two:
						events[i].Seq = 1
					}
				}
				return events
			})
		}},
		"a hole": {check.Hole, func(run *check.Run) {
			last := lastSeq(run, "group")
			rewrite(run, "group", last, func(e *check.Event) { e.Seq++ })
		}},
		"a hole at the start": {check.Hole, func(run *check.Run) {
			everywhere(run, func(events []check.Event) []check.Event {
				for i := range events {
					if events[i].Channel == "ann~bob" && events[i].Seq > 0 {
						events[i].Seq++
					}
				}
				return events
			})
		}},
		"sent by nobody":  {check.Phantom, func(run *check.Run) { run.Sends = slices.Delete(run.Sends, 4, 5) }},
		"sent by another": {check.Phantom, func(run *check.Run) { rewrite(run, "group", 3, func(e *check.Event) { e.Sender = "dee" }) }},
		"in a channel of which nobody knows": {check.Phantom, func(run *check.Run) {
			run.Feeds[0].Events = append(run.Feeds[0].Events, check.Event{Channel: "gone", Shard: 1, Pos: 1, Seq: 1, ID: "x"})
		}},
		"changed for one device": {check.Changed, func(run *check.Run) {
			f := &run.Feeds[2]
			f.Events[3].Text += "!"
		}},
		"another time for one device":        {check.Changed, func(run *check.Run) { run.Feeds[2].Events[3].Timestamp++ }},
		"another pos in one history":         {check.Changed, func(run *check.Run) { run.Histories[2].Events[3].Pos++ }},
		"changed for all":                    {check.Changed, func(run *check.Run) { rewrite(run, "group", 2, func(e *check.Event) { e.Text = "other" }) }},
		"ack of another seq":                 {check.Misled, func(run *check.Run) { run.Sends[2].Ack.Seq += 100 }},
		"ack of another id":                  {check.Misled, func(run *check.Run) { run.Sends[2].Ack.ID = "other" }},
		"ack of another pos":                 {check.Misled, func(run *check.Run) { run.Sends[2].Ack.Pos++ }},
		"stored after a refusal":             {check.Misled, func(run *check.Run) { run.Sends[5].Refused = true }},
		"shown to a stranger":                {check.Leaked, func(run *check.Run) { run.Feeds[3].Events = run.Feeds[0].Events }},
		"a later send stored before":         {check.Overtaken, func(run *check.Run) { slices.Reverse(run.Sends) }},
		"one answer for two sends of a lane": {check.Overtaken, func(run *check.Run) { run.Sends = append(run.Sends, run.Sends[0]) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				run := good(seed)
				test.damage(run)
				found := check.Verify(run)
				if !slices.ContainsFunc(found, func(v check.Violation) bool { return v.Kind == test.want }) {
					t.Fatalf("seed %d: found %v, want %s among it", seed, found, test.want)
				}
			}
		})
	}
}

func lastSeq(run *check.Run, channel string) (last uint64) {
	for _, e := range run.Feeds[0].Events {
		if e.Channel == channel {
			last = e.Seq
		}
	}
	return last
}

func idOf(run *check.Run, channel string, seq uint64) string {
	return run.Feeds[0].Events[message(run.Feeds[0].Events, channel, seq)].ID
}

// rewrite changes one message in the same way for all users.
func rewrite(run *check.Run, channel string, seq uint64, f func(*check.Event)) {
	changed := run.Feeds[0].Events[message(run.Feeds[0].Events, channel, seq)]
	f(&changed)
	everywhere(run, func(events []check.Event) []check.Event {
		if i := message(events, channel, seq); i >= 0 {
			events[i] = changed
		}
		return events
	})
}
