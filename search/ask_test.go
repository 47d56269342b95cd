package search

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"natterjack/search/query"
	"natterjack/server/wire"
)

// pond is a log with messages for many queries.
func pond() *fake {
	f := newFake()
	f.channel("alice~bob", "", "alice", "bob")
	f.channel("gtoads", "Field Recordings", "alice", "bob", "carol")
	f.channel("gsecret", "secret", "bob", "carol")
	f.put(wire.KindMessage, "alice~bob", 1, "alice", "the pond at night")
	f.put(wire.KindMessage, "alice~bob", 2, "bob", "frogs https://pond.example/frogs", func(m *wire.Record) { m.Pinned = true })
	f.put(wire.KindMessage, "gtoads", 1, "carol", "natterjacks in the pond", func(m *wire.Record) {
		m.Reactions = []wire.Reaction{{Emoji: "👍", Users: []string{"bob"}}}
	})
	f.put(wire.KindMessage, "gtoads", 2, "bob", "", func(m *wire.Record) {
		m.Content.Attachments = []wire.Attachment{
			{Kind: wire.AttachmentFile, Name: "notes.txt"}, {Kind: wire.AttachmentImage, Name: "DSC1.jpg", Caption: "夜の池 pond"},
		}
	})
	f.put(wire.KindMessage, "gtoads", 3, "alice", "hello @bob", func(m *wire.Record) {
		m.Content.Mentions = []wire.Mention{{Kind: wire.MentionUser, User: "bob", Start: 6, Length: 4}}
	})
	f.put(wire.KindMessage, "gsecret", 1, "bob", "the pond is ours")
	f.names = map[string]string{"carol": "Carol Danvers", "bob": "ボブ"}
	f.unread[place{"gtoads", 3}] = true
	f.mentions[place{"gtoads", 3}] = true
	return f
}

// TestSearch asks for messages by words, people, channels, and properties. The hits are the newest
// first.
func TestSearch(t *testing.T) {
	n := run(t, pond(), t.TempDir(), "e")
	n.level()
	for _, c := range []struct{ user, query, want string }{
		{"alice", "pond", "gtoads/2 alice~bob/2 gtoads/1 alice~bob/1"},
		{"bob", "pond", "gtoads/2 alice~bob/2 gtoads/1 gsecret/1 alice~bob/1"},
		{"dave", "pond", ""},
		{"alice", "", ""},
		{"alice", "-pond", ""},
		{"alice", "pond -frogs", "gtoads/2 gtoads/1 alice~bob/1"},
		{"alice", `"pond at"`, "alice~bob/1"},
		{"alice", "池", "gtoads/2"},
		{"alice", "notes", "gtoads/2"},
		{"alice", "pond from:carol", "gtoads/1"},
		{"alice", "pond from:@CAROL", "gtoads/1"},
		{"alice", "pond from:me", "alice~bob/1"},
		{"alice", "pond from:carol from:alice", "gtoads/1 alice~bob/1"},
		{"alice", "pond -from:carol", "gtoads/2 alice~bob/2 alice~bob/1"},
		{"alice", `pond from:"carol DANVERS"`, "gtoads/1"},
		{"alice", "from:ぼぶ", "gtoads/2 alice~bob/2"},
		{"alice", `pond with:"Carol Danvers" -in:ぼぶ`, "gtoads/2 gtoads/1"},
		{"alice", "pond in:ぼぶ", "alice~bob/2 alice~bob/1"},
		{"alice", "pond from:nobody", ""},
		{"alice", "pond from:né", ""},
		{"alice", `pond in:"field recordings"`, "gtoads/2 gtoads/1"},
		{"alice", "pond in:bob", "alice~bob/2 alice~bob/1"},
		{"alice", "pond in:@bob in:gtoads", "gtoads/2 alice~bob/2 gtoads/1 alice~bob/1"},
		{"alice", "pond -in:bob", "gtoads/2 gtoads/1"},
		{"alice", "pond in:secret", ""},
		{"alice", "pond in:gsecret", ""},
		{"alice", "pond with:carol", "gtoads/2 gtoads/1"},
		{"alice", "pond -with:carol", "alice~bob/2 alice~bob/1"},
		{"alice", "pond in:bob with:carol", ""},
		{"alice", "has:image", "gtoads/2"},
		{"alice", "has:file has:image pond", "gtoads/2"},
		{"alice", "has:file -has:image", ""},
		{"alice", "has:link", "alice~bob/2"},
		{"alice", "pond -has:link -has:file", "gtoads/1 alice~bob/1"},
		{"alice", "has:reaction", "gtoads/1"},
		{"alice", "is:pinned", "alice~bob/2"},
		{"alice", "is:unread", "gtoads/3"},
		{"bob", "is:mention", "gtoads/3"},
		{"alice", "pond before:2025", ""},
		{"alice", "pond in:gtoads after:2025-11-01 before:2026-01-01", "gtoads/2 gtoads/1"},
		{"alice", `has:"nothing`, ""},
	} {
		if got := n.seqs(c.user, c.query); got != c.want {
			t.Errorf("%s: %s: %s, want %s", c.user, c.query, got, c.want)
		}
	}
	if got := n.seqs("alice", "pond", func(s *wire.Search) { s.Channel = "gtoads" }); got != "gtoads/2 gtoads/1" {
		t.Errorf("in one channel: %s", got)
	}
	_, err := n.Search.Search(t.Context(), Caller{User: "alice"}, wire.Search{Query: "pond", Channel: "gsecret"})
	if !errors.Is(err, &wire.Error{Code: wire.CodeForbidden}) {
		t.Errorf("in a channel of others: %v", err)
	}
}

