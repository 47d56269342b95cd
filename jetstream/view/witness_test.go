package view

import (
	"slices"
	"testing"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// moves returns an event by which users come or go.
func moves(t *testing.T, pos uint64, channel string, action wire.Action, users ...string) Event {
	t.Helper()
	return event(t, pos, channel, wire.KindMeta, wire.Record{Sender: users[0], Meta: &wire.Meta{Action: action, Members: users}})
}

// about returns an event about a message.
func about(t *testing.T, pos uint64, channel string, kind wire.Kind, seq uint64) Event {
	t.Helper()
	r := wire.Record{Sender: "ann", Target: seq, Emoji: "👍"}
	if kind == wire.KindEdit {
		r.Emoji, r.Content = "", &wire.Content{Text: "edited"}
	}
	return event(t, pos, channel, kind, r)
}

// TestWitnesses shows that events about a message go to those who were members when it was sent:
// not to a user who came later, and to a user who came back only if the message is of an earlier
// stay. Live events and those that were missed are the same.
func TestWitnesses(t *testing.T) {
	id := channel.GroupID("ann", "1")
	var events []Event
	add := func(e Event) { events = append(events, e) }
	add(created(t, 1, id, "ann", "bob"))
	add(message(t, 2, id, 1))
	add(moves(t, 3, id, wire.ActionLeft, "bob"))
	add(message(t, 4, id, 2))
	add(moves(t, 5, id, wire.ActionJoined, "bob"))
	add(moves(t, 6, id, wire.ActionAdded, "cem"))
	add(message(t, 7, id, 3))
	for i, kind := range []wire.Kind{wire.KindEdit, wire.KindReaction, wire.KindPin, wire.KindDelete} {
		for seq := range uint64(3) {
			add(about(t, 10+uint64(i)*3+seq, id, kind, seq+1))
		}
	}
	add(event(t, 30, id, wire.KindNote, wire.Record{Sender: "ann", ClientID: "n", Note: &wire.Note{Command: "x"}}))
	want := map[string][]uint64{
		"ann": {1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21},
		"bob": {1, 2, 3, 5, 6, 7, 10, 12, 13, 15, 16, 18, 19, 21},
		"cem": {6, 7, 12, 15, 18, 21},
	}
	for _, batch := range []int{1, 3, len(events)} { // members who come and go in one batch are not on disk yet
		v := newView(t, Options{})
		live := map[string][]uint64{}
		for at := 0; at < len(events); at += batch {
			for _, a := range must(v.Apply(0, events[at:min(at+batch, len(events))], 0))(t) {
				for _, user := range slices.Concat(a.Members(), a.Parted) {
					live[user] = append(live[user], a.Pos)
				}
			}
		}
		equal(t, "live", live, want)
		for user, all := range want {
			missed, _, err := v.Missed(user, Span{Upto: 100}, 100, 1<<20)
			noError(t, err)
			equal(t, "missed by "+user, positions(missed), all)
			equal(t, "count of what was missed by "+user, must(v.CountMissed(user, []uint64{0}, 100))(t), len(all))
			missed, _, err = v.Missed(user, Span{Channel: id, After: 9, Upto: 17}, 3, 1<<20) // in pieces
			noError(t, err)
			if len(missed) > 3 {
				t.Errorf("%s missed %d events of 3", user, len(missed))
			}
		}
		equal(t, "versions", len(first(v.Edits(id, 2, 0, 1000))), 0) // deleted
	}
}

func first[T any](v T, _ bool, _ error) T { return v }

// TestList_moves shows what moves a channel in a list: a message, and coming to the channel.
func TestList_moves(t *testing.T) {
	g, h := channel.GroupID("ann", "1"), channel.GroupID("ann", "2")
	top := func(v *View, user string) []string {
		listed, _, err := v.List(user, Listing{Limit: 10}, unread)
		noError(t, err)
		var ids []string
		for _, l := range listed {
			ids = append(ids, l.State.ID)
		}
		return ids
	}
	for _, above := range []int{0, 1} { // users with more channels are held in memory
		v := newView(t, Options{recentAbove: above, recentMost: 100})
		apply := func(e Event) { must(v.Apply(0, []Event{e}, 0))(t) }
		apply(created(t, 1, g, "ann", "bob"))
		apply(message(t, 2, g, 1))
		apply(created(t, 3, h, "ann", "bob"))
		apply(message(t, 4, h, 1))
		equal(t, "at first", top(v, "ann"), []string{h, g})
		for pos, e := range []Event{
			about(t, 5, g, wire.KindReaction, 1), about(t, 6, g, wire.KindEdit, 1), about(t, 7, g, wire.KindPin, 1),
			event(t, 8, g, wire.KindMeta, wire.Record{Sender: "ann", Meta: &wire.Meta{Action: wire.ActionUpdated, Settings: &wire.GroupSettings{Topic: new("x")}}}),
			event(t, 9, g, wire.KindMeta, wire.Record{Sender: "ann", Meta: &wire.Meta{Action: wire.ActionRole, Members: []string{"bob"}, Role: wire.RoleAdmin}}),
			event(t, 10, g, wire.KindNote, wire.Record{Sender: "ann", Note: &wire.Note{Command: "x"}}),
			moves(t, 11, g, wire.ActionAdded, "cem"), moves(t, 12, g, wire.ActionLeft, "cem"), about(t, 13, g, wire.KindDelete, 1),
		} {
			apply(e)
			for _, user := range []string{"ann", "bob"} {
				equal(t, "after event "+string(rune('5'+pos))+" for "+user, top(v, user), []string{h, g})
			}
		}
		apply(moves(t, 14, g, wire.ActionRemoved, "bob"))
		equal(t, "without bob, for bob", top(v, "bob"), []string{h})
		apply(moves(t, 15, g, wire.ActionAdded, "bob"))
		equal(t, "added again", top(v, "bob"), []string{g, h})
		equal(t, "for the others", top(v, "ann"), []string{h, g})
		apply(message(t, 16, h, 2))
		apply(message(t, 17, g, 2))
		equal(t, "a message", top(v, "ann"), []string{g, h})
		listed, _, err := v.List("ann", Listing{Limit: 1}, unread)
		noError(t, err)
		equal(t, "active", listed[0].Active, 17_000)
	}
}

// TestPlaces shows that a user who has sent a message has read up to it, with no receipt stored.
func TestPlaces(t *testing.T) {
	v := newView(t, Options{})
	said := func(pos uint64, user string, seq uint64) Event {
		return event(t, pos, room, wire.KindMessage, wire.Record{Sender: user, Seq: seq, Content: &wire.Content{Text: "x"}})
	}
	must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob"), said(2, "ann", 1), said(3, "bob", 2), said(4, "ann", 3)}, 0))(t)
	place := func(user string, read, delivered, at uint64) Receipt {
		return Receipt{Channel: room, User: user, Read: read, Delivered: delivered, At: at}
	}
	equal(t, "of all", must(v.Places(room))(t), []Receipt{place("ann", 3, 3, 0), place("bob", 2, 2, 0)})
	equal(t, "of one", must(v.Places(room, "bob"))(t), []Receipt{place("bob", 2, 2, 0)})
	equal(t, "of nobody", must(v.Places("ann~cem"))(t), nil)
	moved := []ReceiptMove{{Receipt: place("bob", 1, 3, 7)}, {Receipt: place("dot", 1, 1, 7)}}
	noError(t, v.ApplyReceipts(0, moved, 7, func([]ReceiptMoved) {}))
	want := []Receipt{place("ann", 3, 3, 0), place("bob", 2, 3, 7), place("dot", 1, 1, 7)}
	equal(t, "with receipts", must(v.Places(room))(t), want)
	equal(t, "asked for", must(v.Places(room, "dot", "bob", "eve", "ann"))(t), want)
	equal(t, "stored", must(v.Receipts(room))(t), []Receipt{place("bob", 1, 3, 7), place("dot", 1, 1, 7)})
}

// TestHere shows that @here counts for the noted users, and for no others, even if edits and
// deletions follow.
func TestHere(t *testing.T) {
	v := newView(t, Options{})
	content := func(kind wire.MentionKind) *wire.Content {
		c := &wire.Content{Text: "@here"}
		if kind != "" {
			c.Mentions = []wire.Mention{{Kind: kind, Length: 5}}
		}
		return c
	}
	pos := uint64(1)
	apply := func(kind wire.Kind, r wire.Record) {
		pos++
		r.Sender = "ann"
		must(v.Apply(0, []Event{event(t, pos, room, kind, r)}, 0))(t)
	}
	note := func(seq uint64, users ...string) {
		apply(wire.KindNote, wire.Record{Note: &wire.Note{Seq: seq, Present: users}})
	}
	mentions := func(what string, want int) {
		t.Helper()
		_, n, err := v.Counts("bob", room, 0)
		noError(t, err)
		equal(t, "mentions "+what, n, want)
	}
	must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob")}, 0))(t)
	apply(wire.KindMessage, wire.Record{Seq: 1, Content: content(wire.MentionHere)})
	mentions("of a user who was away", 0)
	note(2, "bob")
	apply(wire.KindMessage, wire.Record{Seq: 2, Content: content(wire.MentionHere)})
	mentions("of a user who was there", 1)
	apply(wire.KindEdit, wire.Record{Target: 2, Content: &wire.Content{Text: "more @here", Mentions: []wire.Mention{{Kind: wire.MentionHere, Start: 5, Length: 5}}}})
	mentions("that are kept", 1)
	apply(wire.KindEdit, wire.Record{Target: 2, Content: content("")})
	mentions("that are taken back", 0)
	apply(wire.KindEdit, wire.Record{Target: 2, Content: content(wire.MentionHere)})
	mentions("made again, when the user was away", 0)
	apply(wire.KindEdit, wire.Record{Target: 1, Content: content(wire.MentionChannel)})
	mentions("of all", 1)
	note(3, "bob")
	apply(wire.KindMessage, wire.Record{Seq: 3, Content: content(wire.MentionHere)})
	mentions("of one more", 2)
	apply(wire.KindDelete, wire.Record{Target: 3, Erased: &wire.Erased{ID: "x", Sender: "ann"}})
	mentions("without the deleted", 1)
}
