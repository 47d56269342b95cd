package jetstream

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// TestHistory_pagesAreBounded pages through large messages in both directions. No page exceeds
// the budget, and no message is left out.
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
			if len(page) == 0 || bytes > wire.MaxPageBytes+len(page)*200 {
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

// TestPins_pagesAreBounded reads large pins, one page after the other. It gets all of them, the
// newest message first.
func TestPins_pagesAreBounded(t *testing.T) {
	l := alone(t)
	const n = 70
	var channel string
	var want []uint64
	for i := range n {
		ack := mustSend(t, l, "alice", text("bob", fmt.Sprint("c", i), strings.Repeat("x", 16_000)))
		mustSend(t, l, "alice", wire.Pin{Channel: ack.Channel, Seq: ack.Seq, ClientID: fmt.Sprint("p", i)})
		channel, want = ack.Channel, append(want, ack.Seq)
	}
	slices.Reverse(want)
	cmd := wire.GetPins{Channel: channel}
	var got []uint64
	for more := true; more; {
		f, err := l.Answer(t.Context(), "bob", cmd)
		if err != nil {
			t.Fatal(err)
		}
		page := f.(wire.Page)
		if bytes := 16_000 * len(page.Events); bytes == 0 || bytes > wire.MaxPageBytes {
			t.Fatalf("a page of %d bytes", bytes)
		}
		for _, e := range page.Events {
			got = append(got, e.Seq)
		}
		cmd.Before, more = got[len(got)-1], page.More
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestVersions_pagesAreBounded reads the versions of a large message, one page after the other.
// It gets all of them, the first version first.
func TestVersions_pagesAreBounded(t *testing.T) {
	l := alone(t)
	const n = 70
	say := func(i int) string { return fmt.Sprint(i, strings.Repeat("x", 16_000)) }
	ack := mustSend(t, l, "alice", text("bob", "c", say(0)))
	for i := 1; i < n; i++ {
		mustSend(t, l, "alice", wire.Edit{Channel: ack.Channel, Seq: 1, ClientID: fmt.Sprint("e", i), Content: wire.Content{Text: say(i)}})
	}
	cmd := wire.GetVersions{Channel: ack.Channel, Seq: 1}
	for more := true; more; {
		f, err := l.Answer(t.Context(), "bob", cmd)
		if err != nil {
			t.Fatal(err)
		}
		page := f.(wire.Versions)
		if bytes := 16_000 * len(page.Versions); bytes == 0 || bytes > wire.MaxPageBytes {
			t.Fatalf("a page of %d bytes", bytes)
		}
		for _, v := range page.Versions {
			if v.Content.Text != say(cmd.After) {
				t.Fatalf("version %d says %.10s", cmd.After, v.Content.Text)
			}
			cmd.After++
		}
		more = page.More
	}
	if cmd.After != n {
		t.Errorf("%d versions, want %d", cmd.After, n)
	}
}

// TestChannels_pagesAreBounded lists channels whose last messages are large, and a user's large
// settings, one page after the other. No page exceeds the budget, and nothing is left out.
func TestChannels_pagesAreBounded(t *testing.T) {
	t.Parallel()
	l := alone(t)
	const n = 70
	for i := range n {
		mustSend(t, l, "alice", text(fmt.Sprint("u", i), "c", strings.Repeat("x", 16_000)))
	}
	seen := map[string]bool{}
	cmd := wire.ListChannels{Limit: 100}
	for more := true; more; {
		f, err := l.Answer(t.Context(), "alice", cmd)
		if err != nil {
			t.Fatal(err)
		}
		page := f.(wire.Channels)
		if bytes := len(encoded(t, page)); len(page.Channels) == 0 || bytes > wire.MaxPageBytes+10_000 {
			t.Fatalf("a page of %d channels and %d bytes", len(page.Channels), bytes)
		}
		for _, c := range page.Channels {
			seen[c.ID] = true
			cmd.Before = &wire.ChannelPlace{Active: c.Active, ID: c.ID}
		}
		more = page.More
	}
	if len(seen) != n {
		t.Errorf("%d channels, want %d", len(seen), n)
	}
}

func TestSettings_pagesAreBounded(t *testing.T) {
	l := alone(t)
	const n = 200
	value := strings.Repeat("\x01", wire.MaxSettingValueLen) // six times as large in JSON
	for i := range n {
		mustSend(t, l, "alice", wire.Set{Name: fmt.Sprintf("client/%03d", i), Value: value, ClientID: fmt.Sprint("s", i)})
	}
	cmd, got := wire.GetSettings{Prefix: "client/"}, 0
	for more := true; more; {
		f, err := l.Answer(t.Context(), "alice", cmd)
		if err != nil {
			t.Fatal(err)
		}
		page := f.(wire.Settings)
		if bytes := len(encoded(t, page)); len(page.Settings) == 0 || bytes > wire.MaxPageBytes+1000 {
			t.Fatalf("a page of %d settings and %d bytes", len(page.Settings), bytes)
		}
		for _, s := range page.Settings {
			if want := fmt.Sprintf("client/%03d", got); s.Name != want || s.Value != value {
				t.Fatalf("%s came, want %s", s.Name, want)
			}
			got++
		}
		cmd.After, more = page.Settings[len(page.Settings)-1].Name, page.More
	}
	if got != n {
		t.Errorf("%d settings, want %d", got, n)
	}
}

func encoded(t *testing.T, f wire.Frame) []byte {
	t.Helper()
	frame, err := wire.Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}
