package letter

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"natterjack/server/internal/push/wording"
	"natterjack/server/wire"
)

// received is a letter as a mail program reads it.
type received struct {
	header      mail.Header
	subject     string
	plain, html string
}

func read(tb testing.TB, l *Letter) (r received) {
	tb.Helper()
	m, err := l.Compose()
	if err != nil {
		tb.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		tb.Fatal(err)
	}
	return parse(tb, raw.Bytes())
}

func parse(tb testing.TB, raw []byte) (r received) {
	tb.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		tb.Fatalf("%v in %q", err, raw)
	}
	r.header = parsed.Header
	if r.subject, err = new(mime.WordDecoder).DecodeHeader(r.header.Get("Subject")); err != nil {
		tb.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		tb.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	for _, to := range []*string{&r.plain, &r.html} {
		part, err := parts.NextRawPart()
		if err != nil || part.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			tb.Fatalf("%v, %v", part, err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			tb.Fatal(err)
		}
		*to = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		tb.Errorf("a third part: %v", err)
	}
	return r
}

func example() *Letter {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	at := time.Date(2026, 3, 2, 9, 15, 0, 0, time.UTC)
	said := func(text string) *wire.Content { return &wire.Content{Text: text} }
	return &Letter{
		From: &mail.Address{Name: "Natterjack", Address: "chat@example.com"}, To: "bob@example.org", ID: "abc123", At: at.Add(2 * time.Hour),
		Language: wording.English, Zone: berlin, Privacy: wording.Full,
		Home: "https://chat.example.com", Unsubscribe: "https://chat.example.com/unsubscribe/TOKEN",
		Missed: []Missed{
			{"ada~bob", 3, at, wording.Message{Sender: "Ada Lovelace", Content: said("Are you *there*?")}},
			{"design", 7, at.Add(time.Minute), wording.Message{Sender: "Mio", Group: "Design", Mentioned: true, Content: said("<b>look</b> & tell @bob")}},
			{"ada~bob", 4, at.Add(2 * time.Minute), wording.Message{Sender: "Ada Lovelace", Content: said("Hello?")}},
		},
	}
}

func TestCompose(t *testing.T) {
	got := read(t, example())
	for name, want := range map[string]string{
		"From": `"Natterjack" <chat@example.com>`, "To": "<bob@example.org>", "Date": "Mon, 02 Mar 2026 11:15:00 +0000", "Message-Id": "<abc123@example.com>",
		"Auto-Submitted": "auto-generated", "Precedence": "bulk",
		"List-Unsubscribe": "<https://chat.example.com/unsubscribe/TOKEN>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		if all := got.header[name]; len(all) != 1 || all[0] != want {
			t.Errorf("%s: %q, want %q", name, all, want)
		}
	}
	if want := "3 messages from Ada Lovelace and Mio"; got.subject != want {
		t.Errorf("subject: %q, want %q", got.subject, want)
	}
	const plain = `3 messages from Ada Lovelace and Mio

Ada Lovelace, Mon 2 Mar, 10:15
> Are you there?
https://chat.example.com/c/ada~bob/3

Ada Lovelace, Mon 2 Mar, 10:17
> Hello?
https://chat.example.com/c/ada~bob/4

Design

Mio, Mon 2 Mar, 10:16
> <b>look</b> & tell @bob
https://chat.example.com/c/design/7

Open Natterjack: https://chat.example.com/

-- 
You get this mail because you asked for a digest of what you miss.
Settings: https://chat.example.com/settings/notifications
Unsubscribe: https://chat.example.com/unsubscribe/TOKEN
`
	if got.plain != plain {
		t.Errorf("plain text:\n%s\nwant:\n%s", got.plain, plain)
	}
	for _, want := range []string{`<html lang="en">`, "&lt;b&gt;look&lt;/b&gt; &amp; tell @bob", `href="https://chat.example.com/c/ada~bob/3"`, "<bdi>Design</bdi>"} {
		if !strings.Contains(got.html, want) {
			t.Errorf("the HTML lacks %s:\n%s", want, got.html)
		}
	}
}

