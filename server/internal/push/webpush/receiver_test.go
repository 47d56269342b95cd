package webpush

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"natterjack/server/internal/push"
	"natterjack/server/internal/push/pushtest"
)

// service is a push service on loopback with one subscription. It checks all of a request as push
// services do, and decrypts it as a browser does, by code of its own.
type service struct {
	*httptest.Server

	t       *testing.T
	browser *pushtest.Browser
	vapid   string // the key that the subscription belongs to

	mu     sync.Mutex
	answer func(n int, w http.ResponseWriter, r *http.Request) // nil for 201
	got    []received
}

type received struct {
	header http.Header
	plain  string
	size   int
	claims map[string]any
}

func newService(t *testing.T, key *Key) *service {
	t.Helper()
	s := &service{t: t, browser: pushtest.NewBrowser(t), vapid: key.Public()}
	s.Server = httptest.NewUnstartedServer(s)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *service) target() push.Target {
	return push.Target{Address: s.URL + "/push/secret", Key: s.browser.Public(), Auth: s.browser.Auth}
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	got := received{header: r.Header, size: len(body)}
	if got.claims, err = pushtest.VAPID(r, s.vapid, s.URL); err != nil {
		s.t.Error(err)
	}
	if got.plain, err = s.browser.Open(body); err != nil {
		s.t.Error(err)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/push/secret" || r.Header.Get("Content-Encoding") != "aes128gcm" {
		s.t.Errorf("%s %s, Content-Encoding %q", r.Method, r.URL.Path, r.Header.Get("Content-Encoding"))
	}
	s.mu.Lock()
	s.got = append(s.got, got)
	n, answer := len(s.got), s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(n, w, r)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// text returns a member of a notification that came.
func (r received) text(t *testing.T, name string) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(r.plain), &members); err != nil {
		t.Fatalf("%q: %v", r.plain, err)
	}
	text, _ := members[name].(string)
	return text
}
