package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
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
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestSign signs the example that the libraries of Standard Webhooks share.
func TestSign(t *testing.T) {
	secret, err := ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSecret(t *testing.T) {
	secret, text := NewSecret()
	if got, err := ParseSecret(text); err != nil || string(got) != string(secret) || len(got) != newSecret {
		t.Errorf("%q is read as %d bytes (%v)", text, len(got), err)
	}
	encode := func(n int) string { return "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for _, bad := range []string{"", "whsec_", strings.TrimPrefix(text, "whsec_"), "whsec_!" + text[7:], encode(23), encode(65)} {
		if _, err := ParseSecret(bad); err == nil || len(bad) > 6 && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, n := range []int{24, 64} {
		if _, err := ParseSecret(encode(n)); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestSend(t *testing.T) {
	r, sender := newReceiver(t, time.Minute)
	n := notification()
	for range 2 {
		if o := sender.Send(t.Context(), r.target(), n); o != (push.Outcome{Result: push.Sent, Reason: push.ReasonSent}) {
			t.Fatalf("%+v", o)
		}
	}
	want, err := n.Payload()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.got) != 2 || r.got[0] != string(want) || r.got[1] != string(want) {
		t.Errorf("got %q, want %q twice", r.got, want)
	}
}

func TestSend_answers(t *testing.T) {
	for _, c := range []struct {
		code  int
		after string
		want  push.Outcome
	}{
		{202, "", push.Outcome{Result: push.Sent, Reason: "sent"}},
		{302, "", push.Outcome{Result: push.Refused, Reason: "redirect"}},
		{308, "", push.Outcome{Result: push.Refused, Reason: "redirect"}},
		{401, "", push.Outcome{Result: push.Refused, Reason: "status_401"}},
		{404, "", push.Outcome{Result: push.Gone, Reason: "gone"}},
		{410, "", push.Outcome{Result: push.Gone, Reason: "gone"}},
		{429, "60", push.Outcome{Result: push.Again, Reason: "too_fast", After: time.Minute}},
		{500, "", push.Outcome{Result: push.Again, Reason: "status_500"}},
		{502, "", push.Outcome{Result: push.Again, Reason: "status_502"}},
		{503, "Sun, 01 Mar 2026 12:00:05 GMT", push.Outcome{Result: push.Again, Reason: "status_503", After: 5 * time.Second}},
	} {
		r, sender := newReceiver(t, time.Minute)
		r.answer = func(_ int, w http.ResponseWriter) {
			w.Header().Set("Retry-After", c.after)
			w.Header().Set("Location", r.URL+"/hook/secret")
			w.WriteHeader(c.code)
		}
		if o := sender.Send(t.Context(), r.target(), notification()); o != c.want || len(r.got) != 1 {
			t.Errorf("%d: %+v after %d requests, want %+v after one", c.code, o, len(r.got), c.want)
		}
	}
}

func TestSend_tooLarge(t *testing.T) {
	r, sender := newReceiver(t, time.Minute)
	r.answer = func(n int, w http.ResponseWriter) {
		if n == 1 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}
	o := sender.Send(t.Context(), r.target(), notification())
	if o != (push.Outcome{Result: push.Sent, Reason: push.ReasonSent, Bare: true}) {
		t.Errorf("%+v", o)
	}
	if len(r.got) != 2 || !strings.Contains(r.got[0], "hello") || strings.Contains(r.got[1], "hello") {
		t.Errorf("got %q", r.got)
	}
}

func TestSend_hangs(t *testing.T) {
	r, sender := newReceiver(t, 200*time.Millisecond)
	done := make(chan struct{})
	defer close(done)
	r.answer = func(int, http.ResponseWriter) { <-done }
	if o := sender.Send(t.Context(), r.target(), notification()); o != (push.Outcome{Result: push.Again, Reason: "timeout"}) {
		t.Errorf("%+v", o)
	}
}

func TestSend_refuses(t *testing.T) {
	r, sender := newReceiver(t, time.Minute)
	expired, malformed := notification(), notification()
	expired.Expires, malformed.Body = noon, "\xff"
	elsewhere, keyless := r.target(), r.target()
	elsewhere.Address = strings.Replace(elsewhere.Address, "127.0.0.1", "127.0.0.2", 1)
	keyless.Key = nil
	for name, c := range map[string]struct {
		target push.Target
		n      push.Notification
		want   string
	}{
		"expired":   {r.target(), expired, push.ReasonExpired},
		"no text":   {r.target(), malformed, push.ReasonMalformed},
		"no secret": {keyless, notification(), push.ReasonTarget},
		"no URL":    {push.Target{Address: "https://%zz", Key: r.secret}, notification(), push.ReasonTarget},
		"loopback":  {elsewhere, notification(), "refused_address"},
	} {
		if o := sender.Send(t.Context(), c.target, c.n); o != (push.Outcome{Result: push.Refused, Reason: c.want}) {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if len(r.got) != 0 {
		t.Errorf("the receiver got %d requests", len(r.got))
	}
}

// receiver is a webhook on loopback that verifies what comes.
type receiver struct {
	*httptest.Server

	t      *testing.T
	secret []byte

	mu     sync.Mutex
	answer func(n int, w http.ResponseWriter) // nil for 200
	got    []string
}

func newReceiver(t *testing.T, timeout time.Duration) (*receiver, *Sender) {
	t.Helper()
	r := &receiver{t: t}
	r.secret, _ = NewSecret()
	r.Server = httptest.NewTLSServer(r)
	t.Cleanup(r.Close)
	return r, New(Config{Client: guardtest.For(t, r.Server, timeout), Now: func() time.Time { return noon }})
}

func (r *receiver) target() push.Target {
	return push.Target{Address: r.URL + "/hook/secret", Key: r.secret}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		r.t.Error(err)
	}
	h := q.Header
	mac := hmac.New(sha256.New, r.secret)
	_, _ = fmt.Fprintf(mac, "%s.%d.%s", "n1", noon.Unix(), body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.Get("webhook-signature") != want {
		r.t.Errorf("webhook-signature: %q, want %q", h.Get("webhook-signature"), want)
	}
	if h.Get("webhook-id") != "n1" || h.Get("webhook-timestamp") != "1772366400" || h.Get("Content-Type") != "application/json" || q.Method != http.MethodPost {
		r.t.Errorf("%s with %v", q.Method, h)
	}
	r.mu.Lock()
	r.got = append(r.got, string(body))
	n := len(r.got)
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(n, w)
	}
}

func notification() push.Notification {
	return push.Notification{
		ID: "n1", Kind: push.KindMessage, Channel: "c", Seq: 7, Title: "Ada", Body: "hello", Badge: 1, Collapse: "c", Expires: noon.Add(time.Hour),
	}
}
