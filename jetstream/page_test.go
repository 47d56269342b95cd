package jetstream

import (
	"fmt"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// TestHistory_pagesAreBounded pages through large messages in both directions: no page is over the budget, and none of
// the messages is left out.
func TestHistory_pagesAreBounded(t *testing.T) {
	l := alone(t)
	const n = 70
	var last wire.Ack
	for i := range n {
		last = mustSend(t, l, "alice", text("bob", fmt.Sprint("c", i), strings.Repeat("x", 16_000)))
	}
	for name, next := range map[string]func(h *wire.History, page []uint64){
		"backward": func(h *wire.History, page []uint64) { h.Before = page[0] },
		"forward":  func(h *wire.History, page []uint64) { h.After = page[len(page)-1] },
	} {
		h := &wire.History{Channel: last.Channel, Limit: 60, Before: n + 1}
		if name == "forward" {
			h.Before, h.After = 0, 1
		}
		seen := map[uint64]bool{1: name == "forward"}
		for more := true; more; {
			events, again, err := l.History(t.Context(), "bob", h)
			if err != nil {
				t.Fatal(err)
			}
			var page []uint64
			bytes := 0
			for _, frame := range events {
				f, err := wire.DecodeFrame(frame)
				if err != nil {
					t.Fatal(err)
				}
				page = append(page, f.(wire.Event).Seq)
				seen[f.(wire.Event).Seq] = true
				bytes += len(frame)
			}
			if len(page) == 0 || bytes > maxPageBytes+len(page)*200 {
				t.Fatalf("%s: a page of %d messages and %d bytes", name, len(page), bytes)
			}
			next(h, page)
			more = again
		}
		if len(seen) != n {
			t.Errorf("%s: read %d messages, want %d", name, len(seen), n)
		}
	}
}
