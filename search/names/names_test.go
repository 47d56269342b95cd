package names

import (
	"testing"
)

// TestMatch finds names by the beginnings of their words, in any order and in either script.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		typed, name string
		want        Class
	}{
		{"ali", "alice", Beginning},
		{"ALI", "Alice Liddell", Beginning},
		{"lid", "Alice Liddell", Word},
		{"lid ali", "Alice Liddell", Word},
		{"ali lid", "Alice Liddell", Word},
		{"ali bob", "Alice Liddell", None},
		{"lice", "alice", Middle},
		{"@ali", "alice", Beginning},
		{"#toad", "toads", Beginning},
		{"muller", "Jürgen Müller", Word},
		{"smith", "bob_smith", Word},
		{"", "alice", None},
		{"  ", "alice", None},
		{"-", "a-b", None},
		{"🐸", "Pond 🐸", Word},
		{"ﾀﾅｶ", "たなか", Beginning},
		{"たな", "タナカ", Beginning},
		{"田中", "田中太郎", Beginning},
		{"太郎", "田中太郎", Middle},
		{"tarou", "田中たろう", Word},
		{"tanaka", "たなかさんの会", Beginning},

		{"tana", "たなか", Beginning},
		{"tan", "たなか ゆき", Beginning},
		{"yuki", "たなか ゆき", Word},
		{"yuki tana", "たなか ゆき", Word},
		{"たな", "Tanaka", Beginning},
		{"たなか", "yuki-tanaka", Word},
		{"naka", "たなか", Middle},
		{"shi", "しみず", Beginning},
		{"sh", "しみず", Beginning},
		{"si", "しみず", Beginning},
		{"chi", "ちば", Beginning},
		{"tsu", "つだ", Beginning},
		{"fuji", "ふじた", Beginning},
		{"hujita", "ふじた", Beginning},
		{"sato", "さとう", Beginning},
		{"satou", "サトー", Beginning},
		{"satoh", "さとう", Beginning},
		{"さとう", "Satō Ken", Beginning},
		{"oosaka", "おおさか", Beginning},
		{"osaka", "おおさか", Beginning},
		{"kyo", "きょうこ", Beginning},
		{"hatt", "はっとり", Beginning},
		{"issei", "いっせい", Beginning},
		{"jun", "じゅん", Beginning},
		{"zyun", "じゅん", Beginning},
		{"shota", "しょうた", Beginning},
		{"nambu", "なんぶ", Beginning},
		{"nanbu", "なんぶ", Beginning},
		{"junichi", "じゅんいち", Beginning},
		{"jun'ichi", "じゅんいち", Beginning},
		{"violet", "バイオレット", None},
		{"tana", "田中", None},
		{"hanako", "たなか", None},
	} {
		if got := Parse(c.typed).Match(c.name).Class; got != c.want {
			t.Errorf("%q in %q: %d, want %d", c.typed, c.name, got, c.want)
		}
	}
}

// TestMatch_texts looks for each word in any of a name's texts, and says where it was.
func TestMatch_texts(t *testing.T) {
	m := Parse("ali bob").Match("Alice", "bob_7")
	if m.Class != Word || len(m.Spans[0]) != 1 || m.Spans[0][0].To != 3 || len(m.Spans[1]) != 1 || m.Spans[1][0].To != 3 {
		t.Errorf("%+v", m)
	}
	const kana = "🐸 ﾃﾞｰﾀ"
	if m := Parse("デー").Match(kana); m.Class != Word || kana[m.Spans[0][0].From:m.Spans[0][0].To] != "ﾃﾞｰ" {
		t.Errorf("%+v", m)
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"ali", "たな", "jun'ichi", "ッッン", "ァー", "\xff", "e\u0301e\u0301"} {
		f.Add(s, "Tanaka たなか")
	}
	f.Fuzz(func(t *testing.T, typed, name string) {
		m := Parse(typed).Match(name, name)
		for _, spans := range m.Spans {
			for _, s := range spans {
				if s.From < 0 || s.From >= s.To || s.To > len(name) {
					t.Fatalf("%q in %q is at %+v", typed, name, s)
				}
			}
		}
		if q := Parse(name); len(name) < 64 && !q.Empty() && len(q.words) < maxWords && q.Match(name).Class == None {
			t.Errorf("%q does not find itself", name)
		}
	})
}
