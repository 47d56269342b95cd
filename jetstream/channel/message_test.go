package channel

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

func TestFold(t *testing.T) {
	text := func(s string) *wire.Content { return &wire.Content{Text: s} }
	said := &Message{
		Seq: 4, Pos: 7, ID: "1", ClientID: "c", Sender: "ann", Timestamp: 100, Content: text("a"),
		Folded: wire.Folded{Reactions: []wire.Reaction{{Emoji: "👍", Users: []string{"ann", "cem"}}, {Emoji: "🎉", Users: []string{"cem"}}}},
	}
	with := func(change func(*Message)) *Message {
		m := *said
		m.Pos = 9
		change(&m)
		return &m
	}
	gone := &Message{Seq: 4, Pos: 9, ID: "1", Sender: "ann", Timestamp: 100, Folded: wire.Folded{Deleted: true}}
	erased := wire.Record{Target: 4, Erased: &wire.Erased{ID: "1", Sender: "ann", Timestamp: 100}}
	for _, c := range []struct {
		name   string
		m      *Message
		kind   wire.Kind
		record wire.Record
		want   *Message
	}{
		{
			"a message", nil, wire.KindMessage,
			wire.Record{Seq: 4, ID: "1", ClientID: "c", Sender: "ann", Timestamp: 100, Content: text("a")},
			&Message{Seq: 4, Pos: 9, ID: "1", ClientID: "c", Sender: "ann", Timestamp: 100, Content: text("a")},
		},
		{"an edit", said, wire.KindEdit, wire.Record{Target: 4, Timestamp: 300, Content: text("b")}, with(func(m *Message) { m.Content, m.Edited, m.Edits = text("b"), 300, 1 })},
		{"a pin", said, wire.KindPin, wire.Record{Target: 4}, with(func(m *Message) { m.Pinned = true })},
		{"a pin taken away", with(func(m *Message) { m.Pinned = true }), wire.KindPin, wire.Record{Target: 4, Remove: true}, with(func(*Message) {})},
		{"a reaction", said, wire.KindReaction, wire.Record{Target: 4, Sender: "bob", Emoji: "👍"}, with(func(m *Message) {
			m.Reactions = []wire.Reaction{{Emoji: "👍", Users: []string{"ann", "bob", "cem"}}, {Emoji: "🎉", Users: []string{"cem"}}}
		})},
		{"another emoji", said, wire.KindReaction, wire.Record{Target: 4, Sender: "bob", Emoji: "🐸"}, with(func(m *Message) {
			m.Reactions = append(m.Reactions[:2:2], wire.Reaction{Emoji: "🐸", Users: []string{"bob"}})
		})},
		{"a reaction twice", said, wire.KindReaction, wire.Record{Target: 4, Sender: "ann", Emoji: "👍"}, with(func(*Message) {})},
		{"a reaction taken back", said, wire.KindReaction, wire.Record{Target: 4, Sender: "ann", Emoji: "👍", Remove: true}, with(func(m *Message) {
			m.Reactions = []wire.Reaction{{Emoji: "👍", Users: []string{"cem"}}, {Emoji: "🎉", Users: []string{"cem"}}}
		})},
		{"the last of an emoji taken back", said, wire.KindReaction, wire.Record{Target: 4, Sender: "cem", Emoji: "🎉", Remove: true}, with(func(m *Message) {
			m.Reactions = m.Reactions[:1]
		})},
		{"what is not there taken back", said, wire.KindReaction, wire.Record{Target: 4, Sender: "bob", Emoji: "🐸", Remove: true}, with(func(*Message) {})},
		{"a deletion", said, wire.KindDelete, erased, gone},
		{"a deletion of what is erased", nil, wire.KindDelete, erased, gone},
		{"a deletion that says nothing", said, wire.KindDelete, wire.Record{Target: 4}, gone},
		{"a deletion that says nothing of what is not there", nil, wire.KindDelete, wire.Record{Target: 4}, nil},
		{"an edit of what is deleted", gone, wire.KindEdit, wire.Record{Target: 4, Content: text("b")}, gone},
		{"a reaction to what is deleted", gone, wire.KindReaction, wire.Record{Target: 4, Sender: "bob", Emoji: "👍"}, gone},
		{"an edit of what is not there", nil, wire.KindEdit, wire.Record{Target: 4, Content: text("b")}, nil},
		{"a kind of a newer node", said, "sneeze", wire.Record{Target: 4}, said},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before Message
			if c.m != nil {
				before = *c.m
				before.Reactions = nil
				for _, r := range c.m.Reactions {
					before.Reactions = append(before.Reactions, wire.Reaction{Emoji: r.Emoji, Users: append([]string(nil), r.Users...)})
				}
			}
			c.record.Kind = c.kind
			got := Fold(c.m, 9, &c.record)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if c.m != nil && !cmp.Equal(before, *c.m) {
				t.Error("the message before was written to")
			}
		})
	}
}

