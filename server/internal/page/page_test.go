package page

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

const (
	storage = "https://media.example.com"
	issuer  = "https://id.example.com"
)

func get(t *testing.T, method, path string, header http.Header) (*http.Response, []byte) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	maps.Copy(req.Header, header)
	rec := httptest.NewRecorder()
	Handler(Origins{Storage: storage, Issuer: issuer}).ServeHTTP(rec, req)
	resp := rec.Result()
	t.Cleanup(func() { _ = resp.Body.Close() })
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// built returns a file of the build.
func built(t *testing.T, name string) []byte {
	t.Helper()
	content, err := dist.ReadFile("dist/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestServesThePage(t *testing.T) {
	for _, path := range []string{"/", "/c/alice~bob", "/c/alice~bob/17", "/settings", "/join/gabc"} {
		resp, body := get(t, http.MethodGet, path, nil)
		if resp.StatusCode != http.StatusOK || !bytes.Equal(body, built(t, index)) {
			t.Fatalf("%s: status %d, %d bytes", path, resp.StatusCode, len(body))
		}
		for name, want := range map[string]string{
			"Content-Type":           "text/html; charset=utf-8",
			"X-Content-Type-Options": "nosniff",
			"Referrer-Policy":        "no-referrer",
			"Cache-Control":          "no-cache",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		for _, directive := range []string{
			"script-src 'self';", "style-src 'self';", "img-src 'self' data: blob: " + storage + ";", "media-src blob: " + storage + ";",
			"connect-src 'self' " + storage + " " + issuer + ";", "default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
		} {
			if !strings.Contains(resp.Header.Get("Content-Security-Policy"), directive) {
				t.Errorf("%s: the policy lacks %s", path, directive)
			}
		}
	}
}

// Without storage the policy allows no other origin at all.
func TestPolicy_withoutStorage(t *testing.T) {
	policy := contentSecurityPolicy("", "")
	for _, directive := range []string{"img-src 'self' data: blob:;", "media-src blob:;", "connect-src 'self';"} {
		if !strings.Contains(policy, directive) {
			t.Errorf("the policy lacks %s: %s", directive, policy)
		}
	}
}

// TestPolicy_tokenEndpoint allows the token endpoint of a provider, and nothing else at its origin.
func TestPolicy_tokenEndpoint(t *testing.T) {
	for endpoint, want := range map[string]string{
		issuer + "/token":                       "connect-src 'self' " + issuer + ";",
		"https://id.example.com.evil.org/token": "connect-src 'self' " + issuer + " https://id.example.com.evil.org/token;",
		"https://oauth2.example.net/token":      "connect-src 'self' " + issuer + " https://oauth2.example.net/token;",
	} {
		h := Handler(Origins{Issuer: issuer, Token: func(context.Context) string { return endpoint }})
		for _, path := range []string{"/", "/" + worker} {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			if policy := rec.Header().Get("Content-Security-Policy"); !strings.Contains(policy, want) {
				t.Errorf("%s: the policy of %s lacks %s: %s", endpoint, path, want, policy)
			}
		}
	}
}

// TestPolicyOfTheWorkerIsWhole shows that no browser gets a worker whose policy lacks the endpoint:
// it would keep both until the next build. The page is there all the same.
func TestPolicyOfTheWorkerIsWhole(t *testing.T) {
	unknown := func(context.Context) string { return "" }
	for _, c := range []struct {
		origins      Origins
		page, worker int
	}{
		{Origins{Issuer: "https://id.example.com", Token: unknown}, http.StatusOK, http.StatusServiceUnavailable},
		{Origins{Token: unknown}, http.StatusOK, http.StatusOK}, // there is no provider
	} {
		for path, want := range map[string]int{"/": c.page, "/" + worker: c.worker} {
			rec := httptest.NewRecorder()
			Handler(c.origins).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			if rec.Code != want || want != http.StatusOK && rec.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s with issuer %q: status %d, want %d; %v", path, c.origins.Issuer, rec.Code, want, rec.Header())
			}
		}
	}
}

// TestServesHashedFiles shows that a browser keeps for good what cannot change, and that every
// file that the page names is there.
func TestServesHashedFiles(t *testing.T) {
	page := string(built(t, index))
	found := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(found) < 3 {
		t.Fatalf("the page names %d files, want script, style and icon at least", len(found))
	}
	for _, m := range found {
		resp, body := get(t, http.MethodGet, m[1], nil)
		if resp.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: status %d, %d bytes", m[1], resp.StatusCode, len(body))
		}
		want := "public, max-age=31536000, immutable"
		if strings.HasPrefix(m[1], "/app/") {
			want = "no-cache" // the system knows them by their addresses
		}
		if got := resp.Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control is %q, want %q", m[1], got, want)
		}
	}
	for _, gone := range []string{"/assets/index-00000000.js", "/app/gone.png"} {
		resp, _ := get(t, http.MethodGet, gone, nil)
		if resp.StatusCode != http.StatusNotFound || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s, of another build: status %d, Cache-Control %q", gone, resp.StatusCode, resp.Header.Get("Cache-Control"))
		}
	}
}

