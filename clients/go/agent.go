package natter

import "net/http"

// named makes every request say what the client calls itself: users see it in the list of their sessions.
type named struct {
	http.RoundTripper
	agent string
}

// RoundTrip implements [http.RoundTripper]. The request is the caller's, so a copy is changed.
func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("User-Agent") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("User-Agent", n.agent)
	}
	return n.RoundTripper.RoundTrip(r)
}

// CloseIdleConnections is what http.Client looks for.
func (n named) CloseIdleConnections() {
	if c, ok := n.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
