package view

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"natterjack/server/wire"
)

// TestRebuiltViewGivesTheSameAnswers builds one view in one go and another in pieces. Between
// the pieces the second view is stopped, its process dies or the power fails, and it goes on
// from its own position. Both must give the same bytes to every query.
func TestRebuiltViewGivesTheSameAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{Shards: 2, StateBytes: 1500}
		s := newScript(o.Shards)
		logs := make([][]Event, o.Shards)
		for range rapid.IntRange(1, 80).Draw(t, "events") {
			shard, e := s.draw(t)
			logs[shard] = append(logs[shard], e)
		}
		want := inOneGo(t, o, s, logs)
		got := inPieces(t, o, s, logs)
		same(t, "answers", got, want)
	})
}

func inOneGo(t *rapid.T, o Options, s *script, logs [][]Event) string {
	o.fs = vfs.NewMem()
	v := open1(t, o)
	for shard, events := range logs {
		apply(t, v, shard, events)
	}
	return answersAndClose(t, v, s)
}

func inPieces(t *rapid.T, o Options, s *script, logs [][]Event) string {
	disk := vfs.NewCrashableMem()
	o.fs = disk
	var log logged
	o.Logger = log.logger()
	v := open1(t, o)
	t.Repeat(map[string]func(*rapid.T){
		"apply": func(t *rapid.T) {
			shard := rapid.IntRange(0, o.Shards-1).Draw(t, "shard")
			rest := behind(logs[shard], v.Position(shard))
			apply(t, v, shard, rest[:rapid.IntRange(0, len(rest)).Draw(t, "piece")])
		},
		"stop": func(t *rapid.T) {
			shut(t, v)
			v = open1(t, o)
		},
		"flush": func(t *rapid.T) {
			if err := v.db.Flush(); err != nil {
				t.Fatal(err)
			}
		},
		"crash": func(t *rapid.T) {
			cut := vfs.CrashCloneCfg{
				UnsyncedDataPercent: rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "unsynced data that survives"),
				RNG:                 rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)),
			}
			crashed := disk.CrashClone(cut)
			shut(t, v)
			disk, o.fs = crashed, crashed
			v = open1(t, o)
			if cut.UnsyncedDataPercent == 100 && log.count("damaged") > 0 {
				t.Fatal("the death of the process was taken for damage of the disk")
			}
		},
	})
	for shard := range logs {
		apply(t, v, shard, behind(logs[shard], v.Position(shard)))
	}
	return answersAndClose(t, v, s)
}

// behind returns the events of a log after a position.
func behind(events []Event, pos uint64) []Event {
	i := slices.IndexFunc(events, func(e Event) bool { return e.Pos > pos })
	if i < 0 {
		return nil
	}
	return events[i:]
}

// answersAndClose asks a view everything about the channels and users of a script.
func answersAndClose(t *rapid.T, v *View, s *script) string {
	var all []any
	ask := func(answer ...any) {
		if err, _ := answer[len(answer)-1].(error); err != nil {
			t.Fatal(err)
		}
		all = append(all, answer...)
	}
	after := make([]uint64, len(s.pos))
	for _, channel := range s.ids {
		st, err := v.Channel(channel)
		ask(st, err)
		used, err := v.UsedByChannel(channel)
		ask(used, err)
		for seq := range seqOf(st) + 2 {
			m, err := v.Message(channel, seq)
			ask(m, err)
			versions, _, err := v.Edits(channel, seq, 0, math.MaxInt)
			ask(versions, err)
		}
		for _, user := range s.users {
			e, err := v.Find(channel, user, "1")
			ask(e, err)
			pins, err := pinsOf(v, user, channel)
			ask(pins, err)
			items, more, err := v.Gallery(user, channel, Gallery{Kinds: wire.GalleryKinds(), Limit: 1000, Bytes: 1 << 20})
			ask(items, more, err)
			askAboutSeqs(v, ask, user, channel, seqOf(st))
		}
	}
	for shard, top := range s.pos {
		erasures, err := v.Erasures(shard, 0, 1000)
		ask(erasures, err)
		for pos := range top + 1 {
			dropped, err := v.Dropped(shard, pos, "", 1000)
			ask(dropped, err)
		}
	}
	profiles, err := v.Profiles(s.users)
	ask(profiles, err)
	of, err := v.PicturesOf(scriptIDs())
	ask(of, err)
	named, err := v.MediaAfter("", 1000)
	ask(named, err)
	for _, user := range s.users {
		shares, _, err := v.Shares(user, s.users)
		ask(shares, err)
		own, err := v.UsedByChannel(wire.OwnChannel(user))
		ask(own, err)
	}
	for _, user := range s.users {
		used, looked, err := v.UsedByUser(user)
		ask(used, looked, err)
		ids, err := v.ChannelsOf(user)
		ask(ids, err)
		listed, more, err := v.List(user, Listing{Limit: 3}, unread)
		ask(listed, more, err)
		n, err := v.CountMissed(user, after, 1000)
		ask(n, err)
		for shard, top := range s.pos {
			for pos := range top + 1 {
				events, more, err := v.Missed(user, Span{Shard: shard, After: pos, Upto: top}, 5, 1000)
				ask(events, more, err)
			}
		}
	}
	shut(t, v)
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func askAboutSeqs(v *View, ask func(...any), user, channel string, top uint64) {
	for seq := range top + 2 {
		page, more, err := v.History(user, channel, Window{Before: seq, Limit: 3})
		ask(page, more, err)
		page, more, err = v.History(user, channel, Window{After: seq, Limit: 3})
		ask(page, more, err)
		n, mentions, err := v.Counts(user, channel, seq)
		ask(n, mentions, err)
	}
}

// TestRebuildNeedsNothingButTheLog deletes a view on a real disk, as an operator would.
func TestRebuildNeedsNothingButTheLog(t *testing.T) {
	o := Options{Shards: 1}
	var events []Event
	f := newFeed(50)
	for len(events) < 2000 {
		events = append(events, f.batch(100)...)
	}
	build := func(dir string, piece int) string {
		v := must(Open(dir, o))(t)
		for batch := range slices.Chunk(events, piece) {
			must(v.Apply(0, batch, 0))(t)
		}
		var all []any
		for i, channel := range f.channels {
			page, more, err := v.History(f.users[i][0], channel, Window{Limit: 100})
			noError(t, err)
			missed, _, err := v.Missed(f.users[i][0], Span{Upto: v.Position(0)}, 1000, 1<<20)
			noError(t, err)
			all = append(all, page, more, missed, must(v.Channel(channel))(t))
		}
		noError(t, v.Close())
		return string(must(json.Marshal(all))(t))
	}
	if build(t.TempDir(), 500) != build(t.TempDir(), 7) {
		t.Error("the answers differ")
	}
}
