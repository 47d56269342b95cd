package view

import (
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

const room = "ann~bob"

func TestApplyAgainChangesNothing(t *testing.T) {
	v := newView(t, Options{})
	events := []Event{created(t, 3, room, "ann", "bob"), message(t, 5, room, 1), message(t, 9, room, 2)}
	equal(t, "applied", appliedPositions(must(v.Apply(0, events[:2], 0))(t)), []uint64{3, 5})
	equal(t, "applied over", appliedPositions(must(v.Apply(0, events, 0))(t)), []uint64{9})
	equal(t, "applied again", appliedPositions(must(v.Apply(0, events, 0))(t)), []uint64{})
	equal(t, "position", v.Position(0), 9)
	page, more, err := v.History("ann", room, Window{Limit: 10})
	noError(t, err)
	equal(t, "history", positions(page), []uint64{5, 9})
	equal(t, "more", more, false)
}

func TestApplyMovesThePositionWithoutEvents(t *testing.T) {
	o := Options{Shards: 2, fs: vfs.NewMem()}
	v := must(Open("view", o))(t)
	must(v.Apply(1, nil, 7))(t)
	must(v.Apply(1, nil, 4))(t)
	must(v.Apply(0, []Event{message(t, 3, inShard(t, 0), 1)}, 8))(t)
	equal(t, "position", []uint64{v.Position(0), v.Position(1)}, []uint64{8, 7})
	noError(t, v.Close())
	v = must(Open("view", o))(t)
	equal(t, "position after reopening", []uint64{v.Position(0), v.Position(1)}, []uint64{8, 7})
	noError(t, v.Close())
}

// inShard returns a direct channel of ann that belongs to one of two shards.
func inShard(t *testing.T, shard int) string {
	t.Helper()
	for _, b := range []string{"bob", "cem", "dot", "eve", "fay", "gus"} {
		if channel := wire.DirectChannel("ann", b); evenly(2)(channel) == shard {
			return channel
		}
	}
	t.Fatal("no channel found")
	return ""
}

func TestApplyGivesTheStateAfterEachEvent(t *testing.T) {
	v := newView(t, Options{})
	applied := must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob"), message(t, 2, room, 1), message(t, 4, room, 2)}, 0))(t)
	var heads []channel.Head
	for _, a := range applied {
		heads = append(heads, a.Head)
		equal(t, "members", a.Members(), []string{"ann", "bob"})
	}
	equal(t, "heads", heads, []channel.Head{
		{Version: 1, Seq: 0, Pos: 1, Active: 1000, Held: 1},
		{Version: 2, Seq: 1, Pos: 2, Active: 2000, Said: 2000, SaidAt: 2, Held: 2},
		{Version: 3, Seq: 2, Pos: 4, Active: 4000, Said: 4000, SaidAt: 4, Held: 3},
	})
}

// No record in a log stops its shard.
func TestApplyLeavesOutWhatNobodyCanRead(t *testing.T) {
	for name, record := range map[string]string{
		"empty record":          "",
		"no JSON":               "{hello}",
		"no object":             `["seq",2]`,
		"two lines":             "{\"kind\":\"message\",\"version\":3,\"seq\":2,\n\"sender\":\"ann\"}",
		"member of wrong type":  `{"kind":"message","version":3,"seq":2,"sender":["ann"]}`,
		"member twice":          `{"kind":"message","version":3,"seq":2,"seq":2}`,
		"content that is none":  `{"kind":"message","version":3,"seq":2,"content":"hello"}`,
		"member of the frame":   `{"kind":"message","version":3,"seq":2,"pos":null}`,
		"no seq":                `{"kind":"message","version":3,"sender":"ann"}`,
		"old seq":               `{"kind":"message","version":3,"seq":1}`,
		"huge seq":              `{"kind":"message","version":3,"seq":18446744073709551615}`,
		"old version":           `{"kind":"message","version":2,"seq":2}`,
		"version to come":       `{"kind":"message","version":4,"seq":2}`,
		"kind beyond a frame":   `{"kind":"a\"b","version":3,"last":1}`,
		"no kind":               `{"version":3,"last":1}`,
		"kind longer than ours": `{"kind":"` + strings.Repeat("k", 33) + `","version":3,"last":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			var log logged
			v := newView(t, Options{Logger: log.logger()})
			e := Event{Pos: 3, Channel: room, Record: []byte(record)}
			applied := must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob"), message(t, 2, room, 1), e, message(t, 4, room, 2)}, 0))(t)
			equal(t, "applied", appliedPositions(applied), []uint64{1, 2, 4})
			equal(t, "lines in the log", log.count("does not count"), 1)
			missed, _, err := v.Missed("bob", Span{Upto: 9}, 10, 1000)
			noError(t, err)
			equal(t, "missed", positions(missed), []uint64{1, 2, 4})
			equal(t, "count", must(v.CountMissed("bob", []uint64{0}, 10))(t), 3)
			page, _, err := v.History("ann", room, Window{Limit: 10})
			noError(t, err)
			equal(t, "history", positions(page), []uint64{2, 4})
		})
	}
}

// A void event is owed to the eraser and counted. It takes no number away from the events after
// it.
func TestApplyOwesWhatIsVoid(t *testing.T) {
	v := newView(t, Options{})
	first := created(t, 1, room, "ann", "bob")
	rival := message(t, 3, room, 1)
	rival.Pos = 2
	must(v.Apply(0, []Event{first, rival, message(t, 3, room, 1), {Pos: 4, Channel: room, Record: []byte("?")}}, 0))(t)
	equal(t, "head", must(v.Channel(room))(t).Head, channel.Head{Version: 2, Seq: 1, Pos: 2, Active: 3000, Said: 3000, SaidAt: 2, Held: 2})
	equal(t, "void", v.Voided(0), 2)
	equal(t, "owed", must(v.Erasures(0, 0, 9))(t), []Erasure{
		{Pos: 3, Channel: room, Positions: []uint64{3}}, {Pos: 4, Channel: room, Positions: []uint64{4}},
	})
}

func TestApplyLeavesOutChannelsThatAreNotItsOwn(t *testing.T) {
	var log logged
	v := newView(t, Options{Shards: 2, Logger: log.logger()})
	foreign := inShard(t, 1)
	applied := must(v.Apply(0, []Event{created(t, 1, foreign, "ann", "bob"), created(t, 2, `a"b`, "ann"), created(t, 3, "", "ann")}, 0))(t)
	equal(t, "applied", len(applied), 0)
	equal(t, "position", v.Position(0), 3)
	equal(t, "lines in the log", log.count("does not count"), 3)
	equal(t, "channel", must(v.Channel(foreign))(t), nil)
}

func TestApplyKeepsWhatANewerNodeWrote(t *testing.T) {
	v := newView(t, Options{})
	newer := Event{Pos: 2, Channel: room, Kind: "poll", Record: []byte(`{"kind":"poll","version":2,"id":"x","sender":"bob","client_id":"c","options":{"deep":[1,2]}}`)}
	must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob"), newer}, 0))(t)
	equal(t, "found", must(v.Find(room, "bob", "c"))(t), &newer)
	missed, _, err := v.Missed("ann", Span{After: 1, Upto: 2}, 10, 1000)
	noError(t, err)
	equal(t, "missed", missed, []Event{newer})
}

// A group is created only once.
func TestApplyCreatesOnce(t *testing.T) {
	v := newView(t, Options{})
	must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob"), created(t, 2, room, "eve")}, 0))(t)
	equal(t, "eve's channels", must(v.ChannelsOf("eve"))(t), nil)
	equal(t, "bob's channels", must(v.ChannelsOf("bob"))(t), []string{room})
}
