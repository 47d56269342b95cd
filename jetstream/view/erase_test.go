package view

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

const secret = "a passing toad"

// change returns an event of bob's about a message.
func change(t *testing.T, pos uint64, kind wire.Kind, r wire.Record) Event {
	t.Helper()
	r.Sender = "bob"
	return event(t, pos, room, kind, r)
}

func secretLog(t *testing.T) []Event {
	t.Helper()
	text := &wire.Content{Text: secret, Mentions: []wire.Mention{{Kind: wire.MentionUser, User: "ann", Length: 1}}}
	return []Event{
		created(t, 1, room, "ann", "bob"),
		message(t, 2, room, 1),
		event(t, 3, room, wire.KindMessage, wire.Record{Sender: "bob", Seq: 2, ClientID: "c", Content: text}),
		change(t, 4, wire.KindEdit, wire.Record{Target: 2, Content: text}),
		message(t, 5, room, 3),
		change(t, 6, wire.KindReaction, wire.Record{Target: 2, Emoji: "🐸"}),
		change(t, 7, wire.KindEdit, wire.Record{Target: 2, Content: text}),
		change(t, 8, wire.KindDelete, wire.Record{Target: 2, Erased: &wire.Erased{ID: "id3", Sender: "bob", Timestamp: 3000}}),
		message(t, 9, room, 4),
	}
}

var tombstone = channel.Message{Seq: 2, Pos: 8, ID: "id3", Sender: "bob", Timestamp: 3000, Folded: wire.Folded{Deleted: true}}

// Deleted text is under no key, whether the message came in the batch of its deletion or long
// before it.
func TestDeletedTextIsGone(t *testing.T) {
	for _, piece := range []int{1, 2, 5, 9} {
		v := newView(t, Options{})
		for batch := range slices.Chunk(secretLog(t), piece) {
			must(v.Apply(0, batch, 0))(t)
		}
		it := must(v.db.NewIter(nil))(t)
		for ok := it.First(); ok; ok = it.Next() {
			if bytes.Contains(it.Value(), []byte(secret)) {
				t.Errorf("in batches of %d, key %q still holds the text", piece, it.Key())
			}
		}
		noError(t, it.Close())
		equal(t, "message", *must(v.Message(room, 2))(t), tombstone)
		versions, _, err := v.Edits(room, 2, 0, math.MaxInt)
		noError(t, err)
		equal(t, "versions", versions, nil)
		equal(t, "owed", must(v.Erasures(0, 0, 9))(t), []Erasure{{Pos: 8, Channel: room, Positions: []uint64{3, 4, 7}}})
		missed, _, err := v.Missed("ann", Span{Upto: 9}, 20, 1<<20)
		noError(t, err)
		equal(t, "missed", positions(missed), []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9})
		_, mentions, err := v.Counts("ann", room, 0)
		noError(t, err)
		equal(t, "mentions", mentions, 0)
	}
}

func TestErased(t *testing.T) {
	o := Options{Shards: 1, fs: vfs.NewMem()}
	v := must(Open("view", o))(t)
	must(v.Apply(0, secretLog(t), 0))(t)
	must(v.Apply(0, []Event{change(t, 10, wire.KindDelete, wire.Record{Target: 1, Erased: &wire.Erased{ID: "id2"}})}, 0))(t)
	equal(t, "the first", must(v.Erasures(0, 0, 1))(t), []Erasure{{Pos: 8, Channel: room, Positions: []uint64{3, 4, 7}}})
	noError(t, v.Erased(0, 8))
	noError(t, v.Erased(0, 8))
	noError(t, v.Close())
	v = must(Open("view", o))(t)
	equal(t, "the rest", must(v.Erasures(0, 0, 9))(t), []Erasure{{Pos: 10, Channel: room, Positions: []uint64{2}}})
	noError(t, v.Close())
	if err := v.Erased(0, 10); err == nil {
		t.Error("a closed view was written to")
	}
}

