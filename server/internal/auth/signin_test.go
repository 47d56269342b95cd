package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// ask sends a request as a program on this machine would, with the test's changes.
func ask(h http.Handler, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://127.0.0.1:8080"+wire.PathSignIn, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const secret = "of-the-first-start"

func TestSignIn(t *testing.T) {
	var log capture
	keys := parseKeys(t, privatePEM(t, newPrivate(t)))
	h := NewSignIn(keys, secret, "data/secrets/sign-in", log.logger())
	if !strings.Contains(log.String(), "development sign-in is on") {
		t.Errorf("the log does not say so: %s", log.String())
	}
	for name, change := range map[string]func(*http.Request){
		"program": nil,
		"own_page": func(r *http.Request) {
			r.Header.Set("Origin", "http://127.0.0.1:8080")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		},
		"localhost":   func(r *http.Request) { r.Host = "localhost:8080" },
		"ipv6":        func(r *http.Request) { r.Host = "[::1]:8080"; r.RemoteAddr = "[::1]:50000" },
		"pipe":        func(r *http.Request) { r.RemoteAddr = "pipe" },
		"with_params": func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-8") },
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(h, `{"user":"alice","secret":"`+secret+`"}`, change)
			var got struct {
				Token   string
				Expires int64
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Error("may be cached")
			}
			user, expires, err := newAuthenticator(t, Config{Keys: keys}).Authenticate(t.Context(), got.Token)
			if err != nil || user != "alice" || expires.UnixMilli() != got.Expires {
				t.Errorf("the token proves %q until %v, %v", user, expires, err)
			}
			if left := time.Until(expires); left < SignInTTL-time.Minute || left > SignInTTL {
				t.Errorf("it lasts %v", left)
			}
			if strings.Contains(log.String(), got.Token) || strings.Contains(log.String(), secret) {
				t.Error("the log holds the token, or the secret")
			}
		})
	}
	if !strings.Contains(log.String(), "user=alice") {
		t.Errorf("the log does not say who signed in: %s", log.String())
	}
}

func TestSignIn_Refuses(t *testing.T) {
	var log capture
	h := NewSignIn(parseKeys(t, privatePEM(t, newPrivate(t))), secret, "data/secrets/sign-in", log.logger())
	const alice = `{"user":"alice","secret":"` + secret + `"}`
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		body   string
		change func(*http.Request)
		status int
		code   wire.Code
	}{
		"get":            {alice, func(r *http.Request) { r.Method = http.MethodGet }, 405, wire.CodeInvalid},
		"peer_elsewhere": {alice, func(r *http.Request) { r.RemoteAddr = "192.0.2.1:50000" }, 403, wire.CodeForbidden},
		"rebound_name":   {alice, func(r *http.Request) { r.Host = "rebind.example.com:8080" }, 403, wire.CodeForbidden},
		"tricky_name":    {alice, func(r *http.Request) { r.Host = "127.0.0.1.example.com" }, 403, wire.CodeForbidden},
		"no_name":        {alice, func(r *http.Request) { r.Host = "" }, 403, wire.CodeForbidden},
		"cross_site":     {alice, set("Sec-Fetch-Site", "cross-site"), 403, wire.CodeForbidden},
		"same_site":      {alice, set("Sec-Fetch-Site", "same-site"), 403, wire.CodeForbidden},
		"other_origin":   {alice, set("Origin", "http://localhost:3000"), 403, wire.CodeForbidden},
		"null_origin":    {alice, set("Origin", "null"), 403, wire.CodeForbidden},
		"proxy":          {alice, set("X-Forwarded-For", "192.0.2.1"), 403, wire.CodeForbidden},
		"proxy_rfc7239":  {alice, set("Forwarded", "for=192.0.2.1"), 403, wire.CodeForbidden},
		"form":           {"user=alice", set("Content-Type", "application/x-www-form-urlencoded"), 415, wire.CodeInvalid},
		// A form of another site can send this content type.
		"text":     {alice, set("Content-Type", "text/plain"), 415, wire.CodeInvalid},
		"no_type":  {alice, func(r *http.Request) { r.Header.Del("Content-Type") }, 415, wire.CodeInvalid},
		"no_body":  {"", nil, 400, wire.CodeMalformed},
		"not_json": {"alice", nil, 400, wire.CodeMalformed},
		"unknown":  {`{"user":"alice","secret":"` + secret + `","admin":true}`, nil, 400, wire.CodeMalformed},
		"twice":    {`{"user":"alice","user":"bob"}`, nil, 400, wire.CodeMalformed},
		"two":      {alice + alice, nil, 400, wire.CodeMalformed},
		"large":    {`{"user":"alice","secret":"` + secret + `"` + strings.Repeat(" ", maxSignIn) + `}`, nil, 400, wire.CodeMalformed},
		"no_user":  {`{"secret":"` + secret + `"}`, nil, 400, wire.CodeInvalid},
		"bad_user": {`{"user":"*","secret":"` + secret + `"}`, nil, 400, wire.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(h, c.body, c.change)
			frame, err := wire.DecodeFrame(w.Body.Bytes())
			if err != nil {
				t.Fatalf("%d %s: %v", w.Code, w.Body, err)
			}
			e, ok := frame.(*wire.Error)
			if !ok || w.Code != c.status || !errors.Is(e, &wire.Error{Code: c.code}) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, c.status, c.code)
			}
		})
	}
}

