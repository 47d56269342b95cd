package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"natterjack/search/query"
)

// some is a source of messages of which all but one in ten were edited since.
type some struct{ memory }

func (s some) Fields(ctx context.Context, channel string, seq uint64) ([]string, bool) {
	fields, ok := s.memory.Fields(ctx, channel, seq)
	if ok && seq%10 > 0 {
		return []string{"edited"}, true
	}
	return fields, ok
}

// many returns an index with messages of which each has the word common, and within a word.
func many(t *testing.T, messages int) (*Index, memory) {
	t.Helper()
	x, source := newIndex(t, t.TempDir()), memory{}
	var changes []Change
	for i := range messages {
		text := []string{fmt.Sprintf("common uncommonly%d", i)}
		put := &Message{Channel: "c", Seq: uint64(i + 1), At: time.Unix(1e9+int64(i), 0), Fields: text}
		source[id(put.Channel, put.Seq)] = text
		changes = append(changes, Change{Put: put})
	}
	for part := range slices.Chunk(changes, 700) {
		apply(t, x, 1, part...)
	}
	return x, source
}

// TestSearch_budget shows that a page that ends with its budget says so, that the next one goes
// on where it has ended, and that all pages together have all hits.
func TestSearch_budget(t *testing.T) {
	const messages = 3000
	x, source := many(t, messages)
	for _, input := range []string{"common", "ommon", "commonly -nothing"} {
		req := Request{Query: query.Parse(input), Now: time.Now(), Channels: []string{"c"}, Limit: 20, Budget: Budget{Verified: 50}}
		seen, ended := 0, 0
		for last := uint64(messages + 1); ; {
			page, err := x.Search(t.Context(), req, some{source}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range page.Hits {
				if h.Seq >= last || h.Seq%10 != 0 {
					t.Fatalf("%s: %d after %d", input, h.Seq, last)
				}
				last = h.Seq
			}
			if seen += len(page.Hits); page.Count != seen {
				t.Fatalf("%s: counted %d, want %d", input, page.Count, seen)
			}
			if page.Work == 0 {
				t.Errorf("%s: no work", input)
			}
			if page.Next == nil {
				break
			}
			if page.AtLeast {
				ended++
			}
			req.After = *page.Next
		}
		if seen != messages/10 || ended < messages/50/2 {
			t.Errorf("%s: %d hits on pages of which %d say that there are more, want %d", input, seen, ended, messages/10)
		}
	}
}

// TestSearch_count shows that counting goes on when the page is full, and is exact if it gets to
// the end.
func TestSearch_count(t *testing.T) {
	const messages = 500
	x, source := many(t, messages)
	req := Request{Query: query.Parse("common"), Now: time.Now(), Channels: []string{"c"}, Limit: 5, Count: true}
	page, err := x.Search(t.Context(), req, some{source}, nil)
	if err != nil || len(page.Hits) != 5 || page.Count != messages/10 || page.AtLeast || page.Next == nil {
		t.Errorf("%d hits of %d, at least %t, next %v, %v", len(page.Hits), page.Count, page.AtLeast, page.Next, err)
	}
	req.Budget.Verified = 100
	if page, err = x.Search(t.Context(), req, some{source}, nil); err != nil || len(page.Hits) != 5 || page.Count != 10 || !page.AtLeast {
		t.Errorf("%d hits of %d, at least %t, %v", len(page.Hits), page.Count, page.AtLeast, err)
	}
	req.Limit, req.Budget.Verified = maxLimit, 0
	if page, err = x.Search(t.Context(), req, some{source}, nil); err != nil || len(page.Hits) != messages/10 || page.AtLeast || page.Next != nil {
		t.Errorf("%d hits of %d, at least %t, next %v, %v", len(page.Hits), page.Count, page.AtLeast, page.Next, err)
	}
	req.Limit = messages / 10
	if page, err = x.Search(t.Context(), req, some{source}, nil); err != nil || page.Next != nil {
		t.Errorf("a page that has the last hit, although it is full: next %v, %v", page.Next, err)
	}
}

// deep is a source of messages that have a long text each, which takes long to read.
type deep struct {
	memory

	looks, reads int
}

func (d *deep) Fields(ctx context.Context, channel string, seq uint64) ([]string, bool) {
	d.looks++
	return d.memory.Fields(ctx, channel, seq)
}

// Depths implements [Deep].
func (d *deep) Depths(context.Context) []string {
	d.reads++
	return []string{strings.Repeat("file ", 1000)}
}

// TestSearch_deep shows that long texts are read only where the others do not decide, and that
// they are charged.
func TestSearch_deep(t *testing.T) {
	const messages = 10
	x, source := newIndex(t, t.TempDir()), memory{}
	var changes []Change
	for i := range messages {
		text := []string{fmt.Sprintf("common commonly%d", i)}
		put := &Message{Channel: "c", Seq: uint64(i + 1), At: time.Unix(1e9+int64(i), 0), Fields: append(text, "file")}
		source[id(put.Channel, put.Seq)] = text
		changes = append(changes, Change{Put: put})
	}
	apply(t, x, 1, changes...)
	for _, c := range []struct {
		query           string
		best            bool
		reads, seen, at int
	}{
		{"common", true, 0, messages, 0},
		{"common", false, 0, messages, 0},
		{"commonl", false, 0, messages, 0},
		{"commonl", true, 2 * messages, messages, 0}, // a file may have it as a word; then once more for the next tier
		{"common file", false, messages, messages, 1},
		{"common -file", false, messages, 0, 0},
	} {
		d := &deep{memory: source}
		page, err := x.Search(t.Context(), Request{Query: query.Parse(c.query), Now: time.Now(), Channels: []string{"c"}, Best: c.best, Limit: maxLimit}, d, nil)
		if err != nil || len(page.Hits) != c.seen || d.reads != c.reads {
			t.Errorf("%s: %d hits, %d long texts read, %v, want %d and %d", c.query, len(page.Hits), d.reads, err, c.seen, c.reads)
		}
		if paid := page.Work >= messages*5000/bytesPerWork; paid != (c.reads > 0) || page.Work < d.looks*workOfLook {
			t.Errorf("%s: %d of work, for %d long texts", c.query, page.Work, d.reads)
		}
		for _, h := range page.Hits {
			if c.at > 0 && len(h.Spans[c.at]) == 0 {
				t.Errorf("%s: %+v, want something found in the long text", c.query, h.Spans)
			}
		}
	}
}

// TestSearch_unseen shows that messages which a user may not see do not end a page as others do.
func TestSearch_unseen(t *testing.T) {
	const messages = 500
	x, source := many(t, messages)
	for seq := uint64(2); seq <= messages; seq++ {
		delete(source, id("c", seq))
	}
	req := Request{Query: query.Parse("common"), Now: time.Now(), Channels: []string{"c"}, Budget: Budget{Verified: 10}, Count: true}
	page, err := x.Search(t.Context(), req, source, nil)
	if err != nil || len(page.Hits) != 1 || page.AtLeast || page.Next != nil {
		t.Errorf("%d hits, at least %t, next %v, %v", len(page.Hits), page.AtLeast, page.Next, err)
	}
}

// TestSearch_clock shows that the clock is looked at before each candidate.
func TestSearch_clock(t *testing.T) {
	x, source := many(t, 10)
	d := &deep{memory: source}
	req := Request{Query: query.Parse("common"), Now: time.Now(), Channels: []string{"c"}, Budget: Budget{Until: time.Now()}}
	if page, err := x.Search(t.Context(), req, d, nil); err != nil || d.looks > 1 || !page.AtLeast {
		t.Errorf("looked at %d candidates, at least %t, %v", d.looks, page.AtLeast, err)
	}
}

// TestSearch_givenUp shows that a search ends between two candidates if its caller no longer waits.
func TestSearch_givenUp(t *testing.T) {
	x, source := many(t, 10)
	ctx, cancel := context.WithCancel(t.Context())
	s := &leaves{memory: source, cancel: cancel}
	req := Request{Query: query.Parse("common"), Now: time.Now(), Channels: []string{"c"}}
	if _, err := x.Search(ctx, req, s, nil); !errors.Is(err, context.Canceled) || s.looks != 1 {
		t.Errorf("looked at %d candidates, %v", s.looks, err)
	}
}

// leaves is a source that gives up the search at the first look.
type leaves struct {
	memory

	cancel context.CancelFunc
	looks  int
}

func (l *leaves) Fields(ctx context.Context, channel string, seq uint64) ([]string, bool) {
	l.cancel()
	l.looks++
	return l.memory.Fields(ctx, channel, seq)
}

// TestSearch_late shows that a search ends with the hits so far when its time is over, and with an
// error when its caller no longer waits.
func TestSearch_late(t *testing.T) {
	x, source := many(t, 1000)
	req := Request{Query: query.Parse("common"), Now: time.Now(), Channels: []string{"c"}, Limit: maxLimit, Budget: Budget{Until: time.Now()}}
	page, err := x.Search(t.Context(), req, source, nil)
	if err != nil || len(page.Hits) == maxLimit || !page.AtLeast || page.Next == nil {
		t.Errorf("%d hits, at least %t, next %v, %v", len(page.Hits), page.AtLeast, page.Next, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, req, source, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

// TestSearch_moves shows that each page is a step further, however little time there is, and that
// all pages together have all hits.
func TestSearch_moves(t *testing.T) {
	const messages, parts = 90, 3
	x, source := newIndex(t, t.TempDir()), memory{}
	for part := range parts { // each with messages as new as those of the others
		var changes []Change
		for i := part; i < messages; i += parts {
			text := []string{fmt.Sprintf("common uncommonly%d", i)}
			put := &Message{Channel: "c", Seq: uint64(i + 1), At: time.Unix(1e9+int64(i/4), 0), Fields: text}
			source[id(put.Channel, put.Seq)] = text
			changes = append(changes, Change{Put: put})
		}
		apply(t, x, 1, changes...)
	}
	for _, input := range []string{"common", "ommon", "commonly9 -nothing"} {
		for _, best := range []bool{false, true} {
			req := Request{Query: query.Parse(input), Now: time.Now(), Channels: []string{"c"}, Best: best}
			all, err := x.Search(t.Context(), req, source, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := all.Count
			for all.Next != nil {
				req.After = *all.Next
				if all, err = x.Search(t.Context(), req, source, nil); err != nil {
					t.Fatal(err)
				}
				want = all.Count
			}
			req.After, req.Budget = Cursor{}, Budget{Until: time.Now()}
			for seen := 0; ; {
				page, err := x.Search(t.Context(), req, source, nil)
				if err != nil {
					t.Fatal(err)
				}
				if seen += len(page.Hits); page.Next == nil {
					if seen != want || seen == 0 {
						t.Errorf("%s: %d hits, want %d", input, seen, want)
					}
					break
				}
				if last := req.After; last.Tier == page.Next.Tier && last.Key != "" && page.Next.Key >= last.Key {
					t.Fatalf("%s: a page from %+v goes on at %+v", input, last, *page.Next)
				}
				req.After = *page.Next
			}
		}
	}
}

// TestCursor_ofHit shows that an answer goes on behind any of its hits, in another index too.
func TestCursor_ofHit(t *testing.T) {
	x, source := many(t, 60)
	other, _ := many(t, 60)
	req := Request{Query: query.Parse("common"), Now: time.Now(), Channels: []string{"c"}, Limit: 30}
	page, err := x.Search(t.Context(), req, source, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range page.Hits {
		req.After = h.Cursor
		rest, err := other.Search(t.Context(), req, source, nil)
		if err != nil || len(rest.Hits) == 0 || rest.Hits[0].Seq != h.Seq-1 {
			t.Fatalf("after %d: %+v, %v", h.Seq, rest.Hits, err)
		}
	}
	req.After = Cursor{Key: "no key"}
	if page, err := x.Search(t.Context(), req, source, nil); err != nil || len(page.Hits) != 30 {
		t.Errorf("a cursor that nobody made: %d hits, %v", len(page.Hits), err)
	}
}
