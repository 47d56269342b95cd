package view

import (
	"testing"

	"natterjack/server/wire"
)

// threeChannels returns a shard with three channels. Ann is in two of them. Bob is in one of
// these and in the third.
func threeChannels(t *testing.T) *View {
	t.Helper()
	v := newView(t, Options{})
	must(v.Apply(0, []Event{
		created(t, 1, room, "ann", "bob"),
		created(t, 2, "ann~cem", "ann", "cem"),
		created(t, 3, "bob~cem", "bob", "cem"),
		message(t, 5, room, 1), message(t, 6, "ann~cem", 1), message(t, 7, "bob~cem", 1),
		message(t, 8, "ann~cem", 2), event(t, 9, "ann~cem", "reaction", wire.Record{Sender: "cem"}),
		message(t, 10, room, 2), message(t, 12, "ann~cem", 3), message(t, 15, room, 3),
	}, 20))(t)
	return v
}

func TestMissed(t *testing.T) {
	v := threeChannels(t)
	for _, c := range []struct {
		name            string
		user            string
		after, upto     uint64
		limit, maxBytes int
		want            []uint64
		more            bool
	}{
		{"all", "ann", 0, 20, 20, 1 << 20, []uint64{1, 2, 5, 6, 8, 9, 10, 12, 15}, false},
		{"of other channels", "bob", 0, 20, 20, 1 << 20, []uint64{1, 3, 5, 7, 10, 15}, false},
		{"a stretch", "ann", 5, 10, 20, 1 << 20, []uint64{6, 8, 9, 10}, false},
		{"up to the limit", "ann", 5, 10, 2, 1 << 20, []uint64{6, 8}, true},
		{"as many as the limit", "ann", 5, 10, 4, 1 << 20, []uint64{6, 8, 9, 10}, false},
		{"up to the bytes", "ann", 5, 10, 20, 320, []uint64{6, 8}, true},
		{"more than the bytes in one", "ann", 5, 10, 20, 1, []uint64{6}, true},
		{"the reaction alone", "cem", 8, 9, 20, 1 << 20, []uint64{9}, false},
		{"nothing new", "ann", 15, 20, 20, 1 << 20, []uint64{}, false},
		{"nothing at all", "ann", 7, 7, 20, 1 << 20, []uint64{}, false},
		{"a span the wrong way", "ann", 9, 7, 20, 1 << 20, []uint64{}, false},
		{"beyond the end", "ann", 12, 1000, 20, 1 << 20, []uint64{15}, false},
		{"a stranger", "eve", 0, 20, 20, 1 << 20, []uint64{}, false},
		{"a name that begins like another", "an", 0, 20, 20, 1 << 20, []uint64{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, more, err := v.Missed(c.user, Span{After: c.after, Upto: c.upto}, c.limit, c.maxBytes)
			noError(t, err)
			equal(t, "positions", positions(events), c.want)
			equal(t, "more", more, c.more)
		})
	}
}

// A channel with thousands of missed events is read in pieces that grow, and no event is lost
// between them.
func TestMissedOfALongAbsence(t *testing.T) {
	v := newView(t, Options{})
	events := []Event{created(t, 1, room, "ann", "bob"), created(t, 2, "ann~cem", "ann", "cem")}
	want := []uint64{}
	for i := range uint64(1000) {
		channel := room
		if i%5 == 0 {
			channel = "ann~cem"
		}
		events = append(events, message(t, 10+3*i, channel, i+1))
		if i >= 300 {
			want = append(want, 10+3*i)
		}
	}
	must(v.Apply(0, events, 0))(t)
	after := events[2+300].Pos - 1
	missed, more, err := v.Missed("ann", Span{After: after, Upto: v.Position(0)}, 2000, 1<<30)
	noError(t, err)
	equal(t, "positions", positions(missed), want)
	equal(t, "more", more, false)
	for _, atMost := range []int{0, 1, 699, 700, 701} {
		equal(t, "count", must(v.CountMissed("ann", []uint64{after}, atMost))(t), min(atMost, 700))
	}
}

func TestCountMissed(t *testing.T) {
	v := threeChannels(t)
	equal(t, "all", must(v.CountMissed("ann", []uint64{0}, 100))(t), 9)
	equal(t, "some", must(v.CountMissed("ann", []uint64{8}, 100))(t), 4)
	equal(t, "none", must(v.CountMissed("ann", []uint64{15}, 100))(t), 0)
	equal(t, "of no channel", must(v.CountMissed("eve", []uint64{0}, 100))(t), 0)
	if _, err := v.CountMissed("ann", []uint64{0, 0}, 100); err == nil {
		t.Error("two positions for one shard were taken")
	}
}

func TestCountScanned(t *testing.T) {
	v := threeChannels(t)
	must(v.Apply(0, []Event{moves(t, 21, room, wire.ActionLeft, "bob")}, 22))(t)
	for user, want := range map[string]int{"ann": 2, "bob": 2, "cem": 2, "eve": 0, "an": 0} {
		equal(t, user, must(v.CountScanned(user, []uint64{0}))(t), want)
	}
	equal(t, "with nothing new", must(v.CountScanned("ann", []uint64{22}))(t), 0)
	must(v.Apply(0, []Event{moves(t, 23, room, wire.ActionJoined, "bob")}, 23))(t)
	equal(t, "with a former membership", must(v.CountScanned("bob", []uint64{0}))(t), 3)
}
