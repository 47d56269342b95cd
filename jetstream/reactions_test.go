package jetstream

import (
	"slices"
	"testing"

	"natterjack/server/wire"
)

// TestReactions_countsAndPages shows that a page has the number of users who reacted, whether
// the caller is one, and the first few. The rest is paged.
func TestReactions_countsAndPages(t *testing.T) {
	l := alone(t)
	const n = 30
	everyone := users(n)
	group, err := l.CreateGroup(t.Context(), everyone[0], &wire.CreateGroup{ClientID: "g", Name: "all", Members: everyone[1:]})
	if err != nil {
		t.Fatal(err)
	}
	mustSend(t, l, everyone[0], in(group.ID, "c", "hi"))
	for _, user := range everyone[1:] {
		mustSend(t, l, user, wire.React{Channel: group.ID, Seq: 1, Emoji: "👍", ClientID: "r-" + user})
	}
	mustSend(t, l, everyone[0], wire.Pin{Channel: group.ID, Seq: 1, ClientID: "p"})
	for i, user := range everyone[:2] {
		shown := map[string]wire.Event{}
		page, _, err := l.History(t.Context(), user, &wire.History{Channel: group.ID})
		if err != nil {
			t.Fatal(err)
		}
		f, err := wire.DecodeFrame(page[0])
		if err != nil {
			t.Fatal(err)
		}
		shown["history"] = f.(wire.Event)
		pins, err := l.Answer(t.Context(), user, wire.GetPins{Channel: group.ID})
		if err != nil {
			t.Fatal(err)
		}
		shown["pins"] = pins.(wire.Page).Events[0]
		for where, ev := range shown {
			if len(ev.Reactions) != 1 {
				t.Fatalf("%s: %+v", where, ev.Reactions)
			}
			if r := ev.Reactions[0]; r.Count != n-1 || r.Own != (i == 1) || len(r.Users) != wire.MaxShownReactors {
				t.Errorf("%s of %s: %+v", where, user, r)
			}
		}
	}
	var all []string
	for after, more := "", true; more; after = all[len(all)-1] {
		f, err := l.Answer(t.Context(), everyone[0], wire.GetReactions{Channel: group.ID, Seq: 1, Emoji: "👍", After: after, Limit: 7})
		if err != nil {
			t.Fatal(err)
		}
		all, more = append(all, f.(wire.Reactions).Users...), f.(wire.Reactions).More
	}
	if want := slices.Sorted(slices.Values(everyone[1:])); !slices.Equal(all, want) {
		t.Errorf("got %v, want %v", all, want)
	}
}
