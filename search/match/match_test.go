package match

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"natterjack/search/query"
	"natterjack/search/text"
)

// cuts is a dictionary that knows the words between the bars.
type cuts string

func (c cuts) Split(s string) []Piece {
	var pieces []Piece
	at := 0
	for word := range strings.SplitSeq(string(c), "|") {
		if !strings.HasPrefix(s[at:], word) {
			return []Piece{{At: text.Span{To: len(s)}}}
		}
		pieces = append(pieces, Piece{At: text.Span{From: at, To: at + len(word)}, Known: true})
		at += len(word)
	}
	return pieces
}

// marked returns the text with the highlights in brackets, or the empty string if it is no hit.
func marked(input, field string, s Splitter) (string, Class) {
	hit, ok := New(query.Parse(input), s).Match(field)
	if !ok {
		return "", None
	}
	var b strings.Builder
	at := 0
	for _, span := range hit.Spans[0] {
		b.WriteString(field[at:span.From] + "[" + field[span.From:span.To] + "]")
		at = span.To
	}
	return b.String() + field[at:], hit.Class
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		query, field, want string
		class              Class
	}{
		{"fox", "The quick Fox. A foxglove", "The quick [Fox]. A [fox]glove", Whole},
		{"fox", "firefox", "fire[fox]", Part},
		{"fox", "firefox and fox", "firefox and [fox]", Whole},
		{"fo", "fox", "", None},
		{"fo*", "fox", "[fo]x", Start},
		{"ox*", "fox", "", None},
		{`"fox"`, "foxes", "", None},
		{"quick fox", "fox, quick!", "[fox], [quick]!", Whole},
		{`"quick fox"`, "quick, brown fox", "", None},
		{`"quick fox"`, "the quick (fox)", "the [quick (fox])", Whole},
		{"fox -quick", "quick fox", "", None},
		{"fox -quick", "a fox quickens", "", None},
		{"fox -ick", "a quick fox", "a quick [fox]", Whole},
		{"-fox", "a dog", "a dog", Whole},
		{"creme", "Crème cre\u0300me", "[Crème] [cre\u0300me]", Whole},
		{"strasse", "Die Straße", "Die [Straße]", Whole},
		{"データ", "ﾃﾞｰﾀです", "[ﾃﾞｰﾀ]です", Whole},
		{"サーバ", "サーバーは", "[サーバー]は", Whole},
		{"サーバー", "サーバは", "[サーバ]は", Whole},
		{"サーバ管理", "サーバー管理", "[サーバー管理]", Whole},
		{"第12回", "第 12 回", "[第 12 回]", Whole},
		{"👍", "ok 👍🏽", "ok [👍🏽]", Whole},
		{"c++", "C++ C", "[C++] C", Whole},
		{"deploys", "deployed, redeployed", "[deployed], redeployed", Start},
		{"response", "parseHTTPResponse", "parseHTTP[Response]", Whole},
		{"iphone17", "iPhone 17", "[iPhone 17]", Whole},
		{"1.2.1", "v1.2.10", "", None},
		{"!!!", "anything", "anything", Whole},
		{"물", "물을 마셔요", "[물]을 마셔요", Whole},
		{"물", "동물", "동[물]", Part},
		{"🇵🇫", "🇯🇵🇫🇷", "", None},
		{"กา", "กาแฟ", "[กา]แฟ", Start},
		{"กา", "กิน", "", None},
	} {
		got, class := marked(c.query, c.field, nil)
		if got != c.want || class != c.class {
			t.Errorf("%s in %q: %s, %q, want %s, %q", c.query, c.field, class, got, c.class, c.want)
		}
	}
}

func TestMatch_dictionary(t *testing.T) {
	for _, c := range []struct {
		query, field string
		words        cuts
		want         Class
	}{
		{"京都", "東京都", "東京|都", None},
		{"京都", "今日京都", "今日|京都", Whole},
		{"京都", "京都府", "京都府", Start},
		{"パン", "フライパン", "フライパン", Part},
		{"パン", "食パン", "食パン", Whole}, // another script begins there
		{"京都", "不明京都不明", "その他", Start},
		{"ガス", "ますがすぐ", "ます|が|すぐ", None},
		{"らーめん", "ラーメン", "ラーメン", Whole},
		{"がす", "ですがすぐ", "です|が|すぐ", None},
	} {
		if _, got := marked(c.query, c.field, c.words); got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.query, c.words, got, c.want)
		}
	}
}

// TestMatch_fields shows that words may be in different fields, and that what must not be there
// may be in none.
func TestMatch_fields(t *testing.T) {
	m := New(query.Parse("plan budget -draft"), nil)
	if hit, ok := m.Match("the plan", "budget.xlsx"); !ok || len(hit.Spans[0]) != 1 || len(hit.Spans[1]) != 1 {
		t.Errorf("%+v, %t", hit, ok)
	}
	if _, ok := m.Match("the plan", "budget-draft.xlsx"); ok {
		t.Error("a draft is found")
	}
	if !New(query.Parse("-x from:y"), nil).Empty() || m.Empty() {
		t.Error("only a query without words is empty")
	}
}

// TestMatch_isBounded bounds the cost of the dearest query with the longest message.
func TestMatch_isBounded(t *testing.T) {
	for _, unit := range []string{"a", "ab", "あ", "東", "a ", "👍"} {
		field := strings.Repeat(unit, 16<<10/len(unit))
		needle := strings.Repeat(unit, 200/len(unit)) + "z"
		m := New(query.Parse(needle+" "+`"`+needle+`" `+unit), cuts("x"))
		start := time.Now()
		m.Match(field)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%q: %v", unit, took)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("fox -dog \"a b\" c*", "The quick fox a b c")
	f.Add("サーバー 東京", "ｻｰﾊﾞｰ東京都")
	f.Add("👩‍💻 第12回 r&d", "👩🏽‍💻 第 12 回 R&D")
	f.Fuzz(func(t *testing.T, input, field string) {
		hit, ok := New(query.Parse(input), cuts("東京|都")).Match(field)
		if !ok {
			return
		}
		last := 0
		for _, s := range hit.Spans[0] {
			if s.From < last || s.To <= s.From || s.To > len(field) || !boundary(field, s.From) || !boundary(field, s.To) {
				t.Fatalf("%q in %q: %v", input, field, hit.Spans[0])
			}
			last = s.To
		}
	})
}

// boundary reports whether no character of valid text is cut at i.
func boundary(s string, i int) bool {
	return i == 0 || i == len(s) || utf8.RuneStart(s[i]) || !utf8.ValidString(s)
}

func BenchmarkMatch(b *testing.B) {
	m := New(query.Parse("会議室 資料"), nil)
	for b.Loop() {
		m.Match("明日のミーティングは第12会議室です。資料は https://example.com/docs/plan-v2.pdf を見てください")
	}
}
