package view

import (
	"math"
	"testing"

	"natterjack/server/wire"
)

func TestHistory(t *testing.T) {
	v := newView(t, Options{})
	// Messages 4 and 5 were purged by an operator. A reaction lies between the others.
	must(v.Apply(0, []Event{
		created(t, 1, room, "ann", "bob"),
		message(t, 11, room, 1), message(t, 12, room, 2), message(t, 13, room, 3),
		event(t, 14, room, "reaction", wire.Record{Sender: "bob"}),
		message(t, 17, room, 6), message(t, 18, room, 7),
		// The channel's name begins like the other one's.
		created(t, 20, "ann~bobby", "ann", "bobby"), message(t, 21, "ann~bobby", 1),
	}, 0))(t)
	for _, c := range []struct {
		name          string
		before, after uint64
		limit         int
		want          []uint64
		more          bool
	}{
		{"the latest", 0, 0, 2, []uint64{17, 18}, true},
		{"all", 0, 0, 5, []uint64{11, 12, 13, 17, 18}, false},
		{"before", 6, 0, 2, []uint64{12, 13}, true},
		{"before, to the beginning", 6, 0, 3, []uint64{11, 12, 13}, false},
		{"before a purged one", 5, 0, 1, []uint64{13}, true},
		{"before the first", 1, 0, 9, []uint64{}, false},
		{"before what is not there yet", 100, 0, 1, []uint64{18}, true},
		{"after", 0, 2, 2, []uint64{13, 17}, true},
		{"after, to the end", 0, 3, 2, []uint64{17, 18}, false},
		{"after the last", 0, 7, 2, []uint64{}, false},
		{"after the end of numbers", 0, math.MaxUint64, 2, []uint64{}, false},
		{"between", 7, 1, 9, []uint64{12, 13, 17}, false},
		{"between, the wrong way", 2, 5, 9, []uint64{}, false},
		{"none", 0, 0, 0, []uint64{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, more, err := v.History("ann", room, c.before, c.after, c.limit)
			noError(t, err)
			equal(t, "positions", positions(page), c.want)
			equal(t, "more", more, c.more)
		})
	}
}

func TestHistoryOfNoChannel(t *testing.T) {
	v := newView(t, Options{})
	page, more, err := v.History("ann", room, 0, 0, 5)
	noError(t, err)
	equal(t, "events", len(page), 0)
	equal(t, "more", more, false)
}