// TestServesTheWorker shows that a browser takes the service worker, learns of each new build, and
// lets the worker speak with nobody but this server and the provider.
func TestServesTheWorker(t *testing.T) {
	resp, body := get(t, http.MethodGet, "/sw.js", nil)
	if resp.StatusCode != http.StatusOK || !bytes.Equal(body, built(t, worker)) {
		t.Fatalf("status %d, %d bytes", resp.StatusCode, len(body))
	}
	for name, want := range map[string]string{
		"Content-Type":  "text/javascript; charset=utf-8",
		"Cache-Control": "no-cache",
		"Content-Security-Policy": "default-src 'none'; connect-src 'self' " + issuer + "; img-src 'self'; base-uri 'none'; " +
			"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if imports := regexp.MustCompile(`\b(import|importScripts)\s*[("']`).Find(body); imports != nil {
		t.Errorf("the worker loads further script: %s", imports)
	}
}

// TestWorkerKnowsTheBuild shows that the worker which is committed is of the build that is: it
// keeps all files that the page names, and only such as there are.
func TestWorkerKnowsTheBuild(t *testing.T) {
	text := string(built(t, worker))
	for _, m := range regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(string(built(t, index)), -1) {
		if !strings.Contains(text, m[1]) {
			t.Errorf("the worker does not keep %s, which the page names", m[1])
		}
	}
	kept := regexp.MustCompile(`/(?:assets|app)/[\w.-]+`).FindAllString(text, -1)
	for _, name := range kept {
		if _, err := dist.ReadFile("dist" + name); err != nil {
			t.Errorf("the worker keeps %s, which is not of the build", name)
		}
	}
	if len(kept) < 50 {
		t.Errorf("the worker keeps %d files; the app does not open with so few", len(kept))
	}
}

func TestCompresses(t *testing.T) {
	for accepted, want := range map[string]string{"": "", "gzip": "gzip", "br, gzip;q=0.8": "gzip", "gzip;q=0": "", "gzip;q=0.0": "", "gzip; Q=0.000": "", "gzip;q=0.001": "gzip", "gzip;q=": "gzip", "deflate": ""} {
		resp, body := get(t, http.MethodGet, "/", http.Header{"Accept-Encoding": {accepted}})
		if got := resp.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: Content-Encoding is %q, want %q", accepted, got, want)
		}
		if resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary is missing", accepted)
		}
		if want == "gzip" {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(body, built(t, index)) {
			t.Errorf("Accept-Encoding %q: the page is another", accepted)
		}
	}
}

func TestAnswersOnlyReads(t *testing.T) {
	if resp, _ := get(t, http.MethodPost, "/", nil); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", resp.StatusCode)
	}
	if resp, _ := get(t, http.MethodHead, "/", nil); resp.StatusCode != http.StatusOK {
		t.Errorf("HEAD: status %d", resp.StatusCode)
	}
	for _, encoding := range []string{"", "gzip"} {
		first, _ := get(t, http.MethodGet, "/", http.Header{"Accept-Encoding": {encoding}})
		header := http.Header{"If-None-Match": {first.Header.Get("ETag")}, "Accept-Encoding": {encoding}}
		if resp, _ := get(t, http.MethodGet, "/", header); resp.StatusCode != http.StatusNotModified {
			t.Errorf("with its own ETag, encoding %q: status %d", encoding, resp.StatusCode)
		}
	}
}

// TestPageKeepsItsPolicy shows that the page has nothing that its policy blocks, because that would
// silently fail in a browser.
func TestPageKeepsItsPolicy(t *testing.T) {
	page := string(built(t, index))
	for _, pattern := range []string{
		`(?i)<style`, `(?i)<script[^>]*>[^<]`, // inline
		`(?i)<[^>]+\sstyle=`, `(?i)<[^>]+\son[a-z]+=`,
		`(?i)(src|href)="(https?:)?//`, // other origins
	} {
		if found := regexp.MustCompile(pattern).FindString(page); found != "" {
			t.Errorf("the page holds %q", found)
		}
	}
}

// TestFirstLoadIsSmall bounds what a browser fetches before it shows anything: the page, and the
// scripts and styles that it names. Further parts are loaded when they are needed.
func TestFirstLoadIsSmall(t *testing.T) {
	const most = 60 << 10
	page := string(built(t, index))
	sum := 0
	for _, m := range regexp.MustCompile(`(?:src|href)="(/[^"]+\.(?:js|css))"`).FindAllStringSubmatch(page, -1) {
		_, body := get(t, http.MethodGet, m[1], http.Header{"Accept-Encoding": {"gzip"}})
		sum += len(body)
	}
	if sum == 0 || sum > most {
		t.Errorf("script and style have %d bytes in gzip, want at most %d", sum, most)
	}
}
