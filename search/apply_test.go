package search

import (
	"testing"
	"time"

	"natterjack/server/wire"
)

// TestSubjectsOf_reworded shows that only edits take words out of the index in a hurry.
func TestSubjectsOf_reworded(t *testing.T) {
	f := pond()
	about := func(kind wire.Kind, seq uint64) wire.Event {
		return wire.Event{Channel: "gtoads", Record: wire.Record{Kind: kind, Seq: seq, Target: seq}}
	}
	events := []wire.Event{
		about(wire.KindMessage, 1), about(wire.KindReaction, 1), about(wire.KindPin, 2), about(wire.KindMessage, 3), about(wire.KindEdit, 3),
	}
	e, all := &edition{log: f}, subjectsOf(events)
	if len(all) != 3 {
		t.Fatalf("%+v", all)
	}
	for _, s := range all {
		c, err := e.change(s, nil)
		if err != nil || c.Put == nil || c.Reworded != (c.Seq == 3) {
			t.Errorf("message %d: %+v, %v", s.seq, c, err)
		}
	}
}

// TestRestAfter shows that taking words out of a large index leaves most of a core to others.
func TestRestAfter(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{0: time.Minute, time.Second: time.Minute, time.Minute: 30 * time.Minute} {
		if got := restAfter(took); got != want {
			t.Errorf("after %v: %v, want %v", took, got, want)
		}
	}
}