// TestReact_sameEmoji shows that an emoji with or without a variation selector counts as one,
// in the form of the first reaction.
func TestReact_sameEmoji(t *testing.T) {
	r := newRoom("ann~bob")
	r.must(t, "ann", say("x"), wire.React{Seq: 1, Emoji: "❤️"})
	r.must(t, "bob", wire.React{Seq: 1, Emoji: "❤"})
	want := []wire.Reaction{{Emoji: "❤️", Users: []string{"ann", "bob"}}}
	if diff := cmp.Diff(want, r.messages[1].Reactions); diff != "" {
		t.Fatalf("reactions (-want +got):\n%s", diff)
	}
	if events, err := r.try("ann", wire.React{Seq: 1, Emoji: "❤"}); err != nil || len(events) > 0 {
		t.Errorf("again: %v, %v", events, err)
	}
	r.must(t, "ann", wire.React{Seq: 1, Emoji: "❤", Remove: true})
	if got := r.messages[1].Reactions; len(got) != 1 || len(got[0].Users) != 1 {
		t.Errorf("taken back: %v", got)
	}
}

// TestEdit_forwarded shows that a forwarded message keeps its text and its origin. Its sender
// may delete it.
func TestEdit_forwarded(t *testing.T) {
	r := newRoom("ann~bob")
	r.must(t, "ann", wire.Send{Content: wire.Content{Text: "x", Forwarded: &wire.Forwarded{Sender: "cem", Timestamp: 100}}})
	for _, text := range []string{"x", "y"} {
		_, err := r.try("ann", wire.Edit{Seq: 1, Content: wire.Content{Text: text}})
		wantCode(t, err, wire.CodeForbidden)
	}
	r.must(t, "ann", wire.Delete{Seq: 1})
}

// TestErase_event shows that the event has what remains of the message, for readers of the log
// after the message is gone.
func TestErase_event(t *testing.T) {
	r := newRoom("ann~bob")
	r.must(t, "ann", wire.Send{ClientID: "c", Content: wire.Content{Text: "x"}})
	m := r.messages[1]
	r.now += 500
	r.must(t, "ann", wire.Delete{Seq: 1, ClientID: "d"})
	want := wire.Record{
		Kind: wire.KindDelete, Version: 3, Last: 1,
		ID: "3", ClientID: "d", Sender: "ann", Timestamp: r.now, Target: 1, Erased: &wire.Erased{ID: m.ID, ClientID: m.ClientID, Sender: "ann", Timestamp: m.Timestamp, Said: m.Timestamp},
	}
	if diff := cmp.Diff(want, r.log[2]); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	// A view that never saw the message does not give its number again.
	st := Apply(Apply(nil, r.id, 1, &r.log[0]), r.id, 3, &want)
	events, err := Decide(st, r.id, "bob", say("y"), r.env())
	if err != nil || len(events) != 1 || events[0].Seq != 2 {
		t.Errorf("the next message: %+v, %v", events, err)
	}
}

// TestDecide_passesOnWhatTheViewSays shows that an error of the view is passed on, and not
// treated as a refusal.
func TestDecide_passesOnWhatTheViewSays(t *testing.T) {
	r := fixture(t, "mem~own")
	damaged := errors.New("damaged")
	env := r.env()
	env.Message = func(uint64) (*Message, error) { return nil, damaged }
	for _, cmd := range []wire.Command{edit(1), wire.Delete{Seq: 1}, wire.React{Seq: 1, Emoji: "👍"}, wire.Pin{Seq: 1}} {
		if events, err := Decide(r.st, r.id, "own", cmd, env); !errors.Is(err, damaged) || events != nil {
			t.Errorf("%T: %v, %v", cmd, events, err)
		}
	}
}
