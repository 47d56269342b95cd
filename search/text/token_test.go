package text

import (
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"Hello", "w:hello"},
		{"a b", "w:a w:b"},
		{"parseHTTPResponse", "w:parsehttpresponse p:parse p:http t:httpresponse p:response"},
		{"snake_case", "w:snake w:case"},
		{"utf8", "w:utf8 p:utf p:8"},
		{"b2b", "w:b2b"},
		{"v1.2.10", "w:v1 p:v p:1 w:2 w:10"},
		{"https://example.com/a/b-c.html?x=1", "w:https w:example w:com w:a w:b w:c w:html w:x w:1"},
		{"10.0.0.1", "w:10 w:0 w:0 w:1"},
		{"bob@example.org", "w:bob w:example w:org"},
		{"東京都", "2:東京 2:京都 1:都"},
		{"第12回目", "1:第 w:12 1:回 2:回目 1:目"},
		{"食べる", "2:食ベ 2:ベル 1:ル"},
		{"검색 기능", "2:검색 1:색 2:기능 1:능"},
		{"한국語", "2:한국 1:국 1:語"},
		{"ไทย", "2:ไท 2:ทย 1:ย"},
		{"ok👍🏽👍", "w:ok e:👍 e:👍"},
		{"👩🏽\u200d💻", "e:👩\u200d💻 p:👩 p:💻"},
		{"🇯🇵🇫🇷", "e:🇯🇵 e:🇫🇷"},
		{"→ 5€", "e:→ w:5 e:€"},
		{"...", ""},
	} {
		var got []string
		for token := range Fold(c.source).Tokens() {
			if token.Kind < Stem {
				got = append(got, string("wpt21e"[token.Kind])+":"+token.Term)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q: %s, want %s", c.source, s, c.want)
		}
	}
}

// TestTokens_areBounded shows that no text has many more tokens than characters.
func TestTokens_areBounded(t *testing.T) {
	for _, s := range []string{"a", "aB", "a ", "日", "ab1", "👩\u200d💻", "ไ", "1a"} {
		f := Fold(strings.Repeat(s, 10_000))
		n := 0
		for range f.Tokens() {
			n++
		}
		if n > 2*len(f.Runes)+1 {
			t.Errorf("%q: %d tokens of %d characters", s, n, len(f.Runes))
		}
	}
}

func TestStemOf(t *testing.T) {
	for _, group := range []string{
		"deploy deploys deployed deploying", "city cities", "run runs running", "release releases released releasing", "fix fixes fixed fixing",
		"file files filing", "plan plans planned planning", "try tries tried", "class classes", "status", "bus buses", "search searches searching",
	} {
		words := strings.Fields(group)
		want, _ := StemOf(words[0])
		for _, w := range words {
			if got, ok := StemOf(w); !ok || got != want {
				t.Errorf("%s: %q, want %q as %s has", w, got, want, words[0])
			}
		}
	}
	for _, w := range []string{"", "go", "größe", "v12"} {
		if stem, ok := StemOf(w); ok {
			t.Errorf("%q has the stem %q", w, stem)
		}
	}
	for pair := range strings.FieldsSeq("string/str thing/th need/ne news/new-s red/r") {
		a, b, _ := strings.Cut(pair, "/")
		x, _ := StemOf(a)
		if y, _ := StemOf(b); x == y {
			t.Errorf("%s and %s have the same stem %q", a, b, x)
		}
	}
}

func BenchmarkTokens(b *testing.B) {
	const message = "明日のミーティングは第12会議室です。資料は https://example.com/docs/plan-v2.pdf を見てください 👍 parseHTTPResponse"
	for b.Loop() {
		for range Fold(message).Tokens() {
		}
	}
}

// TestJoins knows two words that are also written as one, and no parts of an address or a version.
func TestJoins(t *testing.T) {
	for source, want := range map[string]string{
		"e-mail": "email", "E-Mail-Adresse": "email", "Wi-Fiが": "wifi", "F-16": "f16", "COVID-19": "covid19", "node.js": "nodejs", "H.264": "h264", "co-op, re-run": "coop rerun",
		"long-term": "", "1-2": "", "v1.2": "", "1.x": "", "a.b.c": "", "a.b/c": "", "x/a.b": "", "me@a-b.org": "", "-a": "", "a-": "", "e - mail": "", "東-京": "", "": "",
	} {
		var joined []string
		for token := range Fold(source).Tokens() {
			if token.Kind == Joined {
				joined = append(joined, token.Term)
			}
		}
		if got := strings.Join(joined, " "); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
	f := Fold(strings.Repeat("a", 3*MaxTerm) + "-b")
	if Joins(f.Runes, 3*MaxTerm) {
		t.Error("a word is joined that is too long for a token")
	}
}
