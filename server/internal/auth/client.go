package auth

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

const (
	// fetchEvery is the sustained rate of requests to the identity provider. go-oidc fetches
	// the keys again for every token that names an unknown key. So without a limit, any client
	// could make this server flood the provider.
	fetchEvery = 10 * time.Second
	fetchBurst = 5
	// fetchTimeout is shorter than the time for which a client waits for its welcome frame.
	fetchTimeout = 8 * time.Second
	maxFetch     = 1 << 20
)

var errFetchLimit = errors.New("too many requests to the identity provider")

// newClient returns an HTTP client for the identity provider only.
func newClient(logger *slog.Logger) *http.Client {
	return &http.Client{
		Timeout: fetchTimeout,
		Transport: &limited{
			next:    http.DefaultTransport,
			limiter: rate.NewLimiter(rate.Every(fetchEvery), fetchBurst),
			logger:  logger,
		},
	}
}

// limited limits the rate of requests and the size of their answers. It implements
// [http.RoundTripper].
type limited struct {
	next    http.RoundTripper
	limiter *rate.Limiter
	logger  *slog.Logger
}

// RoundTrip implements [http.RoundTripper].
func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if !l.limiter.Allow() {
		return nil, errFetchLimit
	}
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		l.logger.WarnContext(r.Context(), "the identity provider does not answer", "url", r.URL.Redacted(), "error", err)
		return nil, err
	}
	resp.Body = &cappedBody{Reader: io.LimitReader(resp.Body, maxFetch), Closer: resp.Body}
	return resp, nil
}

type cappedBody struct {
	io.Reader
	io.Closer
}