// TestSignIn_WrongSecrets shows that a wrong secret opens nothing. Many of them are neither logged
// one by one nor keep out a client that has the right one, and each takes its time.
func TestSignIn_WrongSecrets(t *testing.T) { synctest.Test(t, wrongSecrets) }

func wrongSecrets(t *testing.T) {
	var log capture
	h := NewSignIn(parseKeys(t, privatePEM(t, newPrivate(t))), secret, "data/secrets/sign-in", log.logger())
	fast := 0
	for i, wrong := range []string{"", secret[1:], secret + "x", strings.ToUpper(secret), "nul\u0000", strings.Repeat("a", 500), "x", "y", "z"} {
		body, err := json.Marshal(map[string]string{"user": "alice", "secret": wrong})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		w := ask(h, string(body), nil)
		switch {
		case w.Code == http.StatusTooManyRequests && i > 0 && strings.Contains(w.Body.String(), "retry_after"):
			if fast++; time.Since(began) != heldFor || w.Header().Get("Connection") != "close" {
				t.Errorf("%q was answered after %v, with %v", wrong, time.Since(began), w.Header())
			}
		case w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "secrets/sign-in"):
			t.Errorf("%q: %d %s", wrong, w.Code, w.Body)
		}
	}
	if fast == 0 {
		t.Error("wrong secrets are not rate limited")
	}
	if got := strings.Count(log.String(), "wrong secret"); got == 0 || got > 9-fast {
		t.Errorf("%d lines about wrong secrets, and %d refused as too fast:\n%s", got, fast, log.String())
	}
	if w := ask(h, `{"user":"alice","secret":"`+secret+`"}`, nil); w.Code != http.StatusOK {
		t.Errorf("with the right secret: %d %s", w.Code, w.Body)
	}
	if strings.Contains(log.String(), secret) {
		t.Error("the log holds the secret")
	}
}

// TestSignIn_refusalsFillNoLog sends requests that are refused unread, without end.
func TestSignIn_refusalsFillNoLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log capture
		h := NewSignIn(parseKeys(t, privatePEM(t, newPrivate(t))), secret, "data/secrets/sign-in", log.logger())
		for range 1000 {
			w := ask(h, "{}", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") })
			if w.Code != http.StatusForbidden {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n := strings.Count(log.String(), "refused"); n < 1 || n > wrongPerS*12 {
			t.Errorf("%d lines in ten seconds", n)
		}
	})
}

// TestNoSecretsInLogs causes every kind of error, and searches the log for secrets.
func TestNoSecretsInLogs(t *testing.T) {
	var log capture
	p := newIDP(t)
	private := newPrivate(t)
	keys := parseKeys(t, privatePEM(t, private))
	a := newAuthenticator(t, Config{Keys: keys, OIDC: p.config(), Logger: log.logger()})
	own, _, err := keys.Mint("alice", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	tokens := []string{own, own + "x", p.token("k1", ""), p.token("unknown", "")}
	for _, token := range tokens {
		_, _, _ = a.Authenticate(t.Context(), token)
	}
	p.breakWith(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_ = afterFetch(t, a, p, "another")
	if !strings.Contains(log.String(), "the identity provider does not answer") {
		t.Errorf("nothing was logged that could hold a secret: %s", log.String())
	}
	for _, secret := range append(tokens, base64.StdEncoding.EncodeToString(private.Seed())) {
		for part := range strings.SplitSeq(secret, ".") {
			if strings.Contains(log.String(), part) {
				t.Errorf("the log holds %q", part)
			}
		}
	}
}
