package letter

import (
	"encoding/base64"
	"errors"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"natterjack/server/internal/push/wording"
)

const (
	// MostShown is how many messages a letter shows. It counts all of them.
	MostShown = 20
	// maxText is how many characters of a message are shown, as readers count them.
	maxText = 300
)

// Letter holds the parts of a mail.
type Letter struct {
	From     *mail.Address
	To       string // an address that [Address] has let pass
	ID       string // of the mail: the same in each try, and of letters and digits
	At       time.Time
	Language wording.Language
	Zone     *time.Location // nil if it is not known
	Privacy  wording.Privacy
	Missed   []Missed // by time
	AtLeast  bool     // there are more than those
	// Home is the URL of the app, without a slash at its end. Unsubscribe is the URL that turns the
	// digest off.
	Home, Unsubscribe string
}

// Missed is a message that the user has not read.
type Missed struct {
	Channel string
	Seq     uint64
	At      time.Time
	wording.Message
}

var (
	errAddress = errors.New("letter: mail cannot be sent to this address")
	errEmpty   = errors.New("letter: there are no messages to write about")
)

// Compose returns the mail.
func (l *Letter) Compose() (*gomail.Msg, error) {
	to, ok := Address(l.To)
	switch {
	case !ok || l.From == nil:
		return nil, errAddress
	case len(l.Missed) == 0:
		return nil, errEmpty
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(l.From)
	m.ToMailAddress(&mail.Address{Address: to})
	m.SetDateWithValue(l.At)
	m.SetMessageIDWithValue(l.ID + "@" + domain(l.From.Address))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no robot answers it
	m.SetBulk()
	if err := l.offer(m); err != nil {
		return nil, err
	}
	return m, l.write(m)
}

// offer adds the headers with which a mail program unsubscribes (RFC 8058). Over plain HTTP, which
// only a server under development speaks, there is no such click.
func (l *Letter) offer(m *gomail.Msg) error {
	if u, err := url.Parse(l.Unsubscribe); err != nil || u.Scheme != "https" {
		m.SetListUnsubscribe(l.Unsubscribe)
		return err
	}
	return m.SetListUnsubscribeOneClick(l.Unsubscribe)
}

// write adds the subject and both forms of the text.
func (l *Letter) write(m *gomail.Msg) error {
	p := l.page()
	subject(m, p.Title)
	var plain, html strings.Builder
	if err := errors.Join(plainForm.Execute(&plain, p), htmlForm.Execute(&html, p)); err != nil {
		return err
	}
	m.SetBodyString(gomail.TypeTextPlain, plain.String())
	m.AddAlternativeString(gomail.TypeTextHTML, html.String())
	return nil
}

// subject sets the subject. The library leaves plain ASCII as it is, and a name may well be plain
// ASCII that looks like an encoded word. A mail program would decode a name that only looks
// encoded.
func subject(m *gomail.Msg, title string) {
	if !strings.Contains(title, "=?") {
		m.Subject(title)
		return
	}
	var words []string
	for part := range slices.Chunk([]rune(title), 10) { // 40 bytes at most; a word may have 75 in its coded form
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(string(part)))+"?=")
	}
	m.SetGenHeaderPreformatted(gomail.HeaderSubject, strings.Join(words, "\r\n "))
}

// maxAddress is the greatest length of an address that mail servers pass on (RFC 5321, section
// 4.5.3.1.3).
const maxAddress = 254

// Address returns an address as it is used, if mail can be sent to it: a plain one, without a name,
// quotes or comments. Such forms are legal. But two programs may read them in two ways, so a user
// with such an address gets no mail.
func Address(text string) (address string, ok bool) {
	strange := func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`"(),:;<>[\]`, r) }
	if len(text) > maxAddress || strings.ContainsFunc(text, strange) {
		return "", false
	}
	a, err := mail.ParseAddress(text)
	if err != nil || a.Name != "" || a.Address != text || strings.Count(text, "@") != 1 {
		return "", false
	}
	return a.Address, true
}

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
