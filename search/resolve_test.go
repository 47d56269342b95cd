package search

import (
	"context"
	"fmt"
	"testing"
	"time"

	"natterjack/server/wire"
)

// TestResolve_bounded looks names up for a moment. It says that the names that it has not found by
// then are missing, and it finds nothing that may be excluded.
func TestResolve_bounded(t *testing.T) {
	f := pond()
	f.names = map[string]string{"bob": "Robert"}
	n := run(t, f, t.TempDir(), "e")
	n.level()
	if found := n.ask("alice", "pond from:Robert"); found.AtLeast || len(found.Hits) == 0 {
		t.Errorf("with time: %+v", found)
	}
	n.cfg.names = time.Nanosecond
	for query, want := range map[string]bool{
		"pond from:Robert": true, "pond -from:Robert": true, "pond -in:toads": true, "pond in:toads": true, "pond with:Robert": true, "pond": false, "pond from:me": false,
	} {
		found := n.ask("alice", query)
		if found.AtLeast != want || want && len(found.Hits) > 0 {
			t.Errorf("%s: %d hits, at least %t, want %t", query, len(found.Hits), found.AtLeast, want)
		}
	}
}

// TestTurn_behind takes no place while this node is behind.
func TestTurn_behind(t *testing.T) {
	f := pond()
	n := run(t, f, t.TempDir(), "e")
	n.level()
	f.seen = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	const asked = 3 * (ofUser + mayWait)
	ended := make(chan error, 2*asked)
	for range asked {
		go func() {
			_, err := n.Search.Search(ctx, Caller{User: "alice"}, wire.Search{Query: "pond"})
			ended <- err
		}()
		go func() {
			_, err := n.Find(ctx, Caller{User: "alice"}, wire.Find{Query: "bo"})
			ended <- err
		}()
	}
	<-time.After(50 * time.Millisecond) // if a place were taken, some would have ended by now
	n.turns.mu.Lock()
	present := len(n.turns.users)
	n.turns.mu.Unlock()
	if present > 0 || len(n.turns.all) > 0 || len(ended) > 0 {
		t.Errorf("%d users and %d searches have places, and %d were refused, while the node is behind", present, len(n.turns.all), len(ended))
	}
	cancel()
	for range 2 * asked {
		if err := <-ended; err == nil {
			t.Error("a search that was given up has an answer")
		}
	}
}

// TestRoom knows at least as many bytes as a hit takes, and encodes no hit of a usual page.
func TestRoom(t *testing.T) {
	hit := func(text string) *wire.Hit {
		h := &wire.Hit{Channel: text, Seq: 1 << 60, ID: text, Sender: text, Timestamp: 1 << 60, Edited: 1 << 60, Content: wire.Content{Text: text, ReplyTo: 1 << 60}}
		for range 5 {
			at := wire.Highlight{In: wire.InFileName, Attachment: 1 << 60, Start: 1 << 60, Length: 1 << 60}
			h.Highlights = append(h.Highlights, at)
			h.Excerpts = append(h.Excerpts, wire.Excerpt{Attachment: 1 << 60, Text: text, Highlights: []wire.Highlight{at}})
			h.Content.Mentions = append(h.Content.Mentions, wire.Mention{Kind: wire.MentionChannel, User: text, Start: 1 << 60, Length: 1 << 60})
		}
		return h
	}
	for _, text := range []string{"", "pond", "\x00\x00\x00", "<>&\u2028\xff", "\"\\", "池"} {
		most, known := mostOf(hit(text))
		exact := room{exact: true}
		if err := exact.measure(hit(text)); err != nil || !known || most < exact.bytes {
			t.Errorf("%q: at most %d bytes, but it takes %d, %v", text, most, exact.bytes, err)
		}
	}
	var usual room
	for i := range 20 {
		if fits, err := usual.takes(nil, hit(fmt.Sprint("a message about the pond, number ", i))); !fits || err != nil {
			t.Fatal(err)
		}
	}
	if usual.exact {
		t.Error("the hits of a usual page are encoded to be measured")
	}
}
