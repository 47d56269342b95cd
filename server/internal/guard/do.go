package guard

import (
	"io"
	"net/http"
)

// Do sends a request. The caller must close the body of the answer. An answer that redirects
// further than is allowed is returned as it is.
func (g *Guard) Do(r *http.Request) (*http.Response, error) {
	if err := g.check(r.URL); err != nil {
		return nil, err
	}
	resp, err := g.client.Do(r)
	if err != nil {
		return nil, plain(err)
	}
	return resp, nil
}

// redirect judges a redirect. A redirect that would turn a POST into a GET is not followed: the
// body would be lost, and the answer would look like success.
func (g *Guard) redirect(r *http.Request, via []*http.Request) error {
	r.Header.Del("Referer") // it would tell the next host the URL of this one
	if len(via) > g.cfg.Redirects || r.Method != via[0].Method {
		return http.ErrUseLastResponse
	}
	return g.check(r.URL)
}

// bounded bounds the bytes of answers.
type bounded struct {
	next http.RoundTripper
	max  int64
}

// RoundTrip implements [http.RoundTripper].
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &body{ReadCloser: resp.Body, left: b.max}
	return resp, nil
}

// CloseIdleConnections lets [http.Client] close the connections of next.
func (b *bounded) CloseIdleConnections() {
	if c, ok := b.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// body is the body of an answer. It fails at the first byte that is too many.
type body struct {
	io.ReadCloser

	left int64
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	switch {
	case int64(n) > b.left:
		n, err = int(b.left), ErrTooLarge
	case err != nil && err != io.EOF: //nolint:errorlint // readers return io.EOF as it is
		err = plain(err)
	}
	b.left -= int64(n)
	return n, err
}
