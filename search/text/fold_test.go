package text

import (
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	for source, want := range map[string]string{
		"Hello, World":      "hello, world",
		"Ｈｅｌｌｏ　１２３":         "hello 123",
		"Crème Brûlée":      "creme brulee",
		"cre\u0300me":       "creme",
		"Straße STRASSE":    "strasse strasse",
		"Łódź Øre Æsir":     "lodz ore aesir",
		"Ξένος ΞΈΝΟΣ":       "ξενοσ ξενοσ",
		"ёлка мой мои":      "елка мой мои",
		"И\u0306":           "й",
		"İstanbul ılık":     "istanbul ilik",
		"ﾃﾞｰﾀ":              "データ",
		"か\u3099":           "ガ",
		"か\u200d\u3099":     "ガ",
		"らーめん ラーメン":         "ラーメン ラーメン",
		"ヴァイオリン ヴ ヴェ ゔぃ":    "バイオリン ブ ベ ビ",
		"三ヶ月":               "三ケ月",
		"びょういん びよういん":       "ビョウイン ビヨウイン",
		"㍿ ㌔ ①":             "株式会社 キロ 1",
		"葛\U000e0100":       "葛",
		"ㄱㅏ 가 \u1100\u1161": "가 가 가",
		"٣ ๓ ३":             "3 3 3",
		"كِتَاب أحمد كـتاب": "كتاب احمد كتاب",
		"שָׁלוֹם":           "שלום",
		"don’t “x” — y":     "don't \"x\" - y",
		"น้ำ":               "น\u0e49\u0e4dา",
		"👍🏽 👍":              "👍 👍",
		"👩🏽\u200d💻":         "👩\u200d💻",
		"❤\ufe0f\u200d🔥 ❤️": "❤\u200d🔥 ❤",
		"soft\u00adware":    "software",
		"a\u200bb":          "ab",
		"Ⅳ ﬁ ½":             "iv fi 1\u20442",
		"1\ufe0f\u20e3":     "1",
		"\xff":              "\ufffd",
		"":                  "",
	} {
		if got := Fold(source).Text; got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
}

// TestFold_spans shows that parts of the folded text lead to the right bytes of the original.
func TestFold_spans(t *testing.T) {
	for _, c := range []struct{ source, folded, want string }{
		{"ﾃﾞｰﾀをﾃﾞｰﾀ", "デー", "ﾃﾞｰ"},
		{"Une Crème\u0301 brûlée", "creme", "Crème\u0301"},
		{"die Straße", "strasse", "Straße"},
		{"die Straße", "s", "ß"}, // both folded characters stand for all of it
		{"ein ﬁx", "i", "i"},
		{"株式会社", "会社", "会社"},
		{"㍿です", "会社", "㍿"},
		{"ok 👍🏽!", "👍", "👍🏽"},
		{"か\u3099く", "ガ", "か\u3099"},
		{"ヴァイオリン", "バイ", "ヴァイ"},
	} {
		f := Fold(c.source)
		found := false
		for i := range f.Runes {
			for j := i + 1; j <= len(f.Runes); j++ {
				if s := f.Span(i, j); f.Term(i, j) == c.folded && c.source[s.From:s.To] == c.want {
					found = true
				}
			}
		}
		if !found {
			t.Errorf("%q: no %q is %q", c.source, c.folded, c.want)
		}
	}
}

// TestFold_isLinear shows that neither marks without end nor jamo without end cost more than
// other text: nothing is lost but marks beyond reason.
func TestFold_isLinear(t *testing.T) {
	const n = 100_000
	for _, s := range []string{"e\u0301", "\u0e49", "ㅏ", "👍🏽", "\u200d", "か\u3099", "ヴァ", "😀\u200d", "\u0489"} {
		long := make([]byte, 0, n*len(s))
		for range n {
			long = append(long, s...)
		}
		if f := Fold(string(long)); len(f.Runes) > 2*n {
			t.Errorf("%q: %d characters", s, len(f.Runes))
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"ﾃﾞｰﾀ Crème", "👩🏽\u200d💻 ㄱㅏ", "ヴァ か\u200d\u3099", "Straße ﬁ ㍿ ①", "น้ำ \xff\xc0", "\u0344\u0e49\u034f\u09c7\u09be"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		if !utf8.ValidString(folded.Text) {
			t.Fatalf("%q folds to %q", s, folded.Text)
		}
		if again := Fold(folded.Text); again.Text != folded.Text {
			t.Fatalf("%q folds to %+q, and that to %+q", s, folded.Text, again.Text)
		}
		checkSpans(t, folded)
		last := -1
		for token := range folded.Tokens() {
			if token.Place < last || token.Term == "" || token.At.To <= token.At.From {
				t.Fatalf("%q: %+v after place %d", s, token, last)
			}
			last = token.Place
		}
	})
}

// checkSpans shows that every folded character stands for whole characters of the original, in
// order.
func checkSpans(t *testing.T, f *Folded) {
	t.Helper()
	ends := map[int]bool{len(f.Source): true}
	for i := range f.Source {
		ends[i] = true
	}
	last := Span{}
	for i := range f.Runes {
		s := f.Span(i, i+1)
		if s.From >= s.To || s.To > len(f.Source) || s.From < last.From || s.To < last.To || !ends[s.From] || !ends[s.To] {
			t.Fatalf("%q: character %d of %q is %v, after %v", f.Source, i, f.Text, s, last)
		}
		last = s
	}
}
