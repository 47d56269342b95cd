package view

import (
	"fmt"
	"math"
	"slices"
	"strings"
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
			page, more, err := v.History("ann", room, Window{Before: c.before, After: c.after, Limit: c.limit})
			noError(t, err)
			equal(t, "positions", positions(page), c.want)
			equal(t, "more", more, c.more)
		})
	}
}

func TestHistoryOfNoChannel(t *testing.T) {
	v := newView(t, Options{})
	page, more, err := v.History("ann", room, Window{Limit: 5})
	noError(t, err)
	equal(t, "events", len(page), 0)
	equal(t, "more", more, false)
}

// TestHistory_bytes reads a channel in windows of few bytes, in both directions. Some messages were
// edited, some became larger by that, one was erased from the log. A window of messages as
// they were sent, or as they were changed, keeps to the size, but for its first message. Together
// the windows have every message once.
func TestHistory_bytes(t *testing.T) {
	v := newView(t, Options{})
	pos := uint64(1)
	events := []Event{created(t, pos, room, "ann", "bob")}
	add := func(kind wire.Kind, r wire.Record) {
		pos++
		events = append(events, event(t, pos, room, kind, r))
	}
	const n = 24
	for seq := uint64(1); seq <= n; seq++ {
		add(wire.KindMessage, wire.Record{Sender: "ann", Seq: seq, Content: &wire.Content{Text: strings.Repeat("x", int(seq*37%200))}})
	}
	for seq := uint64(2); seq <= n; seq += 3 {
		add(wire.KindEdit, wire.Record{Sender: "ann", Target: seq, Last: n, Content: &wire.Content{Text: strings.Repeat("y", int(seq*53%300))}})
	}
	add(wire.KindDelete, wire.Record{Sender: "ann", Target: 7, Last: n, Erased: &wire.Erased{ID: "id8", Sender: "ann"}})
	must(v.Apply(0, events, 0))(t)
	want, more, err := v.History("ann", room, Window{Limit: n})
	noError(t, err)
	if len(want) != n || more {
		t.Fatalf("%d messages, more %v", len(want), more)
	}
	largest := 0
	for _, e := range want {
		largest = max(largest, len(e.Record))
	}
	for bytes := 1; bytes < 2500; bytes += 97 {
		for _, forward := range []bool{false, true} {
			var got []Event
			w := Window{Limit: 9, Bytes: bytes}
			if forward {
				got, w.After = want[:1:1], 1
			}
			for more := true; more; {
				var page []Event
				page, more, err = v.History("ann", room, w)
				noError(t, err)
				if size := sizeOfAll(page); len(page) == 0 || len(page) > w.Limit || len(page) > 1 && size > 2*bytes+largest {
					t.Fatalf("%d bytes: a page of %d messages and %d bytes", bytes, len(page), size)
				}
				if forward {
					got = append(got, page...)
					w.After = seqIn(t, page[len(page)-1])
				} else {
					got = append(slices.Clone(page), got...)
					w.Before = seqIn(t, page[0])
				}
			}
			equal(t, fmt.Sprint(bytes, " bytes"), got, want)
		}
	}
}

func sizeOfAll(page []Event) (size int) {
	for _, e := range page {
		size += len(e.Record)
	}
	return size
}

func seqIn(t *testing.T, e Event) uint64 {
	t.Helper()
	return must(wire.DecodeRecord(e.Record))(t).Seq
}

// TestHistory_shown reads messages as they are shown: the size of a window counts the messages that
// are shown.
func TestHistory_shown(t *testing.T) {
	v := newView(t, Options{})
	must(v.Apply(0, []Event{created(t, 1, room, "ann"), message(t, 2, room, 1), message(t, 3, room, 2)}, 0))(t)
	short := func([]byte) ([]byte, error) { return []byte("{}"), nil }
	page, more, err := v.History("ann", room, Window{Limit: 2, Bytes: 4, Show: short})
	noError(t, err)
	equal(t, "more", more, false)
	equal(t, "records", []string{string(page[0].Record), string(page[1].Record)}, []string{"{}", "{}"})
}
