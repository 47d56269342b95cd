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
	page, more, err := v.History("ann", room, 0, 0, 10)
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

// inShard is a direct channel of ann that belongs to one of two shards.
func inShard(t *testing.T, shard int) string {
	t.Helper()
	for _, b := range []string{"bob", "cem", "dot", "eve", "fay", "gus"} {
		if ch := wire.DirectChannel("ann", b); wire.ShardOf(ch, 2) == shard {
			return ch
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
	equal(t, "heads", heads, []channel.Head{{Seq: 0, Pos: 1, Active: 1000}, {Seq: 1, Pos: 2, Active: 2000}, {Seq: 2, Pos: 4, Active: 4000}})
}

// Nothing that is in a log stops its shard.
func TestApplyLeavesOutWhatNobodyCanRead(t *testing.T) {
	for name, e := range map[string]Event{
		"empty record":          {Channel: room, Kind: wire.KindMessage},
		"no JSON":               {Channel: room, Kind: wire.KindMessage, Record: []byte("{hello}")},
		"no object":             {Channel: room, Kind: wire.KindMessage, Record: []byte(`["seq",2]`)},
		"two lines":             {Channel: room, Kind: wire.KindMessage, Record: []byte("{\"seq\":2,\n\"sender\":\"ann\"}")},
		"member of wrong type":  {Channel: room, Kind: wire.KindMessage, Record: []byte(`{"seq":2,"sender":["ann"]}`)},
		"member twice":          {Channel: room, Kind: wire.KindMessage, Record: []byte(`{"seq":2,"seq":3}`)},
		"content that is none":  {Channel: room, Kind: wire.KindMessage, Record: []byte(`{"seq":2,"content":"hello"}`)},
		"member of the frame":   {Channel: room, Kind: wire.KindMessage, Record: []byte(`{"seq":2,"pos":null}`)},
		"no seq":                {Channel: room, Kind: wire.KindMessage, Record: []byte(`{"sender":"ann"}`)},
		"old seq":               {Channel: room, Kind: wire.KindMessage, Record: []byte(`{"seq":1}`)},
		"huge seq":              {Channel: room, Kind: wire.KindMessage, Record: []byte(`{"seq":18446744073709551615}`)},
		"kind beyond a frame":   {Channel: room, Kind: `a"b`, Record: []byte(`{}`)},
		"no kind":               {Channel: room, Kind: ``, Record: []byte(`{}`)},
		"kind longer than ours": {Channel: room, Kind: wire.Kind(strings.Repeat("k", 33)), Record: []byte(`{}`)},
	} {
		t.Run(name, func(t *testing.T) {
			var log logged
			v := newView(t, Options{Logger: log.logger()})
			e.Pos = 3
			applied := must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob"), message(t, 2, room, 1), e, message(t, 4, room, 2)}, 0))(t)
			equal(t, "applied", appliedPositions(applied), []uint64{1, 2, 4})
			equal(t, "lines in the log", log.count("left out"), 1)
			missed, _, err := v.Missed("bob", Span{Upto: 9}, 10, 1000)
			noError(t, err)
			equal(t, "missed", positions(missed), []uint64{1, 2, 4})
			equal(t, "count", must(v.CountMissed("bob", []uint64{0}, 10))(t), 3)
			page, _, err := v.History("ann", room, 0, 0, 10)
			noError(t, err)
			equal(t, "history", positions(page), []uint64{2, 4})
		})
	}
}

func TestApplyMovesTheHeadForWhatNobodyCanRead(t *testing.T) {
	o := Options{Shards: 1, fs: vfs.NewMem()}
	v := must(Open("view", o))(t)
	must(v.Apply(0, []Event{{Pos: 6, Channel: room, Kind: wire.KindMessage, Record: []byte("?")}}, 0))(t)
	want := &channel.State{ID: room, Head: channel.Head{Pos: 6}}
	equal(t, "state", must(v.Channel(room))(t), want)
	noError(t, v.Close())
	v = must(Open("view", o))(t)
	equal(t, "state on disk", must(v.Channel(room))(t), want)
	noError(t, v.Close())
}

func TestApplyLeavesOutChannelsThatAreNotItsOwn(t *testing.T) {
	var log logged
	v := newView(t, Options{Shards: 2, Logger: log.logger()})
	foreign := inShard(t, 1)
	applied := must(v.Apply(0, []Event{created(t, 1, foreign, "ann", "bob"), created(t, 2, `a"b`, "ann"), created(t, 3, "", "ann")}, 0))(t)
	equal(t, "applied", len(applied), 0)
	equal(t, "position", v.Position(0), 3)
	equal(t, "lines in the log", log.count("left out"), 3)
	equal(t, "channel", must(v.Channel(foreign))(t), nil)
}

func TestApplyKeepsWhatANewerNodeWrote(t *testing.T) {
	v := newView(t, Options{})
	newer := Event{Pos: 2, Channel: room, Kind: "poll", Record: []byte(`{"id":"x","sender":"bob","client_id":"c","options":{"deep":[1,2]}}`)}
	must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob"), newer}, 0))(t)
	equal(t, "found", must(v.Find(room, "bob", "c"))(t), &newer)
	missed, _, err := v.Missed("ann", Span{After: 1, Upto: 2}, 10, 1000)
	noError(t, err)
	equal(t, "missed", missed, []Event{newer})
}

// Groups change hands once: at their creation.
func TestApplyCreatesOnce(t *testing.T) {
	v := newView(t, Options{})
	must(v.Apply(0, []Event{created(t, 1, room, "ann", "bob"), created(t, 2, room, "eve")}, 0))(t)
	equal(t, "eve's channels", must(v.ChannelsOf("eve"))(t), nil)
	equal(t, "bob's channels", must(v.ChannelsOf("bob"))(t), []string{room})
}
