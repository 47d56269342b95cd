package unsubscribe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"natterjack/server/internal/push/wording"
)

const (
	// Path is where the handler has to be mounted.
	Path = "/unsubscribe/"

	route       = Path + "{token}"
	maxBody     = 4 << 10
	bodyTimeout = 10 * time.Second
	offTimeout  = 10 * time.Second

	// field and value are the form that a mail program posts (RFC 8058, section 3.2).
	field, value = "List-Unsubscribe", "One-Click"
)

// URL returns the URL that turns the digest of a user off. Home is the URL of the app, without a
// slash at its end.
func URL(home string, t *Tokens, user string) string { return home + Path + t.Issue(user) }

// Config holds the parts of a handler.
type Config struct {
	Tokens *Tokens
	// Off turns the digest of a user off. It is no error if it is off.
	Off    func(ctx context.Context, user string) error
	Logger *slog.Logger
}

// Handler answers requests for [Path] and everything below it. It is safe for concurrent use.
func Handler(cfg Config) http.Handler {
	h := &handler{Config: cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+route, h.ask)
	mux.HandleFunc("POST "+route, h.leave)
	return mux
}

type handler struct{ Config }

// ask shows a page with a button.
func (h *handler) ask(w http.ResponseWriter, r *http.Request) {
	if _, ok := h.Tokens.Open(r.PathValue("token")); !ok {
		show(w, r, http.StatusNotFound, unknown)
		return
	}
	show(w, r, http.StatusOK, asked)
}

// leave turns the digest off.
func (h *handler) leave(w http.ResponseWriter, r *http.Request) {
	user, ok := h.Tokens.Open(r.PathValue("token"))
	if !ok {
		show(w, r, http.StatusNotFound, unknown)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // a test's writer has none
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseMultipartForm(maxBody); err != nil && r.PostForm == nil || r.PostForm.Get(field) != value { //nolint:gosec // the body is bounded
		show(w, r, http.StatusBadRequest, asked)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), offTimeout)
	defer cancel()
	if err := h.Off(ctx, user); err != nil {
		h.Logger.WarnContext(ctx, "a user could not unsubscribe from the digest; a mail program may try again", "user", user, "error", err)
		w.Header().Set("Retry-After", "60")
		show(w, r, http.StatusServiceUnavailable, failed)
		return
	}
	show(w, r, http.StatusOK, left)
}

// show answers with a page, in the language of the browser.
func show(w http.ResponseWriter, r *http.Request, code int, of state) {
	language := wording.LanguageOf(r.Header.Get("Accept-Language"))
	p := page{Language: language, text: texts[language][of], Style: style}
	if of == asked || of == failed {
		p.Field, p.Value = field, value
	}
	var body bytes.Buffer
	_ = form.Execute(&body, p) // into memory, and all fields are there
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer") // the address has the token
	header.Set("Cache-Control", "no-store")
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Vary", "Accept-Language")
	w.WriteHeader(code)
	_, _ = w.Write(body.Bytes()) // a client that is gone needs no answer
}

const style = `body{font:16px/1.5 sans-serif;max-width:32em;margin:4em auto;padding:0 1em;color-scheme:light dark}button{font:inherit;padding:.5em 1em}`

var policy = "default-src 'none'; style-src 'sha256-" + hash(style) + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func hash(text string) string {
	digest := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(digest[:])
}

// form posts to its own address.
var form = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title><style>{{.Style}}</style></head>
<body>
<h1>{{.Title}}</h1>
<p>{{.Says}}</p>
{{if .Field}}<form method="post"><input type="hidden" name="{{.Field}}" value="{{.Value}}"><button>{{.Button}}</button></form>
{{end}}</body>
</html>
`))
