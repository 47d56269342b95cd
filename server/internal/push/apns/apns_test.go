package apns

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"natterjack/server/internal/guard/guardtest"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/pushtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const device = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestSend(t *testing.T) {
	s, sender := newService(t, time.Minute)
	n := notification()
	if o := sender.Send(t.Context(), target(), n); o != (push.Outcome{Result: push.Sent, Reason: push.ReasonSent}) {
		t.Fatalf("%+v", o)
	}
	want := `{"aps":{"alert":{"title":"Ada","body":"hello"},"badge":3,"thread-id":"c","mutable-content":1,"category":"message"},` +
		`"kind":"message","channel":"c","seq":7,"id":"n1"}`
	if got := s.got[0]; got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	h := s.got[0].header
	for name, want := range map[string]string{
		"Apns-Topic": "com.example.chat", "Apns-Push-Type": "alert", "Apns-Priority": "5", "Apns-Expiration": "1772370000", "Content-Type": "application/json",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if id := h.Get("Apns-Collapse-Id"); len(id) != 64 {
		t.Errorf("Apns-Collapse-Id: %q", id)
	}
	n.Urgent, n.Collapse = true, ""
	sender.Send(t.Context(), target(), n)
	again := s.got[1].header
	if again.Get("Apns-Priority") != "10" || again["Apns-Collapse-Id"] != nil || again.Get("Apns-Id") != h.Get("Apns-Id") || len(h.Get("Apns-Id")) != 36 {
		t.Errorf("urgent: %v", again)
	}
	if !strings.Contains(s.got[1].body, `"sound":"default"`) {
		t.Errorf("urgent: %s", s.got[1].body)
	}
}

func TestSend_answers(t *testing.T) {
	since := noon.Add(-time.Hour)
	for name, c := range map[string]struct {
		code         int
		reason       string
		after        string
		since        time.Time
		want         push.Outcome
		registeredAt time.Time
	}{
		"unregistered": {410, "Unregistered", "", since, push.Outcome{Result: push.Gone, Reason: "gone"}, since.Add(-time.Hour)},
		"registered again": {
			410, "Unregistered", "", since, push.Outcome{Result: push.Refused, Reason: "registered_since"}, since.Add(time.Minute),
		},
		"gone without a time":  {410, "Unregistered", "", time.Time{}, push.Outcome{Result: push.Gone, Reason: "gone"}, since},
		"no such device":       {400, "BadDeviceToken", "", time.Time{}, push.Outcome{Result: push.Gone, Reason: "gone"}, since},
		"another application":  {400, "DeviceTokenNotForTopic", "", time.Time{}, push.Outcome{Result: push.Refused, Reason: "status_400"}, since},
		"a wrong path":         {404, "BadPath", "", time.Time{}, push.Outcome{Result: push.Refused, Reason: "status_404"}, since},
		"too many for one":     {429, "TooManyRequests", "30", time.Time{}, push.Outcome{Result: push.Again, Reason: "too_fast", After: 30 * time.Second}, since},
		"too many tokens":      {429, "TooManyProviderTokenUpdates", "", time.Time{}, push.Outcome{Result: push.Again, Reason: "too_fast", After: 20 * time.Minute}, since},
		"an old token":         {403, "ExpiredProviderToken", "", time.Time{}, push.Outcome{Result: push.Again, Reason: "provider_token"}, since},
		"a wrong key":          {403, "InvalidProviderToken", "", time.Time{}, push.Outcome{Result: push.Refused, Reason: "provider_token"}, since},
		"down":                 {503, "ServiceUnavailable", "5", time.Time{}, push.Outcome{Result: push.Again, Reason: "status_503", After: 5 * time.Second}, since},
		"broken":               {500, "InternalServerError", "", time.Time{}, push.Outcome{Result: push.Again, Reason: "status_500"}, since},
		"broken, no reason":    {502, "", "", time.Time{}, push.Outcome{Result: push.Again, Reason: "status_502"}, since},
		"a redirect":           {308, "", "", time.Time{}, push.Outcome{Result: push.Refused, Reason: "redirect"}, since},
		"something to come up": {418, "NewReason", "", time.Time{}, push.Outcome{Result: push.Refused, Reason: "status_418"}, since},
	} {
		s, sender := newService(t, time.Minute)
		s.answer = func(_ int, w http.ResponseWriter) {
			w.Header().Set("Retry-After", c.after)
			w.Header().Set("Location", "/3/device/"+device)
			w.WriteHeader(c.code)
			failed := map[string]any{"reason": c.reason}
			if !c.since.IsZero() {
				failed["timestamp"] = c.since.UnixMilli()
			}
			if c.reason != "" {
				_ = json.NewEncoder(w).Encode(failed)
			}
		}
		to := target()
		to.Registered = c.registeredAt
		if o := sender.Send(t.Context(), to, notification()); o != c.want || len(s.got) != 1 {
			t.Errorf("%s: %+v after %d requests, want %+v after one", name, o, len(s.got), c.want)
		}
	}
}

func TestSend_tooLarge(t *testing.T) {
	s, sender := newService(t, time.Minute)
	want := push.Outcome{Result: push.Sent, Reason: push.ReasonSent, Bare: true}
	n := notification()
	n.Body = strings.Repeat("花", 2000)
	if o := sender.Send(t.Context(), target(), n); o != want || len(s.got) != 1 {
		t.Errorf("a long text: %+v after %d requests", o, len(s.got))
	}
	if !strings.Contains(s.got[0].body, `"alert":{"loc-key":"new_message"}`) {
		t.Errorf("without texts, nothing would be shown: %s", s.got[0].body)
	}
	s.answer = func(n int, w http.ResponseWriter) {
		if n == 2 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			_, _ = io.WriteString(w, `{"reason":"PayloadTooLarge"}`)
		}
	}
	if o := sender.Send(t.Context(), target(), notification()); o != want || len(s.got) != 3 {
		t.Errorf("413: %+v after %d requests", o, len(s.got))
	}
}

