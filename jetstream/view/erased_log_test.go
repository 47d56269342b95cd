package view

import (
	"slices"
	"testing"

	"natterjack/server/wire"
)

// TestErasedLogCountsTheSame: a view built after messages were erased from the log counts the
// same as a view that saw them. A user's own messages, and messages from before the user joined
// or after the user left, are not unread.
func TestErasedLogCountsTheSame(t *testing.T) {
	by := func(sender string, r wire.Record) wire.Record {
		r.Sender = sender
		return r
	}
	erased := func(pos, seq uint64) Event {
		return event(t, pos, room, wire.KindDelete, by("ann", wire.Record{Target: seq, Erased: &wire.Erased{ID: "gone", Sender: "bob"}}))
	}
	log := []Event{
		created(t, 1, room, "ann", "bob", "dot"),
		message(t, 2, room, 1),
		event(t, 3, room, wire.KindMessage, by("bob", wire.Record{Seq: 2, Content: &wire.Content{Text: "gone"}})),
		event(t, 4, room, wire.KindMessage, by("bob", wire.Record{Seq: 3, Content: &wire.Content{Text: "gone"}})),
		event(t, 5, room, wire.KindMeta, by("ann", wire.Record{Meta: &wire.Meta{Action: wire.ActionAdded, Members: []string{"cem"}, Seq: 3}})),
		event(t, 6, room, wire.KindMeta, by("dot", wire.Record{Meta: &wire.Meta{Action: wire.ActionLeft, Members: []string{"dot"}, Seq: 3}})),
		erased(7, 3),
		erased(8, 2),
		event(t, 9, room, wire.KindMeta, by("ann", wire.Record{Meta: &wire.Meta{Action: wire.ActionAdded, Members: []string{"dot"}, Seq: 3}})),
	}
	for _, piece := range []int{1, 3, len(log)} {
		v := newView(t, Options{})
		for batch := range slices.Chunk(slices.Concat(log[:2], log[4:]), piece) {
			must(v.Apply(0, batch, 0))(t)
		}
		for user, want := range map[string]uint64{"ann": 2, "bob": 0, "cem": 0, "dot": 0} {
			unread, _, err := v.Counts(user, room, 0)
			noError(t, err)
			equal(t, "unread by "+user, unread, want)
		}
		for user, want := range map[string][]uint64{"ann": {2, 8, 7}, "cem": {}, "dot": {2, 8, 7}} {
			page, _, err := v.History(user, room, Window{Limit: 9})
			noError(t, err)
			equal(t, "history of "+user, positions(page), want)
		}
	}
}