// TestSearch_highlights shows which parts of a message are highlighted, in text and captions.
func TestSearch_highlights(t *testing.T) {
	n := run(t, pond(), t.TempDir(), "e")
	n.level()
	hits := n.ask("alice", "pond", func(s *wire.Search) { s.Limit = 2 }).Hits
	if len(hits) != 2 {
		t.Fatal(hits)
	}
	want := wire.Highlight{In: wire.InCaption, Attachment: 1, Start: 4, Length: 4}
	if all := hits[0].Highlights; len(all) != 1 || all[0] != want {
		t.Errorf("%+v, want %+v", all, want)
	}
	if text := hits[1].Content.Text; len(hits[1].Highlights) == 0 {
		t.Errorf("%+v", hits[1])
	} else if from, to := hits[1].Highlights[0].Span(text); text[from:to] != "pond" {
		t.Errorf("%q", text[from:to])
	}
}

// TestSearch_pages reads all hits in pages of one, counts them, and goes on behind any hit.
func TestSearch_pages(t *testing.T) {
	n := run(t, pond(), t.TempDir(), "e")
	n.level()
	var all []string
	after, next := "", []string{}
	for {
		page := n.ask("alice", "pond", func(s *wire.Search) { s.Limit, s.After = 1, after })
		for _, h := range page.Hits {
			all = append(all, h.ID)
			next = append(next, h.Next)
		}
		if page.Count != 4 || page.AtLeast {
			t.Errorf("%d found, at least %t", page.Count, page.AtLeast)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if got := strings.Join(all, " "); got != "gtoads2 alice~bob2 gtoads1 alice~bob1" {
		t.Error(got)
	}
	if got := n.seqs("alice", "pond", func(s *wire.Search) { s.After = next[1] }); got != "gtoads/1 alice~bob/1" {
		t.Errorf("behind the second hit: %s", got)
	}
	for _, wrong := range []string{"x", "!!", "bnVsbA", "eyJ0aWVyIjoiYSJ9"} {
		_, err := n.Search.Search(t.Context(), Caller{User: "alice"}, wire.Search{Query: "pond", After: wrong})
		if !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// TestSearch_large ends a page before it is too large, and goes on behind its last hit. On a busy
// machine the time may end with a page that has no hit.
func TestSearch_large(t *testing.T) {
	const messages, long = 60, 30_000
	f := newFake()
	f.channel("gtoads", "", "alice")
	for seq := range uint64(messages) {
		f.put(wire.KindMessage, "gtoads", seq+1, "alice", "pond "+strings.Repeat("natterjack ", long/11), func(m *wire.Record) {
			for range 10 {
				m.Content.Attachments = append(m.Content.Attachments, wire.Attachment{Kind: wire.AttachmentFile, Name: strings.Repeat("natterjack ", 20)})
			}
		})
	}
	n := run(t, f, t.TempDir(), "e")
	n.level()
	after, seq := "", uint64(messages)
	for more := true; more; more = after != "" {
		page := n.ask("alice", "natterjack", func(s *wire.Search) { s.Limit, s.After = 100, after })
		data, err := json.Marshal(page)
		if err != nil || len(data) > wire.MaxPageBytes+1000 {
			t.Fatalf("%d hits in %d bytes, %v", len(page.Hits), len(data), err)
		}
		for _, h := range page.Hits {
			if h.Seq != seq {
				t.Fatalf("%d, want %d", h.Seq, seq)
			}
			if seq--; len(h.Highlights) > maxHighlights {
				t.Errorf("%d highlights", len(h.Highlights))
			}
		}
		after = page.Next
	}
	if seq > 0 {
		t.Errorf("%d hits are missing", seq)
	}
}

// TestSearch_now answers by the view as it is now, although the index does not know the changes
// yet.
func TestSearch_now(t *testing.T) {
	f := pond()
	n := run(t, f, t.TempDir(), "e")
	n.level()
	f.mu.Lock()
	f.held = true
	f.mu.Unlock()
	f.put(wire.KindEdit, "alice~bob", 1, "alice", "the lake at night")
	f.remove("gtoads", 1)
	if got := n.seqs("alice", "pond"); got != "gtoads/2 alice~bob/2" {
		t.Errorf("after an edit and a deletion: %s", got)
	}
	f.channel("gtoads", "Field Recordings", "bob")
	if got := n.seqs("alice", "pond"); got != "alice~bob/2" {
		t.Errorf("after alice has left: %s", got)
	}
	f.mu.Lock()
	f.held = false
	f.mu.Unlock()
	n.level()
	if got := n.seqs("alice", "lake"); got != "alice~bob/1" {
		t.Errorf("what was edited: %s", got)
	}
}

// TestSearch_spends refuses a user who has searched too much, and counts the entries that a search
// looks at.
func TestSearch_spends(t *testing.T) {
	f := pond()
	n := run(t, f, t.TempDir(), "e")
	n.level()
	n.ask("alice", "pond")
	if f.spent["alice"] == 0 {
		t.Error("a search costs nothing")
	}
	f.spent["alice"] = -1
	if _, err := n.Search.Search(t.Context(), Caller{User: "alice"}, wire.Search{Query: "pond"}); !errors.Is(err, &wire.Error{Code: wire.CodeTooFast}) {
		t.Errorf("%v", err)
	}
}

// TestSearch_spendsWhileItWaits refuses a search whose user has spent too much by the time it is
// its turn.
func TestSearch_spendsWhileItWaits(t *testing.T) {
	f := pond()
	s := New(Config{Dir: t.TempDir(), Log: f})
	var releases []func()
	for range ofUser {
		release, err := s.turns.take(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, release)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := s.Search(t.Context(), Caller{User: "alice"}, wire.Search{Query: "pond"})
		ended <- err
	}()
	await(t, "the search to wait", func() bool {
		s.turns.mu.Lock()
		defer s.turns.mu.Unlock()
		return s.turns.users["alice"].present == ofUser+1
	})
	f.mu.Lock()
	f.spent["alice"] = -1
	f.mu.Unlock()
	for _, release := range releases {
		release()
	}
	if err := <-ended; !errors.Is(err, &wire.Error{Code: wire.CodeTooFast}) {
		t.Errorf("%v", err)
	}
}

// TestSearch_namesGivenUp looks up no more names once the caller no longer waits for the answer.
func TestSearch_namesGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &resolver{ctx: ctx, user: "alice", scope: fakeScope{pond(), "alice"}, query: query.Parse("from:carol in:bob")}
	if _, err := r.channels(""); !errors.Is(err, context.Canceled) || r.work > 0 {
		t.Errorf("%d of work, %v", r.work, err)
	}
	if r.senders(false); !errors.Is(r.err, context.Canceled) || r.work > 0 {
		t.Errorf("%d of work, %v", r.work, r.err)
	}
}

func TestSearch_zone(t *testing.T) {
	n := run(t, pond(), t.TempDir(), "e")
	n.level()
	in := func(zone string) func(*wire.Search) { return func(s *wire.Search) { s.Zone = zone } }
	// The messages are of 2025-11-24, 16:00 UTC.
	for zone, want := range map[string]string{"": "24", "Asia/Tokyo": "25", "America/New_York": "24"} {
		for _, day := range []string{"24", "25"} {
			if got := n.seqs("alice", "frogs on:2025-11-"+day, in(zone)); (got != "") != (day == want) {
				t.Errorf("%s, on the %sth: %q", zone, day, got)
			}
		}
	}
	for _, wrong := range []string{"Local", "Mars/Olympus", "../etc/passwd"} {
		_, err := n.Search.Search(t.Context(), Caller{User: "alice"}, wire.Search{Query: "pond", Zone: wrong})
		if !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
