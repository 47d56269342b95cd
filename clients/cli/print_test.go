package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

func event(channel, sender, text string, seq uint64) *natter.Event {
	at := time.Date(2026, 11, 24, 7, 30, int(seq), 0, time.Local).UnixMilli()
	return &natter.Event{Shard: 3, Pos: seq * 10, Channel: channel, Record: wire.Record{
		Kind: wire.KindMessage,
		ID:   "id", ClientID: "c", Sender: sender, Seq: seq, Timestamp: at, Content: &wire.Content{Text: text},
	}}
}

func TestPrintEvents(t *testing.T) {
	var b strings.Builder
	p := &printer{out: &b, channel: true}
	meta := event("alice~bob", "alice", "", 3)
	meta.Content, meta.Kind, meta.Meta = nil, wire.KindMeta, &wire.Meta{Action: wire.ActionCreated, Name: "Frogs\n\x1b[2J", Members: []string{"alice", "bob"}}
	for _, ev := range []*natter.Event{
		event("alice~bob", "bob", "hi", 9), event("alice~bob", "bob", "two\nlines", 10), meta, event("alice~bob", "alice", "ho", 11),
	} {
		if err := p.event(ev); err != nil {
			t.Fatal(err)
		}
	}
	want := `2026-11-24 07:30:09  alice~bob  9  bob  hi
2026-11-24 07:30:10  alice~bob  10  bob  two
                                         lines
2026-11-24 07:30:03  alice~bob      alice  * created the group Frogs ␛[2J of alice, bob
2026-11-24 07:30:11  alice~bob  11  alice  ho
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestPrintColor(t *testing.T) {
	var b strings.Builder
	p := &printer{out: &b, color: true}
	if err := p.event(event("alice~bob", "bob", "hi", 9)); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.HasPrefix(got, "\x1b[2m2026-11-24 07:30:09\x1b[0m  9  \x1b[1;3") || !strings.HasSuffix(got, "mbob\x1b[0m  hi\n") {
		t.Errorf("%q", got)
	}
}

func TestPrintJSON(t *testing.T) {
	var b strings.Builder
	p := &printer{out: &b, json: true}
	const evil = "\x1b[2J \u009b2J \u202egnp.exe <&>\n"
	if err := p.event(event("alice~bob", "bob", evil, 9)); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	if strings.Count(out, "\n") != 1 || strings.ContainsFunc(strings.TrimSuffix(out, "\n"), risky) {
		t.Errorf("%q", out)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": "id", "client_id": "c", "sender": "bob", "channel": "alice~bob", "seq": 9.0, "pos": 90.0,
		"timestamp": float64(event("", "", "", 9).Timestamp), "content": map[string]any{"text": evil}, "kind": "message", "shard": 3.0,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"日本語 äöü 👍🏽\tx\ny":                 "日本語 äöü 👍🏽\tx\ny",
		"\x1b]0;title\x07":                 "␛]0;title␇",
		"over\rwrite\x00\x7f":              "over␍write␀␡",
		"\u009b31m":                        "\ufffd31m",
		"\u202etxt.exe\u2066x\u2069":       "\ufffdtxt.exe\ufffdx\ufffd",
		"bad \xff utf8":                    "bad \ufffd utf8",
		"line\u2028separator\u2029!":       "line\ufffdseparator\ufffd!",
		"left-to-right \u200e mark \u200f": "left-to-right \ufffd mark \ufffd",
	} {
		if got := clean(in); got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b[31mred\x1b[0m")
	f.Add("\u202e\u009b\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, risky) {
			t.Errorf("%q became %q", s, got)
		}
		if clean(got) != got {
			t.Errorf("%q is cleaned again", got)
		}
		if line := oneLine(s); strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("%q became the line %q", s, line)
		}
	})
}

func TestExplain(t *testing.T) {
	fatal := func(err error) error { return fmt.Errorf("%w: %w", natter.ErrFatal, err) }
	for name, tc := range map[string]struct {
		err        error
		text, hint string
	}{
		"an answer":  {wire.Errorf(wire.CodeForbidden, "no"), "forbidden: no", "natter channels"},
		"fatal":      {fatal(errors.New("natter: odd")), "odd", ""},
		"no sign-in": {fatal(errors.New("natter: token source: natter: sign-in: natter: HTTP status 404 Not Found")), "sign-in: HTTP status 404 Not Found", "NATTERJACK_TOKEN"},
		"too late":   {context.DeadlineExceeded, "no answer in time", "--server"},
		"unsent":     {&natter.UnacknowledgedError{Err: context.DeadlineExceeded}, "not sent: no answer in time", "--server"},
		"unknown":    {&natter.UnacknowledgedError{ClientID: "x7", MayBeStored: true, Err: context.Canceled}, "the message may or may not be stored: interrupted", "--client-id x7"},
		"misuse":     {usage("--to is missing"), "--to is missing", "--help"},
	} {
		text, hint := explain(tc.err)
		if text != tc.text || !strings.Contains(hint, tc.hint) || (tc.hint == "") != (hint == "") {
			t.Errorf("%s: %q, %q", name, text, hint)
		}
	}
}

func TestMark(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mark")
	if m, err := loadMark(file); m != nil || err != nil {
		t.Errorf("no file: %v, %v", m, err)
	}
	want := &mark{User: "bob", Position: natter.Position{Epoch: "e", Positions: []uint64{1, 2}}}
	for range 2 {
		if err := want.save(file); err != nil {
			t.Fatal(err)
		}
	}
	got, err := loadMark(file)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, text := range []string{"", "{}", `{"user":"bob"}`, "[]", `{"user":"bob","epoch":""}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if m, err := loadMark(file); err == nil {
			t.Errorf("%q was read as %+v", text, m)
		}
	}
	if err := want.save(filepath.Join(t.TempDir(), "no", "directory")); err == nil {
		t.Error("saved nowhere")
	}
}

