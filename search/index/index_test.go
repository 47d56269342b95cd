package index

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"natterjack/search/internal/suite"
	"natterjack/search/match"
	"natterjack/search/query"
	"natterjack/search/words"
)

// memory is a source that knows all messages that it holds.
type memory map[string][]string

func (m memory) Fields(_ context.Context, channel string, seq uint64) ([]string, bool) {
	fields, ok := m[id(channel, seq)]
	return fields, ok
}

// apply applies changes of the shard "s".
func apply(tb testing.TB, x *Index, pos uint64, changes ...Change) {
	tb.Helper()
	if err := x.Apply(Batch{Changes: changes, Positions: map[string]uint64{"s": pos}}); err != nil {
		tb.Fatal(err)
	}
}

func newIndex(tb testing.TB, dir string) *Index {
	tb.Helper()
	x, err := Open(dir, Options{Log: "log"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = x.Close() })
	return x
}

// TestSuite shows that the index answers as people expect: as it does if every message is looked
// at.
func TestSuite(t *testing.T) {
	d := &words.Dictionary{}
	for _, dir := range []string{"../testdata", "../testdata/second", "../testdata/third", "../testdata/fourth", "../testdata/fifth"} {
		t.Run(dir, func(t *testing.T) { answers(t, dir, d) })
	}
}

func answers(t *testing.T, dir string, d *words.Dictionary) {
	t.Helper()
	s, err := suite.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	x := newIndex(t, t.TempDir())
	source, ids := memory{}, map[string]string{}
	var changes []Change
	for i, m := range s.Messages {
		put := &Message{Channel: m.Channel, Seq: uint64(i + 1), Sender: m.Sender, At: m.At, Fields: []string{m.Text, m.File}, Marks: marksOf(m)}
		changes = append(changes, Change{Put: put})
		source[id(put.Channel, put.Seq)] = put.Fields
		ids[id(put.Channel, put.Seq)] = m.ID
	}
	for part := range slices.Chunk(changes, 40) {
		apply(t, x, 1, part...)
	}
	for i, q := range s.Queries {
		if strings.Contains(q.Text, "is:unread") {
			continue // an index does not know what is unread
		}
		want := s.Answer(q.Text, d)
		for _, best := range []bool{false, true} {
			if best && i%4 > 0 {
				continue
			}
			got, order := ask(t, x, s, q.Text, best, source, d, ids)
			if len(got) != len(want) {
				t.Errorf("%s: %v, want %v", q.Text, got, want)
			}
			for id, class := range want {
				if got[id] != class {
					t.Errorf("%s: %s is %s, want %s", q.Text, id, got[id], class)
				}
			}
			if !slices.IsSortedFunc(order, func(a, b Hit) int { return inOrder(best, a, b) }) {
				t.Errorf("%s, best %t: not in order: %v", q.Text, best, order)
			}
		}
	}
}

func inOrder(best bool, a, b Hit) int {
	rank := func(h Hit) int {
		if best {
			return int(h.Class)
		}
		return min(int(h.Class), int(match.Start))
	}
	if r := rank(b) - rank(a); r != 0 {
		return r
	}
	return b.At.Compare(a.At)
}

func marksOf(m suite.Message) []string {
	marks := slices.Clone(m.Marks)
	if slices.Contains(marks, "mention") {
		marks = append(marks, "@alice")
	}
	return marks
}

// ask reads all pages of an answer, three hits each.
func ask(t *testing.T, x *Index, s *suite.Suite, input string, best bool, source Source, d match.Splitter, ids map[string]string) (map[string]match.Class, []Hit) {
	t.Helper()
	req := resolve(s, input)
	req.Best, req.Limit = best, 3
	got := map[string]match.Class{}
	var order []Hit
	for {
		page, err := x.Search(t.Context(), req, source, d)
		if err != nil {
			t.Fatalf("%s: %v", input, err)
		}
		for _, h := range page.Hits {
			name := ids[id(h.Channel, h.Seq)]
			if _, twice := got[name]; twice {
				t.Fatalf("%s: %s twice", input, name)
			}
			got[name] = h.Class
			order = append(order, h)
		}
		if page.Next == nil {
			return got, order
		}
		req.After = *page.Next
	}
}

// resolve resolves the names of a query, as the server does.
func resolve(s *suite.Suite, input string) Request {
	q := query.Parse(input)
	req := Request{Query: q, Now: s.Now, User: "alice"}
	for _, m := range s.Messages {
		if s.Admits(q, m.Channel) && !slices.Contains(req.Channels, m.Channel) {
			req.Channels = append(req.Channels, m.Channel)
		}
	}
	req.From, req.NotFrom = q.Names(query.From, false), q.Names(query.From, true)
	return req
}

