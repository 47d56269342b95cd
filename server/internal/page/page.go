// Package page serves the web app: a page at "/", at the addresses within the app, the files that
// the page needs, and the service worker, which tells a user of messages while no page is open.
// They are built from clients/web and committed, so that a node needs nothing but Go.
package page

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed all:dist
var dist embed.FS

const (
	// index is the page itself. It names all other files by their hashes.
	index = "index.html"
	// worker is the service worker. Browsers know it by its address, so its name has no hash.
	worker = "sw.js"
)

// Routes returns the patterns at which [Handler] has to be mounted.
func Routes() []string {
	return []string{"/{$}", "/assets/", "/app/", "/" + worker, "/c/", "/settings", "/settings/", "/join/"}
}

// Origins are the other origins that the app speaks with. Each may be empty.
type Origins struct {
	Storage string // of pictures and other files
	Issuer  string // of the OpenID Connect provider, whose discovery document names its endpoints
	// Token returns the URL of the provider's token endpoint, which may be at another origin, or
	// nothing as long as that is not known. Nil if there is no provider.
	Token func(ctx context.Context) string
}

// Handler serves the app. At every address that names no file it serves the page, which looks at
// the address itself. It answers GET and HEAD, and is safe for concurrent use.
//
// The policy allows scripts and styles of this origin alone. It allows nothing else: no other
// origin but the given ones, no inline script or style, no frame around the page, and, by Trusted
// Types, no conversion of text to markup. The service worker has a policy of its own: it may speak
// with this origin, and with the provider that gives it another token.
func Handler(origins Origins) http.Handler {
	h := &handler{origins: origins, files: map[string]*file{}}
	for _, name := range names() {
		h.files["/"+name] = &file{name: name}
	}
	return h
}

// handler serves the files of one build.
type handler struct {
	origins Origins
	files   map[string]*file // by path
}

// policy returns the policy of a file, and whether it is whole: the token endpoint may not be known
// yet. Only a page and the worker connect to anything.
func (h *handler) policy(ctx context.Context, f *file, hashed bool) (policy string, whole bool) {
	provider, whole := h.origins.Issuer, true
	if !hashed && provider != "" && h.origins.Token != nil {
		endpoint := h.origins.Token(ctx)
		provider, whole = withEndpoint(provider, endpoint), endpoint != ""
	}
	if f.name == worker {
		return workerPolicy(provider), whole
	}
	return contentSecurityPolicy(h.origins.Storage, provider), whole
}

// withEndpoint returns the sources of a provider: its origin, and its token endpoint if that is at
// another one. There only the endpoint is allowed: a large provider has much else there that
// anybody can write to.
func withEndpoint(issuer, token string) string {
	if token == "" || strings.HasPrefix(token+"/", issuer+"/") {
		return issuer
	}
	return issuer + " " + token
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the page can only be read: use GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	f := h.files[r.URL.Path]
	hashed := strings.HasPrefix(r.URL.Path, "/assets/")
	switch {
	case f == nil && (hashed || strings.HasPrefix(r.URL.Path, "/app/")):
		// It may be a file of an earlier or a later build. Caches must not keep that it is missing.
		w.Header().Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	case f == nil:
		f = h.files["/"+index]
	}
	header := w.Header()
	policy, whole := h.policy(r.Context(), f, hashed)
	if f.name == worker && !whole {
		// A browser keeps this policy with the worker until the next build. It asks again soon.
		header.Set("Cache-Control", "no-store")
		http.Error(w, "the identity provider does not answer, so the worker could not renew a sign-in: try again later", http.StatusServiceUnavailable)
		return
	}
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cache-Control", "no-cache") // cached, but revalidated: a new server brings its new page
	if hashed {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	f.serve(w, r)
}

// file is a file of the build. It is read and compressed when it is first asked for.
type file struct {
	name string
	once sync.Once // guards the following
	// The whole file, and the same in gzip if that is smaller.
	plain, packed []byte
	tag           string
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	f.once.Do(f.load)
	h := w.Header()
	h.Set("Content-Type", typeOf(f.name))
	content, tag := f.plain, f.tag
	if f.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			content, tag = f.packed, f.tag+"-gz"
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func (f *file) load() {
	f.plain, _ = dist.ReadFile("dist/" + f.name) // the name belongs to an embedded file
	sum := sha256.Sum256(f.plain)
	f.tag = hex.EncodeToString(sum[:8])
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level is valid
	_, _ = z.Write(f.plain)                                    // memory takes everything
	_ = z.Close()
	if packed.Len() < len(f.plain) {
		f.packed = packed.Bytes()
	}
}

// acceptsGzip reports whether a client takes gzip. A client that lists it with a weight of zero
// does not (RFC 9110, section 12.4.2).
func acceptsGzip(accepted string) bool {
	for part := range strings.SplitSeq(accepted, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			_, q, weighed := strings.Cut(weight, "=")
			w, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
			return !weighed || err != nil || w > 0
		}
	}
	return false
}

// typeOf returns the media type of a file. It does not depend on the tables of the machine.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	default:
		return cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream")
	}
}

// names returns the paths of all files of the build.
func names() []string {
	var all []string
	_ = fs.WalkDir(dist, "dist", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, strings.TrimPrefix(p, "dist/"))
		}
		return err
	})
	return all
}

// contentSecurityPolicy returns a policy that allows only what the app itself contains (CSP
// Level 3). connect-src 'self' covers the WebSocket of the same host. Files go to storage and come
// from there; pictures that are being sent are shown from memory (blob:).
//
// Trusted Types take the address of the service worker for script. The app has one policy, which
// lets that address pass and nothing else.
func contentSecurityPolicy(storage, provider string) string {
	storage, provider = also(storage), also(provider)
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data: blob:" + storage,
		"media-src blob:" + storage,
		"connect-src 'self'" + storage + provider,
		"manifest-src 'self'",
		"worker-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types natterjack-worker",
	}, "; ")
}

// workerPolicy returns the policy of the service worker, which shows no page. Its fetches for the
// page count as its own connections.
func workerPolicy(provider string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"connect-src 'self'" + also(provider),
		"img-src 'self'", // of notifications
		"base-uri 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	}, "; ")
}

// also returns sources as they stand behind others, or nothing.
func also(sources string) string {
	if sources == "" {
		return ""
	}
	return " " + sources
}
