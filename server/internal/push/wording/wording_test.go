package wording

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"natterjack/server/wire"
)

func TestOf(t *testing.T) {
	direct := Message{Sender: "Ada", Content: &wire.Content{Text: "**hello** there"}}
	group := Message{Sender: "Ada", Group: "Team", Content: direct.Content}
	mention, directMention := group, direct
	mention.Mentioned, directMention.Mentioned = true, true
	for name, c := range map[string]struct {
		m           Message
		p           Privacy
		l           Language
		title, body string
	}{
		"direct":                {direct, Full, English, "Ada", "hello there"},
		"direct, ja":            {direct, Full, Japanese, "Ada", "hello there"},
		"direct mention":        {directMention, Full, English, "Ada mentioned you", "hello there"},
		"direct mention, ja":    {directMention, Full, Japanese, "Adaさんからのメンション", "hello there"},
		"group":                 {group, Full, English, "Ada in Team", "hello there"},
		"group, ja":             {group, Full, Japanese, "Ada（Team）", "hello there"},
		"mention":               {mention, Full, English, "Ada mentioned you in Team", "hello there"},
		"mention, ja":           {mention, Full, Japanese, "Adaさんからのメンション（Team）", "hello there"},
		"sender":                {mention, Sender, English, "Ada", "New message"},
		"sender, ja":            {mention, Sender, Japanese, "Ada", "新着メッセージ"},
		"nothing":               {mention, Nothing, English, "New message", ""},
		"nothing, ja":           {mention, Nothing, Japanese, "新着メッセージ", ""},
		"an unknown privacy":    {mention, "x", English, "New message", ""},
		"no privacy":            {mention, "", English, "New message", ""},
		"a name over two lines": {Message{Sender: "A\n\u202eda", Content: direct.Content}, Sender, English, "A da", "New message"},
		"a long name":           {Message{Sender: strings.Repeat("あ", 50), Content: direct.Content}, Sender, English, strings.Repeat("あ", 39) + "…", "New message"},
	} {
		if title, body := Of(c.m, c.p, c.l); title != c.title || body != c.body {
			t.Errorf("%s: %q, %q; want %q, %q", name, title, body, c.title, c.body)
		}
	}
}

func TestOf_body(t *testing.T) {
	file := func(kind wire.AttachmentKind, name string) wire.Attachment {
		return wire.Attachment{Kind: kind, Name: name}
	}
	image, video := file(wire.AttachmentImage, "a.jpg"), file(wire.AttachmentVideo, "a.mp4")
	for name, c := range map[string]struct {
		content wire.Content
		en, ja  string
	}{
		"a photo":            {wire.Content{Attachments: []wire.Attachment{image}}, "Photo", "写真"},
		"photos":             {wire.Content{Attachments: []wire.Attachment{image, image, image}}, "3 photos", "写真3枚"},
		"a video":            {wire.Content{Attachments: []wire.Attachment{video}}, "Video", "動画"},
		"videos":             {wire.Content{Attachments: []wire.Attachment{video, video}}, "2 videos", "動画2本"},
		"a voice message":    {wire.Content{Attachments: []wire.Attachment{file(wire.AttachmentVoice, "")}}, "Voice message", "ボイスメッセージ"},
		"a sound":            {wire.Content{Attachments: []wire.Attachment{file(wire.AttachmentAudio, "a.mp3")}}, "Audio", "音声"},
		"a file":             {wire.Content{Attachments: []wire.Attachment{file(wire.AttachmentFile, "report.pdf")}}, "report.pdf", "report.pdf"},
		"a kind of tomorrow": {wire.Content{Attachments: []wire.Attachment{file("hologram", "")}}, "File", "ファイル"},
		"several kinds":      {wire.Content{Attachments: []wire.Attachment{image, video}}, "2 files", "ファイル2件"},
		"a photo and text":   {wire.Content{Text: "look", Attachments: []wire.Attachment{image}}, "Photo: look", "写真: look"},
		"forwarded":          {wire.Content{Text: "look", Forwarded: &wire.Forwarded{Sender: "x"}}, "Forwarded: look", "転送: look"},
		"nothing to show":    {wire.Content{Text: "\u200e"}, "New message", "新着メッセージ"},
	} {
		for l, want := range map[Language]string{English: c.en, Japanese: c.ja} {
			if _, body := Of(Message{Sender: "Ada", Content: &c.content}, Full, l); body != want {
				t.Errorf("%s, %s: %q, want %q", name, l, body, want)
			}
		}
	}
}

func TestExcerpt(t *testing.T) {
	long := &wire.Content{Text: strings.Repeat("花", 300)}
	for n, want := range map[int]string{10: strings.Repeat("花", 9) + "…", 299: strings.Repeat("花", 298) + "…", 300: long.Text} {
		if got := Excerpt(long, n, Japanese); got != want {
			t.Errorf("%d characters: %q", n, got)
		}
	}
	if got := Excerpt(&wire.Content{}, 10, Japanese); got != "新着メッセージ" {
		t.Errorf("of nothing: %q", got)
	}
}

