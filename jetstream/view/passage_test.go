package view

import (
	"math"
	"slices"
	"testing"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// comings returns the log of a group in which bob leaves and comes back, dot is refused and then
// let in, and all messages are pinned. Its name changes after each of them.
func comings(t *testing.T, id string) (events []Event) {
	t.Helper()
	pos := uint64(0)
	add := func(e Event) { pos, events = pos+1, append(events, e) }
	renamed := func() {
		add(event(t, pos+1, id, wire.KindMeta, wire.Record{Sender: "ann", Meta: &wire.Meta{Action: wire.ActionUpdated, Settings: &wire.GroupSettings{Topic: new("x")}}}))
	}
	add(created(t, pos+1, id, "ann", "bob"))
	renamed()
	for seq, step := range []wire.Meta{
		{Action: wire.ActionRequested, Members: []string{"dot"}},
		{Action: wire.ActionLeft, Members: []string{"bob"}},
		{Action: wire.ActionRemoved, Members: []string{"dot"}},
		{Action: wire.ActionJoined, Members: []string{"bob"}},
		{Action: wire.ActionAdded, Members: []string{"cem", "dot"}},
	} {
		add(moves(t, pos+1, id, step.Action, step.Members...))
		renamed()
		add(message(t, pos+1, id, uint64(seq+1)))
		renamed()
	}
	for seq := range uint64(5) {
		add(about(t, pos+1, id, wire.KindPin, seq+1))
		add(about(t, pos+1, id, wire.KindReaction, seq+1))
	}
	add(event(t, pos+1, id, wire.KindNote, wire.Record{Sender: "ann", ClientID: "n", Note: &wire.Note{Command: "x"}}))
	return events
}

// TestPassage shows that pages have the changes that a resume has, without those about messages
// that the user has hidden, and without the refusals of a user who was no member.
func TestPassage(t *testing.T) {
	v := newView(t, Options{})
	id := channel.GroupID("ann", "1")
	must(v.Apply(0, comings(t, id), 0))(t)
	set := event(t, 100, "~ann", wire.KindSetting, wire.Record{Sender: "ann", Setting: &wire.Setting{Name: "hide/" + id + "/2", Value: "1"}})
	must(v.Apply(0, []Event{set}, 0))(t)
	for user, without := range map[string]int{"ann": 1, "bob": 0, "cem": 0, "dot": 1} { // a pin, a refusal
		var want []uint64
		missed, _, err := v.Missed(user, Span{Channel: id, Upto: math.MaxUint64}, 100, 1<<20)
		noError(t, err)
		left := 0
		for _, e := range missed {
			r := must(wire.DecodeRecord(e.Record))(t)
			switch {
			case e.Kind != wire.KindMeta && e.Kind != wire.KindPin:
			case e.Refused, user == "ann" && r.Target == 2:
				left++
			default:
				want = append(want, e.Pos)
			}
		}
		equal(t, user+", left out", left, without)
		for limit := range 6 {
			w := Window{Limit: limit + 1, Changes: 100, ChangeBytes: 1 << 20}
			var got []uint64
			for more := true; more; {
				p := must(v.Passage(user, id, w))(t)
				var here []uint64
				for _, c := range p.Changes {
					here = append(here, c.Pos)
				}
				got = slices.Concat(here, got)
				if more = p.More; more {
					w.Before = seqIn(t, p.Messages[0])
				}
			}
			equal(t, user+", changes", got, want)
		}
	}
	equal(t, "for a stranger", must(v.Passage("eve", id, Window{Limit: 9, Changes: 9}))(t), Passage{Messages: []Event{}})
}

// TestPassage_empty reads a channel without messages.
func TestPassage_empty(t *testing.T) {
	v := newView(t, Options{})
	id := channel.GroupID("ann", "1")
	must(v.Apply(0, []Event{created(t, 1, id, "ann", "bob"), moves(t, 2, id, wire.ActionAdded, "cem")}, 0))(t)
	for _, w := range []Window{{}, {Before: 51}, {Around: 1}} {
		w.Limit, w.Changes = 50, 1
		p := must(v.Passage("bob", id, w))(t)
		equal(t, "changes", len(p.Changes), 1)
		equal(t, "the newest", p.Changes[0].Pos, 2)
		equal(t, "behind", p.Changes[0].Behind, -1)
		equal(t, "left", p.Left, true)
	}
	equal(t, "not asked for", must(v.Passage("bob", id, Window{Limit: 50}))(t), Passage{Messages: []Event{}})
}
