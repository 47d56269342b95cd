package fcm

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
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
	"natterjack/server/internal/push/pushtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const device = "fTk:APA91bH-example_token"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestSend(t *testing.T) {
	s, sender := newService(t, time.Minute)
	n := notification()
	for range 2 {
		if o := sender.Send(t.Context(), target(), n); o != (push.Outcome{Result: push.Sent, Reason: push.ReasonSent}) {
			t.Fatalf("%+v", o)
		}
	}
	want := `{"message":{"token":"` + device + `","data":{"v":"1","id":"n1","kind":"message","channel":"c","seq":"7","title":"Ada","body":"hello","badge":"3"},` +
		`"android":{"collapse_key":"2e7d2c03a9507ae265ecf5b5356885a5","priority":"NORMAL","ttl":"3600s"}}}`
	if s.got[0] != want {
		t.Errorf("got  %s\nwant %s", s.got[0], want)
	}
	if s.tokens != 1 {
		t.Errorf("%d tokens were asked for, want one for both", s.tokens)
	}
	n.Urgent, n.Collapse, n.Expires = true, "", noon.Add(100*24*time.Hour)
	sender.Send(t.Context(), target(), n)
	if got := s.got[2]; !strings.Contains(got, `"android":{"priority":"HIGH","ttl":"2419200s"}`) {
		t.Errorf("urgent: %s", got)
	}
}

