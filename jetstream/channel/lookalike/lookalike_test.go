package lookalike

import "testing"

func TestLike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"alice", "alice", true},
		{"Alice", "alice", true},
		{"ALICE", "alice", true},
		{"аlice", "alice", true},             // Cyrillic а
		{"Аlісе", "Alice", true},             // Cyrillic А, і, с, е
		{"ΑLICE", "alice", true},             // Greek Α
		{"ａｌｉｃｅ", "alice", true},             // fullwidth
		{"𝐚𝗅𝓲𝒸𝚎", "alice", true},             // mathematical
		{"ⓐⓛⓘⓒⓔ", "alice", true},             // circled
		{"a\u200bl\u2060ice", "alice", true}, // without width
		{"al\u00adice\ufe0f", "alice", true},
		{"A l i c e", "alice", true},
		{"AIice", "Alice", true}, // a capital I for the l
		{"A1ice", "Alice", true}, // a one for the l
		{"AIice", "A1ice", true}, // both
		{"paypa1", "paypal", true},
		{"g00gle", "google", true},
		{"rnike", "mike", true},
		{"e\u0301mile", "émile", true}, // decomposed
		{"straße", "strasse", true},
		{"田中", "田中", true},

		{"émile", "emile", false},
		{"alice", "alicia", false},
		{"bob", "rob", false},
		{"alice", "malice", false},
		{"", "", false},
		{"\u200b", "", false},
		{"田中", "田仲", false},
		{"Али", "Ала", false},
	} {
		if got := Of(c.a).Like(Of(c.b)); got != c.want {
			t.Errorf("%q is like %q: %v, forms %+q and %+q", c.a, c.b, got, Of(c.a), Of(c.b))
		}
		if Of(c.b).Like(Of(c.a)) != c.want {
			t.Errorf("%q is like %q one way only", c.a, c.b)
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