func TestCompose_japanese(t *testing.T) {
	l := example()
	l.Language, l.Zone = wording.Japanese, nil
	got := read(t, l)
	if want := "Ada Lovelaceさん、Mioさんからのメッセージ3件"; got.subject != want {
		t.Errorf("subject: %q, want %q", got.subject, want)
	}
	for _, want := range []string{"Mio, 3月2日(月) 09:16 UTC\n", "Natterjackを開く: https://chat.example.com/\n", "配信を停止: https://chat.example.com/unsubscribe/TOKEN\n"} {
		if !strings.Contains(got.plain, want) {
			t.Errorf("%q is missing in:\n%s", want, got.plain)
		}
	}
}

func TestCompose_privacy(t *testing.T) {
	for privacy, secret := range map[wording.Privacy][]string{
		wording.Sender:  {"there", "Hello", "look", "Design"},
		wording.Nothing: {"there", "Hello", "look", "Design", "Ada", "Mio", "ada", "/c/"},
		"unknown":       {"there", "Hello", "look", "Design", "Ada", "Mio", "ada", "/c/"},
	} {
		l := example()
		l.Privacy = privacy
		got := read(t, l)
		for _, word := range secret {
			if strings.Contains(got.subject+got.plain+got.html, word) {
				t.Errorf("%s: %q is told in %q:\n%s", privacy, word, got.subject, got.plain)
			}
		}
		if privacy == wording.Sender && !strings.Contains(got.plain, "Ada Lovelace, Mon 2 Mar, 10:15\nhttps://chat.example.com/c/ada~bob/3\n") {
			t.Errorf("the sender is not told:\n%s", got.plain)
		}
		if !strings.HasPrefix(got.subject, "3 messages") {
			t.Errorf("%s: subject %q", privacy, got.subject)
		}
	}
}

