package channel

import (
	"slices"
	"testing"

	"natterjack/server/wire"
)

// TestNoted shows that the note of a command is recognised by a retry of that command, whatever
// its ref, and by no other command.
func TestNoted(t *testing.T) {
	r := newRoom("ann~bob")
	r.must(t, "ann", say("1"))
	cmds := []wire.Change{
		wire.React{Channel: r.id, Seq: 1, Emoji: "👍", ClientID: "x"},
		wire.React{Channel: r.id, Seq: 1, Emoji: "👍", Remove: true, ClientID: "x"},
		wire.Pin{Channel: r.id, Seq: 1, ClientID: "x"},
		wire.Pin{Channel: r.id, Seq: 2, ClientID: "x"},
		wire.Edit{Channel: r.id, Seq: 1, ClientID: "x", Content: wire.Content{Text: "1"}},
		wire.Join{Channel: r.id, Secret: secret, ClientID: "x"},
		wire.AddMembers{Channel: r.id, Members: []string{"cem"}, ClientID: "x"},
	}
	for i, cmd := range cmds {
		events, err := Noted(r.st, r.id, "ann", cmd, r.env())
		if err != nil || len(events) != 1 || events[0].Kind != wire.KindNote || events[0].ClientID != "x" || events[0].Sender != "ann" {
			t.Fatalf("%s is noted as %+v, %v", cmd.Type(), events, err)
		}
		for j, other := range cmds {
			if Same(&events[0], other) != (i == j) {
				t.Errorf("%+v is the same as %+v: %v", other, cmd, i != j)
			}
		}
	}
	events, err := Noted(r.st, r.id, "ann", wire.Pin{Seq: 1}, r.env())
	if again := (wire.Pin{Ref: wire.Ref{Ref: 7}, Seq: 1}); err != nil || !Same(&events[0], again) {
		t.Errorf("with another ref it is another command: %v", err)
	}
}

// TestHere shows that @here mentions the members who were connected when the mention was made.
func TestHere(t *testing.T) {
	here := func(kinds ...wire.MentionKind) (c wire.Content) {
		c.Text = "@here @all"
		for i, kind := range kinds {
			c.Mentions = append(c.Mentions, wire.Mention{Kind: kind, Start: 6 * i, Length: 4})
		}
		return c
	}
	for name, c := range map[string]struct {
		first, then *wire.Content
		want        []uint64 // seqs of the notes
	}{
		"sent":                 {first: new(here(wire.MentionHere)), want: []uint64{1}},
		"not sent":             {first: new(here())},
		"sent to all":          {first: new(here(wire.MentionHere, wire.MentionChannel))},
		"sent, and kept":       {first: new(here(wire.MentionHere)), then: new(here(wire.MentionHere, wire.MentionUser)), want: []uint64{1}},
		"sent, and taken back": {first: new(here(wire.MentionHere)), then: new(here()), want: []uint64{1}},
		"added later":          {first: new(here()), then: new(here(wire.MentionHere)), want: []uint64{1}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(GroupID("ann", "1"))
			r.must(t, "ann", wire.CreateGroup{ClientID: "1", Name: "toads", Members: []string{"bob", "cem"}})
			r.present = []string{"eve", "cem"} // eve is not a member
			r.must(t, "ann", wire.Send{Content: *c.first})
			if c.then != nil {
				r.must(t, "ann", wire.Edit{Seq: 1, Content: *c.then})
			}
			var notes []uint64
			for _, e := range r.log {
				if e.Kind != wire.KindNote {
					continue
				}
				notes = append(notes, e.Note.Seq)
				if !slices.Equal(e.Note.Present, []string{"cem"}) || e.ClientID != "" {
					t.Errorf("noted %+v", e)
				}
			}
			if !slices.Equal(notes, c.want) {
				t.Errorf("noted for %v, want %v", notes, c.want)
			}
		})
	}
}
