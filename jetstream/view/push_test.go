package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// pushEvent returns the event of a subscription in the user's own channel. Without an address it
// ends the subscription. The address gone is none.
func pushEvent(t *testing.T, pos, version uint64, user, id, address string) Event {
	t.Helper()
	r := wire.Record{
		Kind: wire.KindSetting, Version: version, ID: fmt.Sprint(pos), Sender: user, Timestamp: int64(pos), Setting: &wire.Setting{Name: wire.PushSetting(id)},
	}
	if address != "" {
		r.Setting.Value = wire.PushDevice{Kind: wire.PushWeb, Label: "x", Language: "ja"}.Value()
		r.Push = &wire.PushTarget{Address: address, Key: "key", Auth: "auth"}
	}
	if address == "gone" {
		r.Push = nil
	}
	record, err := wire.EncodeRecord(&r)
	noError(t, err)
	return Event{Pos: pos, Channel: wire.OwnChannel(user), Kind: wire.KindSetting, Record: record}
}

// TestSubscriptions compares the subscriptions of a view with the events, within a round, over
// rounds, after the view was opened again, and after it has made them anew.
func TestSubscriptions(t *testing.T) {
	dir := t.TempDir()
	v := must(Open(dir, Options{Shards: 1, Epoch: "e"}))(t)
	sub := func(id, address string, since, renewed int64, version uint64) channel.Subscription {
		return channel.Subscription{
			ID: id, PushDevice: wire.PushDevice{Kind: wire.PushWeb, Label: "x", Language: "ja"},
			PushTarget: wire.PushTarget{Address: address, Key: "key", Auth: "auth"}, Since: since, Renewed: renewed, Version: version,
		}
	}
	var want []channel.Subscription
	check := func() {
		t.Helper()
		equal(t, "of ann", must(v.Subscriptions("ann"))(t), want)
		equal(t, "of an", len(must(v.Subscriptions("an"))(t)), 0)
		for _, s := range settingsOf(t, v, "ann", "") {
			if strings.Contains(s.Value, "https") {
				t.Errorf("a setting tells where a subscription leads: %+v", s)
			}
		}
	}
	must(v.Apply(0, []Event{
		pushEvent(t, 1, 1, "ann", "one", "https://1"),
		pushEvent(t, 2, 2, "ann", "one", "https://2"),
		pushEvent(t, 3, 3, "ann", "two", "https://3"),
		pushEvent(t, 4, 4, "ann", "three", "https://4"),
		pushEvent(t, 5, 5, "ann", "two", ""),
	}, 0))(t)
	want = []channel.Subscription{sub("one", "https://2", 1, 2, 2), sub("three", "https://4", 4, 4, 4)}
	check()
	must(v.Apply(0, []Event{pushEvent(t, 6, 6, "ann", "three", "https://5"), pushEvent(t, 7, 7, "ann", "two", "https://2")}, 0))(t)
	want = []channel.Subscription{sub("two", "https://2", 7, 7, 7), sub("three", "https://5", 4, 6, 6)} // one address, the latest id
	slices.SortFunc(want, func(a, b channel.Subscription) int { return strings.Compare(a.ID, b.ID) })
	got := must(v.Subscriptions("ann"))(t)
	slices.SortFunc(got, func(a, b channel.Subscription) int { return strings.Compare(a.ID, b.ID) })
	equal(t, "one address", got, want)
	must(v.Apply(0, []Event{pushEvent(t, 8, 8, "ann", "one", "")}, 0))(t)
	check()
	must(v.Apply(0, []Event{
		pushEvent(t, 9, 9, "ann", "three", "gone"), pushEvent(t, 10, 10, "ann", "four", "https://6"), pushEvent(t, 11, 11, "ann", "four", "gone"),
	}, 0))(t)
	want = []channel.Subscription{sub("four", "", 10, 10, 11), sub("three", "", 4, 6, 9), sub("two", "https://2", 7, 7, 7)}
	for i := range want[:2] {
		want[i].Key, want[i].Auth = "", ""
	}
	check()
	for at, n := range map[int64]int{7: 0, 8: 1, 100: 1} { // of those that are gone, none
		equal(t, "unused", len(must(v.UnusedSubscriptions(at, 0, 10))(t)), n)
	}
	equal(t, "unused, and gone", len(must(v.UnusedSubscriptions(8, 7, 10))(t)), 2)
	noError(t, v.Close())

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
