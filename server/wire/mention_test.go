package wire

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMentions(t *testing.T) {
	user := func(start, length int) Mention {
		return Mention{Kind: MentionUser, User: "bob", Start: start, Length: length}
	}
	many := make([]Mention, MaxMentions+1)
	for i := range many {
		many[i] = user(i, 1)
	}
	long := strings.Repeat("a", MaxMentions+1)
	for _, c := range []struct {
		name, text string
		mentions   []Mention
		says       string // start of the error text; "" if there is no error
	}{
		{"none", "hello", nil, ""},
		{"at the start", "@bob hi", []Mention{user(0, 4)}, ""},
		{"all of it", "@bob", []Mention{user(0, 4)}, ""},
		{"side by side", "@bob@bob", []Mention{user(0, 4), user(4, 4)}, ""},
		{"after an emoji", "👨‍👩‍👧 @bob", []Mention{user(6, 4)}, ""}, // five code points, in UTF-16 eight
		{"after kanji", "東京 @bob", []Mention{user(3, 4)}, ""},
		{"to the end, beyond the first plane", "𠮷𠮷", []Mention{user(1, 1)}, ""},
		{"of the channel", "@channel", []Mention{{Kind: MentionChannel, Length: 8}}, ""},
		{"of who is here", "@here", []Mention{{Kind: MentionHere, Length: 5}}, ""},
		{"as many as may be", long, many[:MaxMentions], ""},

		{"too many", long, many, "content.mentions:"},
		{"of nobody", "@bob", []Mention{{Kind: MentionUser, Length: 4}}, "content.mentions.0.user:"},
		{"of no user", "@bob", []Mention{user(0, 1), {Kind: MentionUser, User: "B b", Start: 1, Length: 1}}, "content.mentions.1.user:"},
		{"of the channel and a user", "@channel", []Mention{{Kind: MentionChannel, User: "bob", Length: 8}}, "content.mentions.0.user:"},
		{"of no kind", "@bob", []Mention{{User: "bob", Length: 4}}, "content.mentions.0.kind:"},
		{"of another kind", "@bob", []Mention{{Kind: "team", Length: 4}}, "content.mentions.0.kind:"},
		{"of nothing", "@bob", []Mention{user(0, 0)}, "content.mentions.0:"},
		{"backwards", "@bob", []Mention{user(4, -4)}, "content.mentions.0:"},
		{"before the text", "@bob", []Mention{user(-1, 4)}, "content.mentions.0:"},
		{"beyond the end", "@bob", []Mention{user(1, 4)}, "content.mentions.0:"},
		{"beyond the end, in bytes within", "東京", []Mention{user(2, 1)}, "content.mentions.0:"},
		{"out of all numbers", "@bob", []Mention{user(1<<62, 1<<62)}, "content.mentions.0:"},
		{"overlapping", "@bob", []Mention{user(0, 3), user(2, 2)}, "content.mentions.1:"},
		{"not in order", "@bob@bob", []Mention{user(4, 4), user(0, 4)}, "content.mentions.1:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Send{To: "bob", ClientID: "c", Content: Content{Text: c.text, Mentions: c.mentions}}.Validate(DefaultLimits())
			if c.says == "" && err != nil {
				t.Error(err)
			}
			if c.says != "" && (err == nil || !strings.HasPrefix(AsError(err, 0).Message, c.says)) {
				t.Errorf("%v, want %s", err, c.says)
			}
		})
	}
}

// FuzzMentions shows that a text with valid mentions can be cut at them from start to end.
func FuzzMentions(f *testing.F) {
	f.Add("👨‍👩‍👧 @bob @here", 6, 4, 11, 5)
	f.Add("東京", 0, 1, 1, 1)
	f.Add("", 0, 0, 0, 0)
	f.Add("x", -1, 1<<62, 1<<62, -1)
	f.Fuzz(func(t *testing.T, text string, start, length, start2, length2 int) {
		mentions := []Mention{{Kind: MentionUser, User: "bob", Start: start, Length: length}, {Kind: MentionHere, Start: start2, Length: length2}}
		if !utf8.ValidString(text) || validMentions(text, mentions) != nil {
			return
		}
		runes := []rune(text)
		cut := string(runes[:start]) + string(runes[start:start+length]) + string(runes[start+length:start2]) +
			string(runes[start2:start2+length2]) + string(runes[start2+length2:])
		if cut != text || length < 1 || length2 < 1 {
			t.Fatalf("%q became %q by %+v", text, cut, mentions)
		}
	})
}