// TestApply_positions shows that a position never goes back, that the last change of a message
// counts, and that all of it is there after a start.
func TestApply_positions(t *testing.T) {
	dir := t.TempDir()
	x := newIndex(t, dir)
	source := memory{}
	put := func(text string) Change {
		source[id("c", 1)] = []string{text}
		return Change{Put: &Message{Channel: "c", Seq: 1, At: time.Unix(1e9, 0), Fields: []string{text}}}
	}
	apply(t, x, 1, put("old wording"))
	apply(t, x, 5, put("another wording"), put("new wording"))
	apply(t, x, 4)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = newIndex(t, dir)
	if pos, err := x.Position("s"); err != nil || pos != 5 {
		t.Errorf("position %d, %v", pos, err)
	}
	if pos, err := x.Position("other"); err != nil || pos != 0 {
		t.Errorf("position %d of a shard that was never read, %v", pos, err)
	}
	if n := hits(t, x, source, "wording"); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	source[id("c", 1)] = []string{"old wording"} // verification would find it
	if n := hits(t, x, source, "old"); n != 0 {
		t.Error("the old version is still indexed")
	}
	apply(t, x, 6, Change{Channel: "c", Seq: 1})
	if n := hits(t, x, source, "wording"); n != 0 {
		t.Error("an erased message is found")
	}
	if n, err := x.Count(); err != nil || n != 0 {
		t.Errorf("%d messages, %v", n, err)
	}
}

// TestApply_channel shows that a channel goes with all its messages, and no other does.
func TestApply_channel(t *testing.T) {
	x := newIndex(t, t.TempDir())
	source := memory{}
	put := func(channel string, seq uint64) Change {
		source[id(channel, seq)] = []string{"wording"}
		return Change{Put: &Message{Channel: channel, Seq: seq, At: time.Unix(1e9, 0), Fields: []string{"wording"}}}
	}
	apply(t, x, 1, put("c", 1), put("d", 1))
	apply(t, x, 2, put("c", 2), Change{Channel: "c"}, put("d", 2))
	page, err := x.Search(t.Context(), Request{Query: query.Parse("wording"), Now: time.Now(), Channels: []string{"c", "d"}}, source, nil)
	if err != nil || len(page.Hits) != 2 || page.Hits[0].Channel != "d" || page.Hits[1].Channel != "d" {
		t.Errorf("%+v, %v, want the two messages of d", page.Hits, err)
	}
	if page.Count != 2 || page.AtLeast {
		t.Errorf("%d messages, at least %t", page.Count, page.AtLeast)
	}
}

func hits(t *testing.T, x *Index, source Source, input string) int {
	t.Helper()
	page, err := x.Search(t.Context(), Request{Query: query.Parse(input), Now: time.Now(), Channels: []string{"c"}}, source, nil)
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Hits)
}

// TestSearch_manyMessages shows that the newest hits come first, in pages without gaps, if there
// are more than are sorted at once, for few channels and for many.
func TestSearch_manyMessages(t *testing.T) {
	const messages, channels = 4_000, 100
	x := newIndex(t, t.TempDir())
	source := memory{}
	var changes []Change
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range messages {
		text := []string{fmt.Sprintf("common word%d", i%10)}
		put := &Message{Channel: fmt.Sprintf("c%d", i/10%channels), Seq: uint64(i + 1), At: start.Add(time.Duration(i) * time.Minute * 21), Fields: text}
		source[id(put.Channel, put.Seq)] = text
		changes = append(changes, Change{Put: put})
	}
	for part := range slices.Chunk(changes, 1000) {
		apply(t, x, 1, part...)
	}
	for _, few := range []int{5, channels} {
		var names []string
		for i := range few {
			names = append(names, fmt.Sprintf("c%d", i))
		}
		for input, has := range map[string]func(*Message) bool{
			"common":        func(*Message) bool { return true },
			"ommo":          func(*Message) bool { return true },
			"word3":         func(m *Message) bool { return strings.HasSuffix(m.Fields[0], "3") },
			"on:2026-02":    func(m *Message) bool { return m.At.Month() == time.February },
			"word3 -common": func(*Message) bool { return false },
		} {
			want := 0
			for _, c := range changes {
				if slices.Contains(names, c.Put.Channel) && has(c.Put) {
					want++
				}
			}
			if got := newestFirst(t, x, Request{Query: query.Parse(input), Now: start, Channels: names, Limit: 100}, source); got != want {
				t.Errorf("%s in %d channels: %d hits, want %d", input, few, got, want)
			}
		}
	}
}

// newestFirst reads all pages, shows that they are in order, and returns the number of hits.
func newestFirst(t *testing.T, x *Index, req Request, source Source) (n int) {
	t.Helper()
	last := time.Unix(1e10, 0)
	for {
		page, err := x.Search(t.Context(), req, source, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Hits {
			if !h.At.Before(last) {
				t.Fatalf("%s: %v after %v", req.Query, h.At, last)
			}
			last = h.At
		}
		if n += len(page.Hits); page.Next == nil {
			return n
		}
		req.After = *page.Next
	}
}
