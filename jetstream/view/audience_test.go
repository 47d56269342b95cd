package view

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"natterjack/server/wire"
)

// TestAudience compares the answers of an Audience about many users with the view's answers about
// each, in a channel that is small, and in one that is read by a scan.
func TestAudience(t *testing.T) {
	v := newView(t, Options{})
	r := rand.New(rand.NewPCG(1, 2))
	pos := uint64(0)
	apply := func(id string, kind wire.Kind, record wire.Record) {
		t.Helper()
		pos++
		if applied := must(v.Apply(0, []Event{event(t, pos, id, kind, record)}, 0))(t); len(applied) != 1 {
			t.Fatalf("event %d of %s does not count", pos, id)
		}
	}
	const small, large = "gsmallsmallsmallsmallsmal", "glargelargelargelargelarg"
	groups := map[string]int{small: 3, large: 3 * scanFrom}
	members := func(n int) (users []string) {
		for i := range n {
			users = append(users, fmt.Sprintf("u%02d", i)+string(rune('a'+i%3))+fmt.Sprint(i*i)) // of several lengths
		}
		slices.Sort(users)
		return users
	}
	for id, n := range groups {
		users := members(n)
		apply(id, wire.KindMeta, wire.Record{Sender: users[0], Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Members: users}})
		for seq := uint64(1); seq <= 20; seq++ {
			apply(id, wire.KindMessage, wire.Record{Sender: users[r.IntN(n)], Seq: seq, ClientID: fmt.Sprint(seq), Content: &wire.Content{Text: "hello"}})
		}
		var moves []ReceiptMove
		for _, user := range users {
			if r.IntN(3) > 0 {
				moves = append(moves, ReceiptMove{Receipt: Receipt{Channel: id, User: user, Read: r.Uint64N(20), At: v.ReceiptsPosition(0) + 1}})
			}
		}
		noError(t, v.ApplyReceipts(0, moves, v.ReceiptsPosition(0)+1, func([]ReceiptMoved) {}))
	}
	muted := members(3)[1]
	apply(wire.OwnChannel(muted), wire.KindSetting, wire.Record{Sender: muted, Setting: &wire.Setting{Name: wire.SettingMute + small, Value: "0"}})
	apply(wire.OwnChannel(muted), wire.KindSetting, wire.Record{Sender: muted, Setting: &wire.Setting{Name: wire.SettingHide + small + "/3", Value: "1"}})

	a := must(v.Audience())(t)
	defer func() { noError(t, a.Close()) }()
	nobody := func(string) uint64 { return 0 }
	for id, n := range groups {
		users := append(members(n), "~not a member")
		read := must(a.Read(id, users))(t)
		for i, user := range users {
			want := uint64(0)
			for _, p := range must(v.Places(id, user))(t) {
				want = p.Read
			}
			equal(t, "read by "+user+" in "+id, read[i], want)
		}
	}
	for _, user := range members(3 * scanFrom) {
		want := uint64(0)
		for id := range groups {
			own := must(v.Receipt(id, user))(t)
			n, _, err := v.Counts(user, id, own.Read)
			noError(t, err)
			if id != small || user != muted {
				want += n
			}
		}
		got := must(a.Unread(user, nobody, func(value string) bool { return value != "" }))(t)
		equal(t, "unread of "+user, got, want)
	}
	equal(t, "hidden", must(a.Hides(muted, small, 3))(t), true)
	equal(t, "not hidden", must(a.Hides(muted, small, 4))(t), false)
	equal(t, "shown", must(a.Shows(muted, small, 3))(t), false)
	equal(t, "members", must(a.Channel(small))(t).Members, members(3))
	if m := must(a.Message(small, 21))(t); m != nil {
		t.Errorf("a message that is not there: %v", m)
	}
	if st := must(a.Channel("none"))(t); st != nil {
		t.Errorf("a channel that is not there: %v", st)
	}
	apply(small, wire.KindMessage, wire.Record{Sender: members(3)[0], Seq: 21, ClientID: "21", Content: &wire.Content{Text: "late"}})
	if m := must(a.Message(small, 21))(t); m != nil {
		t.Errorf("a message that came after the Audience: %v", m)
	}
}
