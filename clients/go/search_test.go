package natter_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/clients/internal/servertest"
)

// TestSearch finds messages over all pages, the messages around one of them, and people, on a real
// server.
func TestSearch(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	alice := connect(t, s, "alice", natter.Auto)
	const n = 25

	for i := range n {
		if _, err := alice.Send(t.Context(), "alice~bob", fmt.Sprintf("spadefoot number %d 池", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	bob := connect(t, s, "bob", natter.Auto)
	for deadline := time.Now().Add(long); ; <-time.After(10 * time.Millisecond) {
		page, err := bob.Search(t.Context(), natter.Query{Text: "spadefoot", Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if page.Count == n {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d found, want %d", page.Count, n)
		}
	}
	seq := uint64(n)
	for h, err := range bob.AllHits(t.Context(), natter.Query{Text: "spadefoot 池", Limit: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		if h.Seq != seq || len(h.Highlights) != 2 {
			t.Errorf("found %+v, want message %d", h, seq)
		}
		var words []string
		for _, x := range h.Highlights {
			from, to := x.Span(h.Content.Text)
			words = append(words, h.Content.Text[from:to])
		}
		if strings.Join(words, " ") != "spadefoot 池" {
			t.Errorf("highlighted %v", words)
		}
		seq--
	}
	if seq != 0 {
		t.Errorf("%d messages were not found", seq)
	}
	page, err := bob.History(t.Context(), "alice~bob", natter.Around{Of: 12, Limit: 5})
	if err != nil || len(page.Events) != 5 || page.Events[2].Seq != 12 || !page.More || !page.MoreAfter {
		t.Errorf("around message 12: %+v, %v", page, err)
	}
	found, err := bob.Find(t.Context(), "ali", 0)
	if err != nil || len(found.People) != 1 || found.People[0].User != "alice" {
		t.Errorf("%+v, %v", found, err)
	}
}
