package unsubscribe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"natterjack/server/wire"
)

func tokens(tb testing.TB, secret string) *Tokens {
	tb.Helper()
	key := sha256.Sum256([]byte(secret))
	t, err := NewTokens(key[:])
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// rig is a server whose log notes who has left.
type rig struct {
	*httptest.Server

	tokens *Tokens
	left   []string
	err    error
	log    bytes.Buffer
}

func start(t *testing.T) *rig {
	t.Helper()
	r := &rig{tokens: tokens(t, "of-the-tests-only")}
	mux := http.NewServeMux()
	mux.Handle(Path, Handler(Config{
		Tokens: r.tokens, Logger: slog.New(slog.NewTextHandler(&r.log, nil)),
		Off: func(_ context.Context, user string) error {
			r.left = append(r.left, user)
			return r.err
		},
	}))
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

// do sends a request, and returns the answer with its body.
func (r *rig) do(t *testing.T, method, address, contentType, body string) (*http.Response, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		q.Header.Set("Content-Type", contentType)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

const urlencoded = "application/x-www-form-urlencoded"

func TestHandler(t *testing.T) {
	r := start(t)
	at := URL(r.URL, r.tokens, "ada")
	if strings.Contains(at, "ada") {
		t.Errorf("%s tells who it is for", at)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		resp, text := r.do(t, method, at, "", "")
		if resp.StatusCode != http.StatusOK || len(r.left) != 0 || method == http.MethodGet && !strings.Contains(text, `<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>Unsubscribe</button>`) {
			t.Errorf("%s: %d, %v\n%s", method, resp.StatusCode, r.left, text)
		}
		if strings.Contains(text, "ada") {
			t.Errorf("the page tells who it is for:\n%s", text)
		}
	}
	resp, text := r.do(t, http.MethodPost, at, urlencoded, "List-Unsubscribe=One-Click")
	if resp.StatusCode != http.StatusOK || len(r.left) != 1 || r.left[0] != "ada" || strings.Contains(text, "<form") || !strings.Contains(text, "You are unsubscribed") {
		t.Errorf("POST: %d, %v\n%s", resp.StatusCode, r.left, text)
	}
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src 'sha256-") || !strings.Contains(text, "<style>"+style+"</style>") {
		t.Errorf("policy %q for\n%s", got, text)
	}
}

// TestHandler_forms shows that mail programs may send the form in both ways that the RFC names.
func TestHandler_forms(t *testing.T) {
	r := start(t)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := errors.Join(w.WriteField("List-Unsubscribe", "One-Click"), w.Close()); err != nil {
		t.Fatal(err)
	}
	if resp, _ := r.do(t, http.MethodPost, URL(r.URL, r.tokens, "ada"), w.FormDataContentType(), body.String()); resp.StatusCode != http.StatusOK || len(r.left) != 1 {
		t.Errorf("%d, %v", resp.StatusCode, r.left)
	}
}

func TestHandler_refuses(t *testing.T) {
	r := start(t)
	right := URL(r.URL, r.tokens, "ada")
	other := URL(r.URL, tokens(t, "another key"), "ada")
	const click = "List-Unsubscribe=One-Click"
	for name, c := range map[string]struct {
		method, at, kind, body string
		want                   int
	}{
		"a token of another key":     {http.MethodPost, other, urlencoded, click, http.StatusNotFound},
		"a page of another key":      {http.MethodGet, other, "", "", http.StatusNotFound},
		"no token":                   {http.MethodPost, r.URL + Path, urlencoded, click, http.StatusNotFound},
		"a changed token":            {http.MethodPost, right[:len(right)-2] + "AA", urlencoded, click, http.StatusNotFound},
		"half a token":               {http.MethodPost, right[:len(right)-40], urlencoded, click, http.StatusNotFound},
		"a user name":                {http.MethodPost, r.URL + Path + "ada", urlencoded, click, http.StatusNotFound},
		"more below":                 {http.MethodPost, right + "/x", urlencoded, click, http.StatusNotFound},
		"no body":                    {http.MethodPost, right, "", "", http.StatusBadRequest},
		"another body":               {http.MethodPost, right, urlencoded, "List-Unsubscribe=Two-Click", http.StatusBadRequest},
		"the click in the address":   {http.MethodPost, right + "?" + click, urlencoded, "", http.StatusBadRequest},
		"no form":                    {http.MethodPost, right, "application/json", `{"List-Unsubscribe":"One-Click"}`, http.StatusBadRequest},
		"a body that is long":        {http.MethodPost, right, urlencoded, "x=" + strings.Repeat("x", maxBody) + "&" + click, http.StatusBadRequest},
		"a form that is none":        {http.MethodPost, right, "multipart/form-data; boundary=x", "--y", http.StatusBadRequest},
		"another method":             {http.MethodPut, right, urlencoded, click, http.StatusMethodNotAllowed},
		"a method that deletes":      {http.MethodDelete, right, "", "", http.StatusMethodNotAllowed},
		"the token after a question": {http.MethodPost, r.URL + Path + "?" + url.QueryEscape(right), urlencoded, click, http.StatusNotFound},
	} {
		if resp, text := r.do(t, c.method, c.at, c.kind, c.body); resp.StatusCode != c.want || len(r.left) != 0 {
			t.Errorf("%s: %d, want %d; %v\n%s", name, resp.StatusCode, c.want, r.left, text)
		}
		r.left = nil
	}
}

func TestHandler_fails(t *testing.T) {
	r := start(t)
	r.err = wire.Errorf(wire.CodeUnavailable, "try again")
	at := URL(r.URL, r.tokens, "ada")
	resp, text := r.do(t, http.MethodPost, at, urlencoded, "List-Unsubscribe=One-Click")
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !strings.Contains(text, "<form") {
		t.Errorf("%d\n%s", resp.StatusCode, text)
	}
	if token := at[strings.LastIndexByte(at, '/')+1:]; strings.Contains(r.log.String(), token) || !strings.Contains(r.log.String(), "unsubscribe") {
		t.Errorf("the log says %s", r.log.String())
	}
}

func TestTokens(t *testing.T) {
	one, same := tokens(t, "a"), tokens(t, "a")
	long := strings.Repeat("z", wire.MaxUserLen)
	for _, user := range []string{"a", "ada", "ada-lovelace_1", long} {
		token := one.Issue(user)
		if got, ok := same.Open(token); !ok || got != user {
			t.Errorf("%s: %q, %v", user, got, ok)
		}
		if token != same.Issue(user) || len(token) != len(one.Issue("a")) {
			t.Errorf("the token of %s differs on another node, or tells its length", user)
		}
	}
}

// FuzzOpen shows that only issued tokens open anything.
func FuzzOpen(f *testing.F) {
	t := tokens(f, "a")
	f.Add(t.Issue("ada"))
	f.Add("")
	f.Add(tokens(f, "b").Issue("ada"))
	f.Fuzz(func(tt *testing.T, token string) {
		if user, ok := t.Open(token); ok && t.Issue(user) != strings.NewReplacer("\r", "", "\n", "").Replace(token) {
			tt.Errorf("%q opens as %q", token, user)
		}
	})
}
