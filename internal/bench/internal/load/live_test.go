package load

import (
	"testing"
	"time"

	"natterjack/server/wire"
)

func TestMost_InAnyWindow(t *testing.T) {
	s := time.Second
	for _, tc := range []struct {
		at   []time.Duration
		want int
	}{
		{nil, 0},
		{[]time.Duration{5 * s}, 1},
		{[]time.Duration{0, s, 2 * s}, 1},
		{[]time.Duration{0, s - 50*time.Millisecond, 2 * s}, 1}, // the first was late
		{[]time.Duration{0, s, s + s/2, 3 * s}, 2},
		{[]time.Duration{0, 0, 0, s}, 3},
	} {
		if got := most(tc.at, crowd); got != tc.want {
			t.Errorf("most(%v) = %d, want %d", tc.at, got, tc.want)
		}
	}
}

// Frames that come by themselves are told from replies.
func TestKindOf_Live(t *testing.T) {
	for _, tc := range []struct {
		frame wire.Frame
		want  kind
	}{
		{wire.Receipts{Channel: "a~b", Cursors: []wire.Receipt{{User: "a", Read: 3}}}, kindReceipts},
		{wire.Receipts{Ref: wire.Ref{Ref: 1}, Channel: "a~b"}, kindOther},
		{wire.Presence{Users: []wire.UserPresence{{User: "a", State: wire.PresenceAway}}}, kindPresence},
		{wire.Presence{Ref: wire.Ref{Ref: 1}}, kindOther},
		{wire.Typing{Channel: "a~b", User: "a"}, kindTyping},
		{wire.Done{}, kindDone},
		{wire.Done{Ref: wire.Ref{Ref: 1}}, kindOther},
	} {
		data, err := wire.Append(nil, tc.frame)
		if err != nil {
			t.Fatal(err)
		}
		if got := kindOf(data); got != tc.want {
			t.Errorf("kind of %s is %d, want %d", data, got, tc.want)
		}
	}
}

func TestIsOwn(t *testing.T) {
	for _, tc := range []struct {
		users []string
		want  bool
	}{
		{[]string{"ann"}, true}, {[]string{"anna"}, false}, {[]string{"bob"}, false}, {[]string{"ann", "bob"}, false}, {nil, false},
	} {
		r := wire.Receipts{Channel: "c"}
		for _, u := range tc.users {
			r.Cursors = append(r.Cursors, wire.Receipt{User: u, Read: 1, Delivered: 2})
		}
		frame, err := wire.Append(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		if got := isOwn(frame, "ann"); got != tc.want {
			t.Errorf("isOwn(%s) = %t", frame, got)
		}
	}
}

func TestCollect_Live(t *testing.T) {
	f := perfect(t)
	for i, s := range f.Sessions {
		for _, k := range []kind{kindReceipts, kindTyping, kindTyping, kindPresence} {
			s.live.take(k, false, time.Duration(10+100*i))
		}
		s.live.take(kindReceipts, false, time.Duration(20+100*i))
		s.live.take(kindReceipts, true, time.Duration(30+100*i))
	}
	want := Live{Receipts: 2, MostReceipts: 2, OwnReceipts: 1, Typing: 2, Presence: 1}
	if got := Collect(f, 0, 50).Live; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
