package view

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// TestSettings sets, changes and removes settings, and reads them again after the view was
// reopened.
func TestSettings(t *testing.T) {
	dir := t.TempDir()
	v := must(Open(dir, Options{Shards: 1, Epoch: "e"}))(t)
	pos, versions := uint64(0), map[string]uint64{}
	var batch []Event
	set := func(channel, sender, name, value string) {
		t.Helper()
		pos++
		versions[channel]++
		e := settingEvent(t, pos, versions[channel], sender, name, value)
		e.Channel = channel
		must(v.Apply(0, []Event{e}, 0))(t)
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
		equal(t, "all", settingsOf(t, v, "ann", ""), []wire.Setting{
			{Name: "block/bob", Value: "1"}, {Name: "hide/ann~bob/7", Value: "1"}, {Name: "mute/ann~bob", Value: "77"}, {Name: "privacy/receipts", Value: "off"},
		})
		equal(t, "blocks", settingsOf(t, v, "ann", "block/"), []wire.Setting{{Name: "block/bob", Value: "1"}})
		equal(t, "none", settingsOf(t, v, "an", ""), nil)
		equal(t, "one", must(v.Setting("ann", "mute/ann~bob"))(t), "77")
		for of, want := range map[userKind]int{
			{"ann", "block/x"}: 1, {"ann", "hide/ann~bob/7"}: 1, {"ann", "mute/x"}: 1, {"ann", "privacy/receipts"}: 1, {"ann", "top/x"}: 0,
			{"annabel", "block/ann"}: 1, {"annabel", "hide/x"}: 0, {"an", "block/bob"}: 0, {"one", "x/0"}: len(settingsOf(t, v, "one", "")),
		} {
			n, set, err := v.CountSettings(of.user, of.kind)
			noError(t, err)
			equal(t, fmt.Sprint("number of those of ", of), n, want)
			equal(t, fmt.Sprint("whether it is set, ", of), set, must(v.Setting(of.user, of.kind))(t) != "")
		}
		equal(t, "discreet", []bool{v.Discreet("ann"), v.Discreet("annabel")}, []bool{true, false})
		equal(t, "hides", []bool{v.known.hides("ann"), v.known.hides("annabel")}, []bool{true, false})
		for pair, want := range map[[2]string]bool{{"ann", "bob"}: true, {"bob", "ann"}: false, {"ann", "cem"}: false, {"annabel", "ann"}: true, {"ann", "dot"}: false} {
			if got := v.Blocked(pair[0], pair[1]); got != want {
				t.Errorf("%s has blocked %s: %v", pair[0], pair[1], got)
			}
		}
	}
	check()
	for i := range 5 { // with other events of the batch, set and removed
		pos++
		versions["~one"]++
		name, value := fmt.Sprint("x/", i%2), fmt.Sprint(i%3)
		if i%3 == 0 {
			value = ""
		}
		batch = append(batch, settingEvent(t, pos, versions["~one"], "one", name, value))
	}
	must(v.Apply(0, batch, 0))(t)
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

// settingEvent returns a setting event of a user, in the user's own channel.
func settingEvent(t *testing.T, pos, version uint64, user, name, value string) Event {
	t.Helper()
	record, err := wire.EncodeRecord(&wire.Record{
		Kind: wire.KindSetting, Version: version, ID: fmt.Sprint(pos), Sender: user, Timestamp: 1, Setting: &wire.Setting{Name: name, Value: value},
	})
	noError(t, err)
	return Event{Pos: pos, Channel: wire.OwnChannel(user), Kind: wire.KindSetting, Record: record}
}

func settingsOf(t *testing.T, v *View, user, prefix string) []wire.Setting {
	t.Helper()
	all, more, err := v.Settings(user, prefix, "", math.MaxInt)
	noError(t, err)
	equal(t, "more", more, false)
	return all
}

// TestSettings_pages reads settings in pages of every size, and expects each setting once, and no
// page that is larger than was asked for, unless it has one setting.
func TestSettings_pages(t *testing.T) {
	v := newView(t, Options{})
	var want []wire.Setting
	for i, value := range []string{"1", "dark", strings.Repeat("\x01", 40), `"`, "x", "last"} {
		s := wire.Setting{Name: fmt.Sprintf("client/%02d", i), Value: value}
		want = append(want, s)
		pos := uint64(i + 1)
		e := settingEvent(t, pos, pos, "ann", s.Name, s.Value)
		e.Channel = "~ann"
		must(v.Apply(0, []Event{e}, 0))(t)
	}
	for most := range 400 {
		var got []wire.Setting
		for more, after := true, ""; more; {
			var some []wire.Setting
			var err error
			some, more, err = v.Settings("ann", "client/", after, most)
			noError(t, err)
			if frame := must(wire.Append(nil, wire.Settings{Settings: some}))(t); len(some) > 1 && len(frame) > most+100 {
				t.Fatalf("%d bytes: a page of %d settings has %d", most, len(some), len(frame))
			}
			got = append(got, some...)
			after = some[len(some)-1].Name
		}
		equal(t, fmt.Sprint("in pages of ", most, " bytes"), got, want)
	}
}
