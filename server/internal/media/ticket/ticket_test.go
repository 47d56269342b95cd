package ticket

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"natterjack/server/wire"
)

var (
	now    = time.UnixMilli(1_764_000_000_000)
	office = New([]byte("of-the-tests-only"))
)

func example() Ticket {
	return Ticket{
		Media: "aaaaaaaaaaaaaaaaaaaaaaaaaa", Owner: "alice", Channel: "alice~bob", Expires: now.Add(time.Hour).UnixMilli(),
		Facts: jsontext.Value(`{"kind":"image","size":3}`),
	}
}

func issue(tb testing.TB, of *Office, what Ticket) string {
	tb.Helper()
	text, err := of.Issue(what)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func TestOpen(t *testing.T) {
	want := example()
	got, err := office.Open("alice", "alice~bob", issue(t, office, want), now)
	if err != nil || got.Media != want.Media || got.Expires != want.Expires || string(got.Facts) != string(want.Facts) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A node with the same key opens it too, and one with another key does not.
func TestOpen_otherNodes(t *testing.T) {
	text := issue(t, office, example())
	if _, err := New([]byte("of-the-tests-only")).Open("alice", "alice~bob", text, now); err != nil {
		t.Error(err)
	}
	if _, err := New([]byte("of-another-test")).Open("alice", "alice~bob", text, now); err == nil {
		t.Error("another key opens it")
	}
}

func TestOpen_refuses(t *testing.T) {
	text := issue(t, office, example())
	body, signature, _ := strings.Cut(text, ".")
	said, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(said), "alice", "mallory", 1)))
	for name, try := range map[string]struct{ user, channel, ticket string }{
		"nothing":               {"alice", "alice~bob", ""},
		"only a dot":            {"alice", "alice~bob", "."},
		"no signature":          {"alice", "alice~bob", body},
		"an empty signature":    {"alice", "alice~bob", body + "."},
		"a short signature":     {"alice", "alice~bob", body + "." + signature[:len(signature)-4]},
		"another body":          {"mallory", "alice~bob", forged + "." + signature},
		"two signatures":        {"alice", "alice~bob", text + "." + signature},
		"another spelling":      {"alice", "alice~bob", text + "="},
		"a line break":          {"alice", "alice~bob", text + "\n"},
		"another's":             {"mallory", "alice~bob", text},
		"for another channel":   {"alice", "alice~carol", text},
		"one that is very long": {"alice", "alice~bob", strings.Repeat("A", 1<<20) + "." + signature},
	} {
		if _, err := office.Open(try.user, try.channel, try.ticket, now); !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := office.Open("alice", "alice~bob", text, now.Add(time.Hour)); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("an hour later: %v", err)
	}
}

// The error of a ticket that cannot be opened says nothing about it, so a stranger learns nothing.
func TestOpen_tellsNothing(t *testing.T) {
	text := issue(t, office, example())
	_, stranger := office.Open("mallory", "alice~bob", text, now.Add(48*time.Hour))
	_, guess := office.Open("mallory", "alice~bob", "guessed", now)
	if stranger == nil || guess == nil || stranger.Error() != guess.Error() {
		t.Errorf("%v, but %v", stranger, guess)
	}
}

// FuzzOpen shows that no change of a ticket opens.
func FuzzOpen(f *testing.F) {
	text := issue(f, office, example())
	f.Add(text)
	f.Add(strings.Replace(text, ".", "..", 1))
	f.Add(strings.ToUpper(text))
	f.Add(text[1:])
	f.Fuzz(func(t *testing.T, try string) {
		if got, err := office.Open("alice", "alice~bob", try, now); err == nil && try != text {
			t.Errorf("%q opens: %+v", try, got)
		}
	})
}
