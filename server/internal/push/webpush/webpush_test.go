package webpush

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"natterjack/server/internal/guard/guardtest"
	"natterjack/server/internal/push"
)

// TestDeriveKey shows that a secret gives the same key each time, another secret another key, and
// bytes that are no private key the key of the next label.
func TestDeriveKey(t *testing.T) {
	derive := func(first byte) func(string) []byte {
		return func(label string) []byte {
			if label == "web push, VAPID key 0" && first == 0xff {
				return bytes.Repeat([]byte{0xff}, 32) // more than the order of the curve
			}
			sum := sha256.Sum256([]byte(label))
			sum[0] = first
			return sum[:]
		}
	}
	seen := map[string]bool{}
	for _, first := range []byte{1, 2, 0xff} {
		key, err := DeriveKey(derive(first))
		again, err2 := DeriveKey(derive(first))
		if err != nil || err2 != nil || key.Public() != again.Public() || seen[key.Public()] {
			t.Errorf("%d: %v, %v", first, err, err2)
		}
		seen[key.Public()] = true
	}
	if _, err := DeriveKey(func(string) []byte { return make([]byte, 32) }); err == nil {
		t.Error("zero is a key")
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const subject = "https://chat.example.com"

// TestSeal encrypts the example of RFC 8291, appendix A.
func TestSeal(t *testing.T) {
	private, err := ecdh.P256().NewPrivateKey(decode(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	plain := "When I grow up, I want to be a watermelon"
	got, err := seal([]byte(plain), decode(t, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
		decode(t, "BTBZMqHH6r4Tts7J_aSIgg"), len(plain), private, decode(t, "DGv6ra1nlYgDCS1FRnbzlw"))
	if err != nil {
		t.Fatal(err)
	}
	want := "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_" +
		"yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if text := base64.RawURLEncoding.EncodeToString(got); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestSend(t *testing.T) {
	s, sender := newSender(t, time.Minute)
	n := notification()
	if o := sender.Send(t.Context(), s.target(), n); o != (push.Outcome{Result: push.Sent, Reason: push.ReasonSent}) {
		t.Fatalf("outcome %+v", o)
	}
	got := s.got[0]
	if want, err := n.Payload(); err != nil || got.plain != string(want) {
		t.Errorf("decrypted %q, want %q", got.plain, want)
	}
	if got.size != maxBody {
		t.Errorf("the body has %d bytes, want %d whatever is in it", got.size, maxBody)
	}
	if ttl := got.header.Get("TTL"); ttl != "3600" {
		t.Errorf("TTL %s", ttl)
	}
	if u := got.header.Get("Urgency"); u != "normal" {
		t.Errorf("Urgency %s", u)
	}
	if topic := got.header.Get("Topic"); !regexp.MustCompile(`^[A-Za-z0-9_-]{32}$`).MatchString(topic) {
		t.Errorf("Topic %q", topic)
	}
	if exp := time.Unix(int64(got.claims["exp"].(float64)), 0); !exp.Equal(noon.Add(tokenTTL)) || got.claims["sub"] != subject {
		t.Errorf("claims %v", got.claims)
	}
}

func TestSend_urgentAndWithoutTopic(t *testing.T) {
	s, sender := newSender(t, time.Minute)
	n := notification()
	n.Urgent, n.Collapse, n.Expires = true, "", noon.Add(100*24*time.Hour)
	sender.Send(t.Context(), s.target(), n)
	h := s.got[0].header
	if _, has := h["Topic"]; has || h.Get("Urgency") != "high" || h.Get("TTL") != "2419200" {
		t.Errorf("header %v", h)
	}
}

// TestTopic shows that a topic is the same for a subscription and a channel, and that two users
// of a channel have different ones.
func TestTopic(t *testing.T) {
	a, b := push.Target{Auth: []byte("a")}, push.Target{Auth: []byte("b")}
	first := topic(a, "c")
	if topic(a, "c") != first || first == topic(a, "d") || first == topic(b, "c") {
		t.Error("topics do not tell subscriptions and channels apart")
	}
}

func TestSend_answers(t *testing.T) {
	for _, c := range []struct {
		code  int
		after string
		want  push.Outcome
	}{
		{200, "", push.Outcome{Result: push.Sent, Reason: "sent"}},
		{400, "", push.Outcome{Result: push.Refused, Reason: "status_400"}},
		{403, "", push.Outcome{Result: push.Refused, Reason: "status_403"}},
		{404, "", push.Outcome{Result: push.Gone, Reason: "gone"}},
		{410, "", push.Outcome{Result: push.Gone, Reason: "gone"}},
		{429, "90", push.Outcome{Result: push.Again, Reason: "too_fast", After: 90 * time.Second}},
		{500, "", push.Outcome{Result: push.Again, Reason: "status_500"}},
		{503, "3", push.Outcome{Result: push.Again, Reason: "status_503", After: 3 * time.Second}},
		{307, "", push.Outcome{Result: push.Refused, Reason: "redirect"}},
	} {
		t.Run(fmt.Sprint(c.code), func(t *testing.T) {
			s, sender := newSender(t, time.Minute)
			s.answer = func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", c.after)
				w.Header().Set("Location", s.URL+"/push/secret")
				w.WriteHeader(c.code)
			}
			if o := sender.Send(t.Context(), s.target(), notification()); o != c.want || len(s.got) != 1 {
				t.Errorf("%+v after %d requests, want %+v after one", o, len(s.got), c.want)
			}
		})
	}
}

// TestSend_tooLarge shows that a notification that is too large is sent without its texts: whether
// the receiver says so, or the bound of all receivers does.
func TestSend_tooLarge(t *testing.T) {
	s, sender := newSender(t, time.Minute)
	s.answer = func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}
	want := push.Outcome{Result: push.Sent, Reason: push.ReasonSent, Bare: true}
	if o := sender.Send(t.Context(), s.target(), notification()); o != want {
		t.Errorf("413: %+v", o)
	}
	if len(s.got) != 2 || s.got[1].size >= s.got[0].size || s.got[1].text(t, "body") != "" || s.got[1].text(t, "channel") != "c" {
		t.Errorf("413: got %d requests, the last %+v", len(s.got), s.got[len(s.got)-1])
	}
	n := notification()
	n.Body = strings.Repeat("花", maxPlain/3)
	if o := sender.Send(t.Context(), s.target(), n); o != want || len(s.got) != 3 || s.got[2].text(t, "title") != "" {
		t.Errorf("a long text: %+v after %d requests", o, len(s.got))
	}
	s.answer = func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) }
	if o := sender.Send(t.Context(), s.target(), notification()); o != (push.Outcome{Result: push.Refused, Reason: push.ReasonTooLarge}) {
		t.Errorf("413 again and again: %+v", o)
	}
}

func TestSend_hangs(t *testing.T) {
	s, sender := newSender(t, 200*time.Millisecond)
	done := make(chan struct{})
	defer close(done)
	s.answer = func(int, http.ResponseWriter, *http.Request) { <-done }
	if o := sender.Send(t.Context(), s.target(), notification()); o != (push.Outcome{Result: push.Again, Reason: "timeout"}) {
		t.Errorf("%+v", o)
	}
}

func TestSend_stopped(t *testing.T) {
	s, sender := newSender(t, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := sender.Send(ctx, s.target(), notification()); o.Result != push.Again || o.Reason != "stopped" {
		t.Errorf("%+v", o)
	}
}

func TestSend_refuses(t *testing.T) {
	s, sender := newSender(t, time.Minute)
	good := s.target()
	expired, malformed := notification(), notification()
	expired.Expires = noon
	malformed.Title = "\xff"
	for name, c := range map[string]struct {
		target push.Target
		n      push.Notification
		want   string
	}{
		"expired":      {good, expired, push.ReasonExpired},
		"no text":      {good, malformed, push.ReasonMalformed},
		"no key":       {push.Target{Address: good.Address, Auth: good.Auth}, notification(), push.ReasonTarget},
		"no point":     {push.Target{Address: good.Address, Key: make([]byte, 65), Auth: good.Auth}, notification(), push.ReasonTarget},
		"short secret": {push.Target{Address: good.Address, Key: good.Key, Auth: good.Auth[1:]}, notification(), push.ReasonTarget},
		"no URL":       {push.Target{Address: "https://%zz/", Key: good.Key, Auth: good.Auth}, notification(), push.ReasonTarget},
		"loopback":     {push.Target{Address: strings.Replace(good.Address, "127.0.0.1", "127.0.0.2", 1), Key: good.Key, Auth: good.Auth}, notification(), "refused_address"},
		"metadata":     {push.Target{Address: "http://169.254.169.254/", Key: good.Key, Auth: good.Auth}, notification(), "refused_address"},
	} {
		if o := sender.Send(t.Context(), c.target, c.n); o != (push.Outcome{Result: push.Refused, Reason: c.want}) {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if len(s.got) != 0 {
		t.Errorf("the push service got %d requests", len(s.got))
	}
}

// TestTokens shows that a token is signed once for an origin and some hours, and that those in
// memory are bounded.
func TestTokens(t *testing.T) {
	now := noon
	tokens, err := newTokens(newKey(t), subject, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	get := func(origin string) string {
		text, err := tokens.forOrigin(origin)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := get("https://a.example.com")
	if now = noon.Add(tokenUse - time.Second); get("https://a.example.com") != first || get("https://b.example.com") == first {
		t.Error("a token is not kept, or serves two origins")
	}
	if now = noon.Add(tokenUse); get("https://a.example.com") == first {
		t.Error("a token is used too long")
	}
	for i := range 2 * maxTokens {
		get(fmt.Sprintf("https://%d.example.com", i))
	}
	if len(tokens.of) > maxTokens {
		t.Errorf("%d tokens are kept", len(tokens.of))
	}
}

func TestNew_subject(t *testing.T) {
	for text, want := range map[string]bool{
		"https://chat.example.com": true, "https://chat.example.com:8443/x": true, "mailto:admin@example.com": true,
		"": false, "http://chat.example.com": false, "https://localhost": false, "https://127.0.0.1": false, "https://192.168.1.5/": false,
		"mailto:": false, "mailto:admin": false, "mailto:admin@localhost": false, "mailto:mailto:admin@example.com": false,
		"mailto:Admin <admin@example.com>": false, "admin@example.com": false, "https://": false,
	} {
		if _, err := New(Config{Key: newKey(t), Subject: text}); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://Push.Example.com/x?y": "https://push.example.com", "https://push.example.com:443/x": "https://push.example.com",
		"https://push.example.com:8443/x": "https://push.example.com:8443", "https://[2606::1]/x": "https://[2606::1]",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if got := origin(r.URL); got != want {
			t.Errorf("%s: %s, want %s", endpoint, got, want)
		}
	}
}

func TestKey(t *testing.T) {
	key := newKey(t)
	secret, err := key.Secret()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKey(secret)
	if err != nil || again.Public() != key.Public() || len(decode(t, key.Public())) != publicLen {
		t.Errorf("%v, %v: want %v", again, err, key)
	}
	for _, text := range []string{"", "x", secret[1:], secret + "AA", "!" + secret[1:], strings.Repeat("A", 43), strings.Repeat("_", 43)} {
		if _, err := ParseKey(text); err == nil || text != "" && text != "x" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, key); text != key.Public() {
			t.Errorf("%s prints %s", format, text)
		}
	}
}

// FuzzEncrypt shows that any keys of a subscription lead to an error or to a body of the right
// length.
func FuzzEncrypt(f *testing.F) {
	private, err := ecdh.P256().NewPrivateKey([]byte(strings.Repeat("k", 32)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("hello"), private.PublicKey().Bytes(), make([]byte, authLen))
	f.Add([]byte{}, make([]byte, publicLen), []byte{})
	f.Fuzz(func(t *testing.T, plain, public, auth []byte) {
		body, err := encrypt(plain, public, auth, maxPlain)
		if err == nil && len(body) != maxBody {
			t.Errorf("%d bytes", len(body))
		}
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func notification() push.Notification {
	return push.Notification{
		ID: "n1", Kind: push.KindMessage, Channel: "c", Seq: 7, Title: "Ada", Body: "hello", Badge: 1,
		Collapse: "c", Expires: noon.Add(time.Hour),
	}
}

func newSender(t *testing.T, timeout time.Duration) (*service, *Sender) {
	t.Helper()
	key := newKey(t)
	s := newService(t, key)
	sender, err := New(Config{Client: guardtest.For(t, s.Server, timeout), Key: key, Subject: subject, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return s, sender
}

func newKey(t *testing.T) *Key {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
