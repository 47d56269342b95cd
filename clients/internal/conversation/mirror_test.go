package conversation

import (
	"testing"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// TestMirror_comesBack changes a message while a user is not in the channel, and again after they
// have come back, before and after their device has read the channel again.
func TestMirror_comesBack(t *testing.T) {
	const channel = "g"
	m := newMirror("bob")
	shows := func(want string) {
		t.Helper()
		events, stale, err := m.messages(channel)
		if err != nil || stale || len(events) != 1 || events[0].Text != want {
			t.Errorf("the device shows %+v, stale %t, %v, want %q", events, stale, err, want)
		}
	}
	at := func(pos uint64, r wire.Record) natter.Event {
		return natter.Event{Channel: channel, Pos: pos, Record: r}
	}
	said := func(pos uint64, text string) natter.Event {
		return at(pos, wire.Record{Kind: wire.KindMessage, Sender: "ann", Seq: 1, Content: &natter.Content{Text: text}})
	}
	for _, ev := range []natter.Event{
		said(1, "old"),
		at(3, wire.Record{Kind: wire.KindMeta, Sender: "bob", Meta: &wire.Meta{Action: "joined"}}),
		at(4, wire.Record{Kind: wire.KindPin, Sender: "ann", Target: 1}),
	} {
		m.see(&ev)
	}
	m.reread(channel, []natter.Event{said(2, "changed")})
	if _, stale, _ := m.messages(channel); !stale {
		t.Error("what was read lacks the pin, and counts")
	}
	m.reread(channel, []natter.Event{said(4, "changed")})
	shows("changed")
	edit := at(5, wire.Record{Kind: wire.KindEdit, Sender: "ann", Target: 1, Content: &natter.Content{Text: "changed again"}})
	m.see(&edit)
	shows("changed again")
}