// A view that is built from a stream without the message has the same tombstone in the same
// place, and owes nothing.
func TestTombstoneAfterARebuild(t *testing.T) {
	log := secretLog(t)
	whole, rebuilt := newView(t, Options{}), newView(t, Options{})
	must(whole.Apply(0, log, 0))(t)
	must(rebuilt.Apply(0, without1(log, must(whole.Erasures(0, 0, 9))(t)), 0))(t)
	for _, v := range []*View{whole, rebuilt} {
		for _, q := range []struct {
			before, after uint64
			limit         int
			want          []uint64 // positions
			more          bool
		}{
			{0, 0, 9, []uint64{2, 8, 5, 9}, false},
			{0, 0, 3, []uint64{8, 5, 9}, true},
			{3, 0, 1, []uint64{8}, true},
			{0, 1, 1, []uint64{8}, true},
			{0, 2, 9, []uint64{5, 9}, false},
		} {
			page, more, err := v.History("ann", room, Window{Before: q.before, After: q.after, Limit: q.limit})
			noError(t, err)
			equal(t, "history", positions(page), q.want)
			equal(t, "more", more, q.more)
		}
		equal(t, "message", *must(v.Message(room, 2))(t), tombstone)
	}
	equal(t, "owed", must(rebuilt.Erasures(0, 0, 9))(t), nil)
}

// without1 returns a log without the events whose erasure is owed.
func without1(log []Event, owed []Erasure) []Event {
	return slices.DeleteFunc(slices.Clone(log), func(e Event) bool {
		return slices.ContainsFunc(owed, func(x Erasure) bool {
			return slices.Contains(x.Positions, e.Pos) || x.All && e.Channel == x.Channel && e.Pos < x.Pos
		})
	})
}

// TestRebuildFromAnErasedStream erases the owed messages from random logs. Every message is the
// same afterwards, and a user who was a member throughout reads the same.
func TestRebuildFromAnErasedStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScript(1)

		var log []Event
		for range rapid.IntRange(1, 80).Draw(t, "events") {
			_, e := s.draw(t)
			log = append(log, e)
		}
		whole, rebuilt := open1(t, Options{Shards: 1, fs: vfs.NewMem()}), open1(t, Options{Shards: 1, fs: vfs.NewMem()})
		apply(t, whole, 0, log)
		apply(t, rebuilt, 0, without1(log, s.m.erasures[0]))
		owed, err := rebuilt.Erasures(0, 0, 9)
		same(t, "owed", owed, nil, err)
		for _, channel := range s.ids {
			st := s.m.states[channel]
			for seq := range seqOf(st) + 1 {
				m, err := whole.Message(channel, seq)
				mAgain, errAgain := rebuilt.Message(channel, seq)
				same(t, "message", mAgain, m, err, errAgain)
			}
			for _, user := range s.users {
				if all := s.m.members[userChannel{user, channel}]; len(all) != 1 || all[0].over() || all[0].joined != 0 {
					continue
				}
				page, _, err := whole.History(user, channel, Window{Limit: 100})
				pageAgain, _, errAgain := rebuilt.History(user, channel, Window{Limit: 100})
				same(t, "history", pageAgain, page, err, errAgain)
			}
		}
		shut(t, whole)
		shut(t, rebuilt)
	})
}

// A message that is deleted twice in one batch owes its edits once.
func TestDeletedTwiceInABatch(t *testing.T) {
	gone := wire.Record{Target: 1, Erased: &wire.Erased{ID: "id2", Sender: "ann", Timestamp: 2000}}
	v := newView(t, Options{})
	must(v.Apply(0, []Event{
		created(t, 1, room, "ann", "bob"), message(t, 2, room, 1),
		change(t, 3, wire.KindEdit, wire.Record{Target: 1, Content: &wire.Content{Text: secret}}),
	}, 0))(t)
	must(v.Apply(0, []Event{change(t, 4, wire.KindDelete, gone), change(t, 5, wire.KindDelete, gone)}, 0))(t)
	equal(t, "owed", must(v.Erasures(0, 0, 9))(t), []Erasure{
		{Pos: 4, Channel: room, Positions: []uint64{2, 3}}, {Pos: 5, Channel: room, Positions: []uint64{2}},
	})
}