func TestPlain(t *testing.T) {
	for source, want := range map[string]string{
		"hello":                            "hello",
		"*a* **b** ***c*** _d_ ~~e~~ `f`":  "a b c d e f",
		"# Title\ntext":                    "Title text",
		"> quoted\n> more\n\nanswer":       "quoted more answer",
		"- milk\n- eggs":                   "milk eggs",
		"2026. A good year":                "2026. A good year",
		"1. one\n2. two":                   "1. one 2. two",
		"```go\nfmt.Println(1)\n```":       "fmt.Println(1)",
		"    indented":                     "indented",
		"[text](https://example.com)":      "text",
		"![alt](https://example.com/x)":    "alt",
		"<https://example.com>":            "https://example.com",
		"https://example.com/a_b_c":        "https://example.com/a_b_c",
		"a <b>bold</b> tag":                "a <b>bold</b> tag",
		"<div>\nx\n</div>":                 "<div> x </div>",
		`\*not emphasis\*`:                 "*not emphasis*",
		"2 * 3 * 4":                        "2 * 3 * 4",
		"AT&amp;T &lt;3 & <3":              "AT&T <3 & <3",
		`\&amp;`:                           "&amp;",
		"`&amp; \\*`":                      `&amp; \*`,
		"snake_case_name":                  "snake_case_name",
		"line one\nline two\\\nline three": "line one line two line three",
		"---":                              "---",
		"[a]: https://example.com":         "[a]: https://example.com",
		"a\u202eb\u2066c\u200fd":           "abcd",
		"全角　空白":                            "全角 空白",
		"":                                 "",
		"👨‍👩‍👧‍👦 family":                   "👨‍👩‍👧‍👦 family",
	} {
		if got := Plain(source); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
	if got := Plain(strings.Repeat("花", maxMarkdown)); !utf8.ValidString(got) || len(got) > maxMarkdown {
		t.Errorf("a long text: %d bytes", len(got))
	}
}

func TestCut(t *testing.T) {
	family := "👨‍👩‍👧‍👦" // one character as readers count them, and 25 bytes
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"a bcd", 3, "a…"},
		{"ががが", 3, "ががが"},
		{"か\u3099か\u3099か\u3099か\u3099", 3, "か\u3099か\u3099…"},
		{"a" + family + "bcd", 3, "a" + family + "…"},
		{"🇯🇵🇩🇪🇫🇷🇺🇸", 3, "🇯🇵🇩🇪…"},
		{"a" + strings.Repeat("\u0301", 100), 3, "…"},
	} {
		if got := cut(c.in, c.n); got != c.want {
			t.Errorf("%q cut to %d: %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

// FuzzOf shows that the shown text is on one line, bounded, and turns no direction.
func FuzzOf(f *testing.F) {
	f.Add("Ada", "Team", "**hello**")
	f.Add("\u202eAda", "\n", "[a]: x\n\n1. x\n\n```\n")
	f.Add("", "", "&#0; &#8238; &amp;lt; <!-- \\")
	f.Fuzz(func(t *testing.T, sender, group, text string) {
		for _, l := range []Language{English, Japanese} {
			title, body := Of(Message{Sender: sender, Group: group, Mentioned: true, Content: &wire.Content{Text: text}}, Full, l)
			for _, s := range []string{title, body} {
				bad := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
				if !utf8.ValidString(s) || strings.ContainsFunc(s, bad) || len(s) > maxBody*maxCharacter+len("…") {
					t.Errorf("%q", s)
				}
			}
			if body == "" {
				t.Errorf("%q: nothing is said", text)
			}
		}
	})
}

func TestStricter(t *testing.T) {
	for _, c := range []struct{ a, b, want Privacy }{
		{Full, Full, Full}, {Full, Sender, Sender}, {Sender, Full, Sender}, {Nothing, Full, Nothing}, {Sender, Nothing, Nothing}, {Full, "x", Nothing}, {"", Full, Nothing},
	} {
		if got := Stricter(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestLanguageOf(t *testing.T) {
	for preferred, want := range map[string]Language{
		"ja": Japanese, "ja-JP": Japanese, "en": English, "en-GB": English, "de": English, "": English, "x!": English,
		"de,ja;q=0.9,en;q=0.8": Japanese, "en-US,en;q=0.9,ja;q=0.8": English,
	} {
		if got := LanguageOf(preferred); got != want {
			t.Errorf("%q: %s, want %s", preferred, got, want)
		}
	}
}

func TestTest(t *testing.T) {
	for _, l := range []Language{English, Japanese} {
		if title, body := Test(l); title == "" || body == "" {
			t.Errorf("%s: %q, %q", l, title, body)
		}
	}
}
