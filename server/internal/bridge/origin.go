package bridge

import (
	"net/http"
	"net/url"
	"strings"

	"natterjack/server/wire"
)

// origins are the normalized origins of web pages that may use this server, besides pages of
// its own host.
type origins map[string]bool

func newOrigins(list []string) origins {
	o := origins{}
	for _, origin := range list {
		o[normal(origin)] = true
	}
	return o
}

// normal returns an origin in the form that browsers send: lower case, nothing behind the port.
func normal(origin string) string { return strings.ToLower(strings.TrimRight(origin, "/")) }

// allow reports whether a request may be served. A request without an Origin does not come from
// a web page. Browsers do not send tokens by themselves, as they do cookies, so a foreign page
// could do little. It is refused anyway.
func (o origins) allow(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || o[normal(origin)] {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

func foreign() *wire.Error {
	return wire.Errorf(wire.CodeForbidden, "origin: pages from this origin may not use this server; its operator can allow it (origins)")
}

// share adds the headers that a browser requires before it hands an answer to a page of another
// origin (CORS). Only configured origins get them: pages of this host do not need them.
func (o origins) share(h http.Header, r *http.Request) {
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !o[normal(origin)] {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID, Prefer, "+wire.HeaderSession)
	h.Set("Access-Control-Max-Age", "600")
}