func TestSend_answers(t *testing.T) {
	for name, c := range map[string]struct {
		code  int
		err   string // errorCode
		after string
		want  push.Outcome
	}{
		"unregistered":     {404, "UNREGISTERED", "", push.Outcome{Result: push.Gone, Reason: "gone"}},
		"no such project":  {404, "", "", push.Outcome{Result: push.Refused, Reason: "status_404"}},
		"no such page":     {410, "", "", push.Outcome{Result: push.Refused, Reason: "status_410"}},
		"invalid":          {400, "INVALID_ARGUMENT", "", push.Outcome{Result: push.Refused, Reason: "status_400"}},
		"another sender":   {403, "SENDER_ID_MISMATCH", "", push.Outcome{Result: push.Refused, Reason: "sender_id_mismatch"}},
		"beyond the quota": {429, "QUOTA_EXCEEDED", "", push.Outcome{Result: push.Again, Reason: "too_fast", After: time.Minute}},
		"until a time":     {429, "QUOTA_EXCEEDED", "90", push.Outcome{Result: push.Again, Reason: "too_fast", After: 90 * time.Second}},
		"down":             {503, "UNAVAILABLE", "5", push.Outcome{Result: push.Again, Reason: "status_503", After: 5 * time.Second}},
		"broken":           {500, "INTERNAL", "", push.Outcome{Result: push.Again, Reason: "status_500"}},
		"a redirect":       {307, "", "", push.Outcome{Result: push.Refused, Reason: "redirect"}},
		"the token":        {401, "THIRD_PARTY_AUTH_ERROR", "", push.Outcome{Result: push.Again, Reason: "access_token"}},
	} {
		s, sender := newService(t, time.Minute)
		s.answer = func(_ int, w http.ResponseWriter) {
			w.Header().Set("Retry-After", c.after)
			w.Header().Set("Location", s.URL)
			w.WriteHeader(c.code)
			_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"details":[{"@type":"x"},{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":%q}]}}`, c.code, c.err)
		}
		if o := sender.Send(t.Context(), target(), notification()); o != c.want || len(s.got) != 1 {
			t.Errorf("%s: %+v after %d requests, want %+v after one", name, o, len(s.got), c.want)
		}
	}
}

func TestSend_tooLarge(t *testing.T) {
	s, sender := newService(t, time.Minute)
	want := push.Outcome{Result: push.Sent, Reason: push.ReasonSent, Bare: true}
	n := notification()
	n.Body = strings.Repeat("花", 2000)
	if o := sender.Send(t.Context(), target(), n); o != want || len(s.got) != 1 || strings.Contains(s.got[0], "title") {
		t.Errorf("a long text: %+v after %d requests", o, len(s.got))
	}
	s.answer = func(n int, w http.ResponseWriter) {
		if n == 2 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}
	if o := sender.Send(t.Context(), target(), notification()); o != want || len(s.got) != 3 {
		t.Errorf("413: %+v after %d requests", o, len(s.got))
	}
}

// TestSend_token shows that a token is replaced before it ends, and if the service refuses it, and
// that a failure to get one never says that a device is gone.
func TestSend_token(t *testing.T) {
	s, sender := newService(t, time.Minute)
	send := func() push.Outcome { return sender.Send(t.Context(), target(), notification()) }
	send()
	s.now = noon.Add(time.Hour - early)
	if send(); s.tokens != 2 {
		t.Errorf("%d tokens after the first has almost ended, want 2", s.tokens)
	}
	s.answer = func(n int, w http.ResponseWriter) {
		if n == 3 {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	if o := send(); o != (push.Outcome{Result: push.Again, Reason: reasonToken}) {
		t.Errorf("a token that is refused: %+v", o)
	}
	if o := send(); o.Result != push.Sent || s.tokens != 3 {
		t.Errorf("afterwards: %+v, %d tokens", o, s.tokens)
	}
	for code, want := range map[int]push.Outcome{
		400: {Result: push.Refused, Reason: reasonToken}, 404: {Result: push.Refused, Reason: reasonToken}, 410: {Result: push.Refused, Reason: reasonToken},
		413: {Result: push.Refused, Reason: reasonToken}, 200: {Result: push.Refused, Reason: reasonToken}, 503: {Result: push.Again, Reason: "status_503"},
	} {
		s, sender := newService(t, time.Minute)
		s.giveToken = func(w http.ResponseWriter) { w.WriteHeader(code) }
		if o := sender.Send(t.Context(), target(), notification()); o != want || len(s.got) != 0 {
			t.Errorf("no token, %d: %+v after %d requests", code, o, len(s.got))
		}
	}
}

func TestSend_hangs(t *testing.T) {
	want := push.Outcome{Result: push.Again, Reason: "timeout"}
	done := make(chan struct{})
	defer close(done)
	s, sender := newService(t, 200*time.Millisecond)
	s.answer = func(int, http.ResponseWriter) { <-done }
	if o := sender.Send(t.Context(), target(), notification()); o != want {
		t.Errorf("the service: %+v", o)
	}
	s, sender = newService(t, 200*time.Millisecond)
	s.giveToken = func(http.ResponseWriter) { <-done }
	if o := sender.Send(t.Context(), target(), notification()); o != want {
		t.Errorf("the giver of tokens: %+v", o)
	}
}

// TestSend_waitsForToken shows that who waits for the token of another one stops with its own
// context.
func TestSend_waitsForToken(t *testing.T) {
	done, asked := make(chan struct{}), make(chan struct{})
	s, sender := newService(t, time.Minute)
	s.giveToken = func(w http.ResponseWriter) {
		close(asked)
		<-done
		_, _ = io.WriteString(w, `{"access_token":"t1","expires_in":3600}`)
	}
	s.tokens = 1
	var first sync.WaitGroup
	first.Go(func() {
		if o := sender.Send(t.Context(), target(), notification()); o.Result != push.Sent {
			t.Errorf("who asks: %+v", o)
		}
	})
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := sender.Send(ctx, target(), notification()); o != (push.Outcome{Result: push.Again, Reason: "stopped"}) {
		t.Errorf("who waits: %+v", o)
	}
	close(done)
	first.Wait()
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

func TestNew_refuses(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := func() map[string]string {
		return pushtest.NewGoogle("https://oauth2.googleapis.com/token").Members(t)
	}
	if _, err := New(Config{Host: Host, Account: encodeJSON(t, good())}); err != nil {
		t.Error(err)
	}
	for name, value := range map[string]string{
		"project_id": "", "client_email": "", "token_uri": "http://oauth2.googleapis.com/token", "private_key": "secret",
	} {
		a := good()
		a[name] = value
		if _, err := New(Config{Host: Host, Account: encodeJSON(t, a)}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s is %q: %v", name, value, err)
		}
	}
	a := good()
	a["private_key"] = string(pushtest.PEM(t, curve))
	if _, err := New(Config{Host: Host, Account: encodeJSON(t, a)}); err == nil {
		t.Error("a key of another kind is taken")
	}
	if _, err := New(Config{Host: Host, Account: []byte("{secret")}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("no JSON: %v", err)
	}
}

// service gives tokens and takes messages, on loopback. It checks assertions and tokens.
type service struct {
	*httptest.Server

	t       *testing.T
	account *pushtest.Google

	mu        sync.Mutex
	now       time.Time
	answer    func(n int, w http.ResponseWriter) // nil for 200
	giveToken func(w http.ResponseWriter)        // nil for a new token
	tokens    int
	got       []string
}

func newService(t *testing.T, timeout time.Duration) (*service, *Sender) {
	t.Helper()
	s := &service{t: t, now: noon}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /v1/projects/p-1/messages:send", s.send)
	s.Server = httptest.NewUnstartedServer(mux)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	s.account = pushtest.NewGoogle(s.URL + "/token")
	sender, err := New(Config{
		Client: guardtest.For(t, s.Server, timeout), Host: s.URL + "/", Account: s.account.JSON(t),
		Now: func() time.Time { return s.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, sender
}

func (s *service) token(w http.ResponseWriter, r *http.Request) {
	if err := s.account.Asserted(r); err != nil {
		s.t.Error(err)
	}
	if s.giveToken != nil {
		s.giveToken(w)
		return
	}
	s.mu.Lock()
	s.tokens++
	n := s.tokens
	s.mu.Unlock()
	_, _ = fmt.Fprintf(w, `{"access_token":"t%d","expires_in":3600,"token_type":"Bearer"}`, n)
}

func (s *service) send(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	want := fmt.Sprintf("Bearer t%d", s.tokens)
	s.got = append(s.got, string(body))
	n := len(s.got)
	s.mu.Unlock()
	if got := r.Header.Get("Authorization"); got != want {
		s.t.Errorf("Authorization is %q, want %q", got, want)
	}
	if s.answer != nil {
		s.answer(n, w)
	}
}

func encodeJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func target() push.Target { return push.Target{Address: device} }

func notification() push.Notification {
	return push.Notification{
		ID: "n1", Kind: push.KindMessage, Channel: "c", Seq: 7, Title: "Ada", Body: "hello", Badge: 3, Collapse: "c", Expires: noon.Add(time.Hour),
	}
}
