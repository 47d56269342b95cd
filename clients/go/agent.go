package natter

import "net/http"

// named adds the client's own name to every request. Users see this name in the list of their
// sessions.
type named struct {
	http.RoundTripper
	agent string
}

// RoundTrip implements [http.RoundTripper]. It changes a copy of the request, because the
// request belongs to the caller.
func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("User-Agent") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("User-Agent", n.agent)
	}
	return n.RoundTripper.RoundTrip(r)
}

// CloseIdleConnections closes idle connections. http.Client looks for this method.
func (n named) CloseIdleConnections() {
	if c, ok := n.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
