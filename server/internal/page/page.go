// Package page serves the first page: a chat client in one HTML file, without a build step or a
// dependency, at "/". It is also the shortest complete example of the protocol in
// [natterjack/server/wire]: in about eighty lines, its class Session connects, resumes by
// position, answers pings and pairs replies with commands.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

//go:embed page.html
var html []byte

// Handler serves the page for any path, so it must be mounted at the right one. It answers GET
// and HEAD, and is safe for concurrent use.
//
// The policy allows the page's one script and one style by their hashes. It allows nothing
// else: no other origin, no inline handler, no frame around the page, and, by Trusted Types, no
// conversion of text to markup.
func Handler() http.Handler {
	policy := contentSecurityPolicy(string(html))
	sum := sha256.Sum256(html)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the page can only be read", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache") // cached, but revalidated: a new server brings its new page
		h.Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(html))
	})
}

// contentSecurityPolicy returns a policy that allows only what the page itself contains (CSP
// Level 3). connect-src 'self' covers the WebSocket of the same host. img-src is for the icon,
// which is in the page too.
func contentSecurityPolicy(page string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src " + source(page, "script"),
		"style-src " + source(page, "style"),
		"img-src data:",
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	}, "; ")
}

// source returns the hash by which a browser recognises the page's one inline element of that
// name.
func source(page, element string) string {
	_, rest, _ := strings.Cut(page, "<"+element+">")
	content, _, _ := strings.Cut(rest, "</"+element+">")
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
