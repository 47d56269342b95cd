package lookalike

import (
	"testing"

	"pgregory.net/rapid"
)

// TestIndex compares an index with a look at all names.
func TestIndex(t *testing.T) {
	type entry struct {
		user, name string
		since      int64
	}
	draw := func(t *rapid.T) entry {
		return entry{
			rapid.SampledFrom([]string{"ann", "bob", "cem", "dot"}).Draw(t, "user"),
			rapid.SampledFrom([]string{"", "\u200b", "Ann", "Аnn", "ann", "AIi", "Ali", "All", "ALI", "Bob", "B0b"}).Draw(t, "name"), rapid.Int64Range(0, 3).Draw(t, "since"),
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x, all := NewIndex(), []entry{}
		for range rapid.IntRange(0, 12).Draw(t, "names") {
			e := draw(t)
			x.Add(e.user, Of(e.name), e.since)
			all = append(all, e)
		}
		asked := draw(t)
		first := holder{asked.user, asked.since}
		for _, e := range all {
			h := holder{e.user, e.since}
			if e.user != asked.user && Of(e.name).Like(Of(asked.name)) && h.before(first) {
				first = h
			}
		}
		want := first.user
		if want == asked.user {
			want = ""
		}
		if got := x.First(asked.user, Of(asked.name), asked.since); got != want {
			t.Fatalf("%+v imitates %q, want %q, of %+v", asked, got, want, all)
		}
	})
}