func TestCompose_titles(t *testing.T) {
	from := func(names ...string) (all []Missed) {
		for i, name := range names {
			all = append(all, Missed{"c", uint64(i + 1), time.Unix(0, 0), wording.Message{Sender: name, Content: &wire.Content{Text: "x"}}})
		}
		return all
	}
	for _, c := range []struct {
		missed  []Missed
		atLeast bool
		en, ja  string
	}{
		{from("A"), false, "A message from A", "Aさんからのメッセージ1件"},
		{from("A", "A"), false, "2 messages from A", "Aさんからのメッセージ2件"},
		{from("A", "B", "A"), false, "3 messages from A and B", "Aさん、Bさんからのメッセージ3件"},
		{from("A", "B", "C"), true, "3+ messages from A, B and others", "Aさん、Bさんほかからのメッセージ3+件"},
	} {
		for language, want := range map[wording.Language]string{wording.English: c.en, wording.Japanese: c.ja} {
			l := example()
			l.Missed, l.AtLeast, l.Language = c.missed, c.atLeast, language
			if got := read(t, l).subject; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
	l := example()
	l.Missed, l.Privacy = from("A"), wording.Nothing
	if got := read(t, l).subject; got != "A message you have not read" {
		t.Errorf("subject: %q", got)
	}
}

func TestCompose_many(t *testing.T) {
	l := example()
	l.Missed = slices.Repeat(l.Missed[:1], MostShown+1)
	if got := read(t, l); strings.Count(got.plain, "> Are you") != MostShown || !strings.Contains(got.plain, "\nThere are more in the app.\n") || !strings.HasPrefix(got.subject, "21 ") {
		t.Errorf("%s", got.plain)
	}
}

// TestCompose_encodedWord shows that a name that spells an encoded word is shown as it was typed.
func TestCompose_encodedWord(t *testing.T) {
	const name = "=?utf-8?q?Ada=0D=0ABcc:_eve?="
	for _, sender := range []string{name, "花" + name, "x =?iso-8859-1?b?QWRh?= y"} {
		l := example()
		l.Missed = l.Missed[:1]
		l.Missed[0].Sender = sender
		if got := read(t, l).subject; got != "A message from "+sender {
			t.Errorf("subject %q", got)
		}
	}
}

// TestCompose_development shows that a URL that is not secure is no one-click one.
func TestCompose_development(t *testing.T) {
	l := example()
	l.Unsubscribe = "http://127.0.0.1:8080/unsubscribe/TOKEN"
	got := read(t, l)
	if got.header.Get("List-Unsubscribe") != "<"+l.Unsubscribe+">" || got.header.Get("List-Unsubscribe-Post") != "" {
		t.Errorf("%q", got.header)
	}
}

func TestCompose_refuses(t *testing.T) {
	l := example()
	l.To = "Bob <bob@example.org>"
	if _, err := l.Compose(); err == nil || strings.Contains(err.Error(), "example.org") {
		t.Errorf("an address with a name: %v", err)
	}
	l = example()
	l.Missed = nil
	if _, err := l.Compose(); err == nil {
		t.Error("a letter about nothing")
	}
}

func TestAddress(t *testing.T) {
	for _, text := range []string{"ada@example.com", "ada.lovelace+chat@sub.example.com", "o'brien@example.com", "花子@例え.jp"} {
		if got, ok := Address(text); !ok || got != text {
			t.Errorf("%s: %q, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"", "ada", "@", "ada@", "@example.com", "a@b@example.com", "Ada <ada@example.com>", "<ada@example.com>", `"ada"@example.com`, "ada@example.com,bob@example.com",
		"ada@example.com\r\nBcc: eve@example.com", "ada@example.com\n", " ada@example.com", "ada @example.com", "ada@example.com (x)", "ada@[127.0.0.1]", "ada\x00@example.com",
		strings.Repeat("a", 250) + "@example.com", "\xff@example.com",
	} {
		if got, ok := Address(text); ok {
			t.Errorf("%q counts as %q", text, got)
		}
	}
}

// FuzzCompose shows that nothing that users write changes the form of the mail: it has the headers
// of an innocent one and no others, two parts, and the same elements.
func FuzzCompose(f *testing.F) {
	f.Add("Ada\r\nBcc: eve@example.com", "Team\nX: y", "\r\n.\r\nMAIL FROM:<eve@example.com>\r\n")
	f.Add("=?utf-8?q?Ada=0D=0ABcc:_eve?=", "</bdi><script>alert(1)</script>", `<img src="https://example.com/x.png">`)
	f.Add("\u202eadA", strings.Repeat("あ", 500), "javascript:alert(1)\u2028\u2029\x00\x7f\x85")
	f.Add("\xff\xfe", "--boundary", "\n-- \nUnsubscribe: https://example.com")
	innocent := example()
	names, elements := formOf(f, read(f, innocent))
	f.Fuzz(func(t *testing.T, sender, group, text string) {
		l := example()
		for i := range l.Missed {
			m := &l.Missed[i]
			m.Sender, m.Content = sender, &wire.Content{Text: text}
			if m.Group != "" {
				m.Group = "x" + group // so that there is always a heading
			}
		}
		got := read(t, l)
		gotNames, gotElements := formOf(t, got)
		if gotNames != names || gotElements != elements {
			t.Errorf("headers %s, want %s; elements %s, want %s", gotNames, names, gotElements, elements)
		}
		if strings.ContainsFunc(got.subject, unicode.IsControl) || strings.Count(got.plain, "\n") != strings.Count(read(t, innocent).plain, "\n") {
			t.Errorf("%q\n%s", got.subject, got.plain)
		}
		if tail := got.plain[strings.LastIndex(got.plain, "\n-- \n"):]; !strings.Contains(tail, innocent.Unsubscribe) {
			t.Errorf("the end is %q", tail)
		}
	})
}

// formOf returns the names of a mail's headers, and the elements of its HTML with their attributes
// but without links' ends.
func formOf(tb testing.TB, r received) (names, elements string) {
	tb.Helper()
	var all []string
	for name, values := range r.header {
		all = append(all, fmt.Sprint(name, len(values)))
	}
	slices.Sort(all)
	root, err := html.Parse(strings.NewReader(r.html))
	if err != nil {
		tb.Fatal(err)
	}
	var list []string
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			list = append(list, fmt.Sprint(n.Data, n.Attr))
		}
	}
	return strings.Join(all, " "), strings.Join(list, " ")
}
