package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	checkEvery = 15 * time.Second // while storage can be used
	retryEvery = time.Second      // while it cannot
	maxLinks   = 8192             // links that are remembered, some 700 bytes each
	maxCalls   = 64               // calls at once
	attempts   = 3                // of a call, if storage breaks the connection or is busy
	// maxSkew is how far the clocks may be apart. S3 allows 15 minutes, but a link for 10 minutes
	// that is dated in the past ends early, and one from the future is refused.
	maxSkew = time.Minute
)

// Store is one bucket. Its methods may be called concurrently.
type Store struct {
	cfg       Config
	core      minio.Core    // asks storage
	public    *minio.Client // signs for clients, and sends no requests
	transport *transport
	breaker   breaker
	calls     chan struct{} // a place for each call under way
	links     *lru.Cache[Get, Link]
	wake      chan struct{} // has Run check at once
	patience  time.Duration // bounds a short call
	pageSize  int           // objects of a page of a list

	mu    sync.Mutex // guards the following
	state error      // the result of the last check; errUnchecked before the first
}

var errUnchecked = errors.New("media storage: has not answered yet")

// New returns a store. It opens nothing, and does not ask storage.
func New(cfg Config) (*Store, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Logger = cfg.Logger.With("component", "media")
	s := &Store{cfg: cfg, calls: make(chan struct{}, maxCalls), wake: make(chan struct{}, 1), patience: callTimeout, pageSize: pageOfObjects, state: errUnchecked}
	var err error
	if s.links, err = lru.New[Get, Link](maxLinks); err != nil {
		return nil, err
	}
	if s.transport, err = newTransport(cfg.CA); err != nil {
		return nil, err
	}
	inner, err := s.client("endpoint", cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	s.core = minio.Core{Client: inner}
	s.public, err = s.client("public endpoint", cfg.Public)
	return s, err
}

// client returns a client for an endpoint. The region is always set: otherwise signing would ask
// storage for it.
func (s *Store) client(what, endpoint string) (*minio.Client, error) {
	u, err := ParseEndpoint(endpoint)
	if err != nil {
		return nil, fmt.Errorf("media storage: %s: %w", what, err)
	}
	c, err := minio.New(u.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(s.cfg.AccessKey, s.cfg.SecretKey, ""),
		Secure:       u.Scheme == "https",
		Transport:    s.transport,
		Region:       s.cfg.Region,
		BucketLookup: minio.BucketLookupAuto,
		MaxRetries:   attempts,
		// The embedded gateway refuses signed trailers. Nothing here needs them.
		TrailingHeaders: false,
	})
	if err != nil {
		return nil, fmt.Errorf("media storage: %s: %s", what, scrub(err))
	}
	return c, nil
}

// Run watches storage until ctx ends, makes the bucket if that is wanted and needed, and says in
// the log when storage can no longer be used and when it can again. It returns nil.
func (s *Store) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := s.check(ctx)
		if ctx.Err() != nil {
			break
		}
		s.note(ctx, err)
		s.pause(ctx, err == nil)
	}
	return nil //nolint:nilerr // a storage that cannot be used has been reported
}

// pause waits until it is time for the next check.
func (s *Store) pause(ctx context.Context, usable bool) {
	wake, every := s.wake, checkEvery
	if !usable {
		wake, every = nil, retryEvery // failing calls would have it check without a pause
	}
	timer := time.NewTimer(every)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// check asks storage for a page of nothing. Unlike the answer to a HEAD, this answer has a body
// that says what is wrong.
func (s *Store) check(ctx context.Context) error {
	err := s.attempt(ctx, "check", s.patience, s.probe)
	if errors.Is(err, errNoBucket) && s.cfg.MakeBucket {
		err = s.attempt(ctx, "make the bucket", s.patience, s.makeBucket)
	}
	if err == nil && s.skewed() {
		err = s.errSkewed("check")
	}
	return err
}

func (s *Store) probe(ctx context.Context) error {
	for o := range s.core.ListObjectsIter(ctx, s.cfg.Bucket, minio.ListObjectsOptions{Prefix: "nothing/", Recursive: true, MaxKeys: 1}) {
		return o.Err
	}
	return nil
}

func (s *Store) makeBucket(ctx context.Context) error {
	err := s.core.MakeBucket(ctx, s.cfg.Bucket, minio.MakeBucketOptions{Region: s.cfg.Region})
	switch minio.ToErrorResponse(err).Code {
	case "BucketAlreadyOwnedByYou", "BucketAlreadyExists": // another node was faster
		return nil
	}
	return err
}

// note remembers the result of a check, and logs it if it differs from the one before.
func (s *Store) note(ctx context.Context, err error) {
	s.mu.Lock()
	before := s.state
	s.state = err
	s.mu.Unlock()
	switch {
	case err == nil && before != nil:
		s.cfg.Logger.InfoContext(ctx, "media storage can be used", "bucket", s.cfg.Bucket)
	case err != nil && (before == nil || before.Error() != err.Error()):
		s.cfg.Logger.ErrorContext(ctx, "media storage cannot be used; everything else goes on", "bucket", s.cfg.Bucket, "error", err)
	}
}

// Err returns why storage cannot be used now, as far as is known, or nil. The text is for
// operators.
func (s *Store) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Room returns an error of code storage_full if storage is known to have no room for so many bytes.
func (s *Store) Room(bytes int64) error {
	if s.full(bytes) {
		return full("reserve", "the disk is full")
	}
	return nil
}

func (s *Store) full(bytes int64) bool { return s.cfg.Full != nil && s.cfg.Full(bytes) }

// Close closes the connections. No other method may be called after it, nor run.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// transport notes how far storage's clock is from ours.
type transport struct {
	*http.Transport

	skew atomic.Int64 // nanoseconds that storage is ahead
}

// Timeouts of the parts of a request. The bound of a call ends its other parts.
const (
	dialTimeout = 3 * time.Second
	tlsTimeout  = 5 * time.Second
	idleTimeout = 30 * time.Second
)

func newTransport(ca string) (*transport, error) {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: tlsTimeout,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		MaxConnsPerHost:     maxCalls,
		MaxIdleConnsPerHost: maxCalls / 4,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true, // an object is bytes, and a range of it too
	}
	if ca == "" {
		return &transport{Transport: t}, nil
	}
	pem, err := os.ReadFile(ca) //nolint:gosec // the file that the operator has configured
	if err != nil {
		return nil, fmt.Errorf("media storage: read the certificates to trust: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("media storage: %s has no certificate in PEM", ca)
	}
	t.TLSClientConfig.RootCAs = pool
	return &transport{Transport: t}, nil
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		t.skew.Store(int64(time.Until(date)))
	}
	return resp, nil
}

// skewed reports whether storage's clock differs too much from ours.
func (s *Store) skewed() bool { return time.Duration(s.transport.skew.Load()).Abs() > maxSkew }
