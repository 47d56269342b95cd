package lookalike

import (
	"encoding/json"
	"os"
	"testing"
)

// pair is a pair of names. The app tests the same pairs: what is alike here is alike there. Pairs
// that are rough look alike to the app only.
type pair struct {
	A, B         string
	Alike, Rough bool
	Why          string
}

func pairs(tb testing.TB) (all []pair) {
	tb.Helper()
	text, err := os.ReadFile("testdata/names.json")
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil || len(all) < 30 {
		tb.Fatalf("%d pairs: %v", len(all), err)
	}
	return all
}

func TestLike(t *testing.T) {
	all := append(pairs(t), pair{}, pair{A: "\u200b"}) // a name with nothing visible is like no other
	for _, c := range all {
		if got := Of(c.A).Like(Of(c.B)); got != c.Alike {
			t.Errorf("%q is like %q (%s): %v, forms %+q and %+q", c.A, c.B, c.Why, got, Of(c.A), Of(c.B))
		}
		if Of(c.B).Like(Of(c.A)) != c.Alike {
			t.Errorf("%q is like %q one way only", c.A, c.B)
		}
	}
}

// FuzzOf shows that a name looks like itself, if there is anything to see, in either case.
func FuzzOf(f *testing.F) {
	for _, s := range []string{"alice", "Аlice", "ａｌ\u200bice", "\xff", "I1l|", "ΐ", "ﬀ", "\u0345", "㎏", "İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		form := Of(name)
		if nothing := form == (Form{}); form.Like(form) == nothing {
			t.Errorf("%q has form %+q", name, form)
		}
		if !form.Like(Of(name+"\u200b")) && form != (Form{}) {
			t.Errorf("%q differs from itself with a character that nobody sees", name)
		}
	})
}
