package page

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"natterjack/server/wire"
)

func get(t *testing.T, method string, header http.Header) *http.Response {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
	maps.Copy(req.Header, header)
	rec := httptest.NewRecorder()
	Handler().ServeHTTP(rec, req)
	resp := rec.Result()
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func TestServesThePage(t *testing.T) {
	resp := get(t, http.MethodGet, nil)
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || string(body) != string(html) {
		t.Fatalf("status %d, %d bytes, %v", resp.StatusCode, len(body), err)
	}
	for name, want := range map[string]string{
		"Content-Type":           "text/html; charset=utf-8",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
		"Cache-Control":          "no-cache",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, directive := range []string{"default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(resp.Header.Get("Content-Security-Policy"), directive) {
			t.Errorf("the policy lacks %s", directive)
		}
	}
}

func TestAnswersOnlyReads(t *testing.T) {
	if resp := get(t, http.MethodPost, nil); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", resp.StatusCode)
	}
	if resp := get(t, http.MethodHead, nil); resp.StatusCode != http.StatusOK {
		t.Errorf("HEAD: status %d", resp.StatusCode)
	}
	tag := get(t, http.MethodGet, nil).Header.Get("ETag")
	if resp := get(t, http.MethodGet, http.Header{"If-None-Match": {tag}}); resp.StatusCode != http.StatusNotModified {
		t.Errorf("with its own ETag: status %d", resp.StatusCode)
	}
}

// TestPageKeepsItsPolicy shows that the page uses nothing that its policy blocks, because that
// would silently fail in a browser. It also shows that the page has no code that turns text
// into markup.
func TestPageKeepsItsPolicy(t *testing.T) {
	page := string(html)
	for _, element := range []string{"script", "style"} {
		if n := len(regexp.MustCompile(`(?i)<`+element+`[\s>]`).FindAllString(page, -1)); n != 1 {
			t.Errorf("%d %s elements: the policy knows the hash of one", n, element)
		}
	}
	for _, pattern := range []string{
		// Text as markup or code.
		`(?i)\b(inner|outer)HTML\b`, `insertAdjacentHTML`, `document\.write`, `\beval\(`, `new Function`,
		`(?i)<[^>]+\sstyle=`, `(?i)<[^>]+\son[a-z]+=`, // inline style and handlers
		`(?i)(src|href)="https?:`, `url\(`, `@import`, // other origins
	} {
		if found := regexp.MustCompile(pattern).FindString(page); found != "" {
			t.Errorf("the page holds %q", found)
		}
	}
}

func TestPageSpeaksTheProtocol(t *testing.T) {
	for _, path := range []string{wire.PathWebSocket, wire.PathSignIn} {
		if !strings.Contains(string(html), `"`+path+`"`) {
			t.Errorf("the page does not know %s", path)
		}
	}
	for _, m := range regexp.MustCompile(`\{type: "([a-z_]+)"`).FindAllStringSubmatch(string(html), -1) {
		if _, err := wire.DecodeCommand([]byte(`{"type":"` + m[1] + `"}`)); err != nil {
			t.Errorf("the page sends %s: %v", m[1], err)
		}
	}
}