func FuzzMark(f *testing.F) {
	f.Add([]byte(`{"user":"bob","epoch":"e","positions":[1,2]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "mark")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := loadMark(file)
		if err != nil {
			return
		}
		o := natter.Options{URLs: []string{"http://one"}, Tokens: natter.StaticToken("t"), Resume: &m.Position}
		if _, err := natter.New(o); err != nil {
			t.Errorf("%q was read, but is no position: %v", data, err)
		}
	})
}

// TestSaid_cannotBeImitated shows that the words that natter adds to a message differ from the
// same words in a text.
func TestSaid_cannotBeImitated(t *testing.T) {
	real := event("alice~bob", "alice", "yes", 1)
	real.Edited, real.Pinned, real.Content.ReplyTo = 1, true, 7
	real.Content.Forwarded = &wire.Forwarded{Sender: "bob"}
	real.Reactions = []wire.Reaction{{Emoji: "🐸", Count: 2}}
	shown := said(real)
	if want := "⟦to 7⟧ ⟦bob said⟧ yes ⟦edited pinned 🐸2⟧"; shown != want {
		t.Errorf("%s, want %s", shown, want)
	}
	if got := said(event("alice~bob", "alice", shown, 1)); got == shown || strings.ContainsAny(got, "⟦⟧") {
		t.Errorf("typed, it looks the same: %s", got)
	}
	typed := said(event("alice~bob", "alice", "⟦deleted⟧", 1))
	gone := event("alice~bob", "alice", "", 1)
	gone.Content, gone.Deleted = nil, true
	if typed == said(gone) {
		t.Errorf("typed, a deletion looks the same: %s", typed)
	}
	var named strings.Builder
	p := &printer{out: &named}
	if err := p.info(&wire.ChannelInfo{ID: "g", Kind: wire.Group, Name: "⟦9 unread⟧", Members: []string{"alice"}, Unread: 2}); err != nil {
		t.Fatal(err)
	}
	if got := named.String(); !strings.Contains(got, "⟦2 unread⟧ [9 unread]: alice") {
		t.Errorf("a name looks like a count: %s", got)
	}
}

// TestExcerpt paints the words that were searched, keeps characters that could move a cursor away
// from the terminal, and cuts long texts.
func TestExcerpt(t *testing.T) {
	plain, colored := &printer{}, &printer{color: true}
	hit := func(text string, at ...natter.Highlight) *natter.Hit {
		return &natter.Hit{Content: wire.Content{Text: text, Attachments: nil}, Highlights: at}
	}
	inFile := hit("")
	inFile.Content.Attachments = []wire.Attachment{{Kind: wire.AttachmentFile, Name: "n.txt", Size: 5}}
	inFile.Excerpts = []wire.Excerpt{{Text: "the pond\n", Highlights: []natter.Highlight{{Start: 4, Length: 4}}}}
	for _, c := range []struct {
		p    *printer
		hit  *natter.Hit
		want string
	}{
		{colored, inFile, "⟦file, n.txt, 5 bytes⟧\nthe \x1b[1;4mpond\x1b[0m"},
		{plain, hit("at the pond", natter.Highlight{Start: 7, Length: 4}), "at the pond"},
		{colored, hit("at the pond", natter.Highlight{Start: 7, Length: 4}), "at the \x1b[1;4mpond\x1b[0m"},
		{colored, hit("👩‍👩‍👧 池 x", natter.Highlight{Start: 6, Length: 1}, natter.Highlight{Start: 8, Length: 1}), "👩‍👩‍👧 \x1b[1;4m池\x1b[0m \x1b[1;4mx\x1b[0m"},
		{colored, hit("\x1b[2Jpond", natter.Highlight{Start: 4, Length: 4}), "␛[2J\x1b[1;4mpond\x1b[0m"},
		{colored, hit("pond", natter.Highlight{Start: 2, Length: 9}), "pond"},
		{colored, hit("pond", natter.Highlight{In: wire.InCaption, Length: 4}), "pond"},
		{plain, hit(strings.Repeat("x", 500)), strings.Repeat("x", maxExcerpt) + "…"},
		{plain, hit(strings.Repeat("x", 500)+"pond", natter.Highlight{Start: 500, Length: 4}), "…" + strings.Repeat("x", maxExcerpt-4) + "pond"},
	} {
		if diff := cmp.Diff(c.want, c.p.excerpt(c.hit)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestZone(t *testing.T) {
	for tz, want := range map[string]string{"Asia/Tokyo": "Asia/Tokyo", ":Europe/Berlin": "Europe/Berlin", "/etc/nonsense": "", "X5Y": ""} {
		if got := zone(func(string) string { return tz }); got != want {
			t.Errorf("TZ=%s: %q, want %q", tz, got, want)
		}
	}
}
