package view

import (
	"fmt"
	"testing"

	"natterjack/server/wire"
)

// TestHidden: messages that bob hides are not shown to bob, a page is full if there are more
// messages, and ann sees all messages.
func TestHidden(t *testing.T) {
	v := newView(t, Options{})
	events := []Event{created(t, 1, room, "ann", "bob")}
	for seq := range uint64(12) {
		events = append(events, message(t, 2+seq, room, 1+seq))
	}
	must(v.Apply(0, events, 0))(t)
	hide := func(pos uint64, value string, seqs ...int) {
		t.Helper()
		for _, seq := range seqs {
			e := event(t, pos, "~bob", wire.KindSetting, wire.Record{
				Sender: "bob", Setting: &wire.Setting{Name: fmt.Sprint("hide/", room, "/", seq), Value: value},
			})
			must(v.Apply(0, []Event{e}, 0))(t)
			pos++
		}
	}
	hide(100, "1", 2, 9, 11, 12, 10) // the names do not sort like the numbers
	check := func(user string, before, after uint64, limit int, more bool, want ...uint64) {
		t.Helper()
		page, gotMore, err := v.History(user, room, Window{Before: before, After: after, Limit: limit})
		noError(t, err)
		got := []uint64{}
		for _, e := range page {
			got = append(got, e.Pos-1)
		}
		equal(t, fmt.Sprint(user, " before ", before, " after ", after), got, want)
		equal(t, "more", gotMore, more)
	}
	check("bob", 0, 0, 3, true, 6, 7, 8)
	check("bob", 6, 0, 3, true, 3, 4, 5)
	check("bob", 3, 0, 3, false, 1)
	check("bob", 0, 1, 2, true, 3, 4)
	check("bob", 0, 7, 9, false, 8)
	check("bob", 0, 8, 9, false, []uint64{}...)
	check("ann", 0, 8, 2, true, 9, 10)
	listed := must(v.Listed("bob", room, nil, unread))(t)
	equal(t, "last", listed.Last.Pos-1, 8)
	equal(t, "unread is a distance", listed.Unread, 12)
	hide(200, "", 9)
	check("bob", 0, 0, 2, true, 8, 9)
	hide(300, "1", 1, 3, 4, 5, 6, 7, 8, 9)
	check("bob", 0, 0, 2, false, []uint64{}...)
	equal(t, "last of all hidden", must(v.Listed("bob", room, nil, unread))(t).Last, nil)
}

func TestExcept(t *testing.T) {
	spans := []seqs{{0, 3}, {3, 5}, {9, 9}, {10, 20}}
	for _, c := range []struct {
		hidden []uint64
		want   []seqs
	}{
		{nil, spans},
		{[]uint64{99}, []seqs{{0, 3}, {3, 5}, {10, 20}}},
		{[]uint64{1, 3, 4, 10, 15, 16, 20}, []seqs{{1, 2}, {4, 5}, {10, 14}, {16, 19}}},
		{[]uint64{2, 3, 4, 5, 11}, []seqs{{0, 1}, {11, 20}}},
	} {
		got := except(spans, c.hidden)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("without %v: %v, want %v", c.hidden, got, c.want)
		}
	}
}