func TestSend_hangs(t *testing.T) {
	s, sender := newService(t, 200*time.Millisecond)
	done := make(chan struct{})
	defer close(done)
	s.answer = func(int, http.ResponseWriter) { <-done }
	if o := sender.Send(t.Context(), target(), notification()); o != (push.Outcome{Result: push.Again, Reason: "timeout"}) {
		t.Errorf("%+v", o)
	}
}

func TestSend_refuses(t *testing.T) {
	s, sender := newService(t, time.Minute)
	expired, malformed := notification(), notification()
	expired.Expires, malformed.Body = noon, "\xff"
	for name, c := range map[string]struct {
		address string
		n       push.Notification
		want    string
	}{
		"expired":      {device, expired, push.ReasonExpired},
		"no text":      {device, malformed, push.ReasonMalformed},
		"no token":     {"", notification(), push.ReasonTarget},
		"another path": {"../../x", notification(), push.ReasonTarget},
		"a long token": {strings.Repeat("a", maxTarget+1), notification(), push.ReasonTarget},
	} {
		if o := sender.Send(t.Context(), push.Target{Address: c.address}, c.n); o != (push.Outcome{Result: push.Refused, Reason: c.want}) {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if len(s.got) != 0 {
		t.Errorf("the service got %d requests", len(s.got))
	}
}

// TestTokens shows that a token is used for a while, and that one that is refused is replaced, but
// not at once again.
func TestTokens(t *testing.T) {
	now := noon
	tokens, err := newTokens(&Config{Key: pushtest.NewApple(t).P8(t), KeyID: "k", Team: "t", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	get := func() string {
		text, err := tokens.token()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := get()
	if now = noon.Add(tokenUse - time.Second); get() != first {
		t.Error("a token is not kept")
	}
	now = noon.Add(tokenUse)
	second := get()
	if second == first {
		t.Error("a token is used too long")
	}
	if tokens.drop(); get() != second {
		t.Error("a token is replaced at once")
	}
	now = now.Add(minTokenUse)
	if tokens.drop(); get() == second {
		t.Error("a refused token is used")
	}
}

func TestNew_refuses(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	full := Config{Host: Production, Key: pushtest.NewApple(t).P8(t), KeyID: "k", Team: "t", App: "a"}
	if _, err := New(full); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"no host": func(c *Config) { c.Host = "" }, "no key": func(c *Config) { c.Key = nil }, "no key ID": func(c *Config) { c.KeyID = "" },
		"no team": func(c *Config) { c.Team = "" }, "no app": func(c *Config) { c.App = "" },
		"no PEM": func(c *Config) { c.Key = []byte("secret") },
		"no key in PEM": func(c *Config) {
			c.Key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})
		},
		"another curve": func(c *Config) { c.Key = pushtest.PEM(t, p384) },
		"another kind":  func(c *Config) { c.Key = pushtest.PEM(t, other) },
	} {
		cfg := full
		change(&cfg)
		if _, err := New(cfg); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// service is Apple's service on loopback. It checks who asks, and over which protocol.
type service struct {
	*httptest.Server

	t   *testing.T
	key *pushtest.Apple

	mu     sync.Mutex
	answer func(n int, w http.ResponseWriter) // nil for 200
	got    []received
}

type received struct {
	header http.Header
	body   string
}

func newService(t *testing.T, timeout time.Duration) (*service, *Sender) {
	t.Helper()
	s := &service{t: t, key: pushtest.NewApple(t)}
	s.Server = httptest.NewUnstartedServer(s)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	sender, err := New(Config{
		Client: guardtest.For(t, s.Server, timeout), Host: s.URL, Key: s.key.P8(t), KeyID: "KEYID", Team: "TEAM", App: "com.example.chat",
		Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, sender
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	if made, err := s.key.Verify(r); err != nil || made != noon.Unix() {
		s.t.Errorf("made at %d, %v", made, err)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/3/device/"+device {
		s.t.Errorf("%s %s %s", r.Proto, r.Method, r.URL.Path)
	}
	s.mu.Lock()
	s.got = append(s.got, received{header: r.Header, body: string(body)})
	n := len(s.got)
	s.mu.Unlock()
	if s.answer != nil {
		s.answer(n, w)
	}
}

func target() push.Target { return push.Target{Address: device, Registered: noon.Add(-24 * time.Hour)} }

func notification() push.Notification {
	return push.Notification{
		ID: "n1", Kind: push.KindMessage, Channel: "c", Seq: 7, Title: "Ada", Body: "hello", Badge: 3, Collapse: "c", Expires: noon.Add(time.Hour),
	}
}
