package view

import (
	"fmt"
	"slices"
	"testing"

	"natterjack/server/wire"
)

// TestSettings sets, changes and takes away, and looks again after the view was opened anew.
func TestSettings(t *testing.T) {
	dir := t.TempDir()
	v := must(Open(dir, Options{Shards: 1, Epoch: "e"}))(t)
	pos, versions := uint64(0), map[string]uint64{}
	set := func(channel, sender, name, value string) {
		t.Helper()
		pos++
		versions[channel]++
		record := must(wire.EncodeRecord(&wire.Record{Kind: wire.KindSetting, Version: versions[channel], ID: fmt.Sprint(pos), Sender: sender, Timestamp: 1, Setting: &wire.Setting{Name: name, Value: value}}))(t)
		if _, err := v.Apply(0, []Event{{Pos: pos, Channel: channel, Kind: wire.KindSetting, Record: record}}, 0); err != nil {
			t.Fatal(err)
		}
	}
	set("~ann", "ann", "mute/ann~bob", "0")
	set("~ann", "ann", "block/bob", "1")
	set("~ann", "ann", "block/cem", "1")
	set("~ann", "ann", "block/cem", "")
	set("~ann", "ann", "mute/ann~bob", "77")
	set("~annabel", "annabel", "block/ann", "1")
	set("~ann", "ann", "privacy/receipts", "off")
	set("~ann", "ann", "hide/ann~bob/7", "1")
	set("~annabel", "annabel", "privacy/receipts", "off")
	set("~annabel", "annabel", "privacy/receipts", "")
	set("~annabel", "annabel", "hide/ann~annabel/7", "")
	set("~ann", "eve", "block/dot", "1") // no writer stores such an event
	check := func() {
		t.Helper()
		equal(t, "all", must(v.Settings("ann", ""))(t), []wire.Setting{
			{Name: "block/bob", Value: "1"}, {Name: "hide/ann~bob/7", Value: "1"}, {Name: "mute/ann~bob", Value: "77"}, {Name: "privacy/receipts", Value: "off"},
		})
		equal(t, "blocks", must(v.Settings("ann", "block/"))(t), []wire.Setting{{Name: "block/bob", Value: "1"}})
		equal(t, "none", must(v.Settings("an", ""))(t), nil)
		equal(t, "one", must(v.Setting("ann", "mute/ann~bob"))(t), "77")
		equal(t, "counted", must(v.CountSettings("ann", 9))(t), 4)
		equal(t, "counted up to", must(v.CountSettings("ann", 1))(t), 1)
		equal(t, "discreet", []bool{v.Discreet("ann"), v.Discreet("annabel")}, []bool{true, false})
		equal(t, "hides", []bool{v.known.hides("ann"), v.known.hides("annabel")}, []bool{true, false})
		for pair, want := range map[[2]string]bool{{"ann", "bob"}: true, {"bob", "ann"}: false, {"ann", "cem"}: false, {"annabel", "ann"}: true, {"ann", "dot"}: false} {
			if got := v.Blocked(pair[0], pair[1]); got != want {
				t.Errorf("%s has blocked %s: %v", pair[0], pair[1], got)
			}
		}
	}
	check()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	v = must(Open(dir, Options{Shards: 1, Epoch: "e"}))(t)
	check()
	noError(t, v.Close())
	again := slices.Clone(projections)
	for i := range again {
		again[i].version++
	}
	v = must(Open(dir, Options{Shards: 1, Epoch: "e", projections: again}))(t)
	defer v.Close()
	check()
}
