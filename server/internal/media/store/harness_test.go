package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"natterjack/embed/s3"
	"natterjack/embed/s3/s3test"
	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

// backend is one storage that the conformance tests run against.
type backend struct {
	name, endpoint, access, secret string
}

// backends returns the embedded gateway, and the real MinIO that .ci/minio has started.
func backends(t *testing.T) []backend {
	t.Helper()
	g := s3test.Start(t, s3.Options{Origins: []string{origin}})
	all := []backend{{name: "embedded", endpoint: g.URL(), access: s3test.AccessKey, secret: s3test.SecretKey}}
	if url := os.Getenv("MEDIA_S3_ENDPOINT"); url != "" {
		all = append(all, backend{name: "MinIO", endpoint: url, access: os.Getenv("MEDIA_S3_ACCESS_KEY"), secret: os.Getenv("MEDIA_S3_SECRET_KEY")})
	}
	return all
}

// origin is the page that the embedded gateway knows.
const origin = "http://127.0.0.1:8080"

// config returns the configuration of a store in a bucket of its own.
func (b backend) config(t *testing.T) store.Config {
	t.Helper()
	log := &watched{}
	t.Cleanup(func() { b.keepsSecrets(t, log.String()) })
	return store.Config{
		Endpoint: b.endpoint, AccessKey: b.access, SecretKey: b.secret, MakeBucket: true,
		Bucket: "test-" + strings.ToLower(rand.Text()[:12]), Logger: slog.New(slog.NewTextHandler(log, nil)),
	}
}

// keepsSecrets checks that a text shows nothing that opens storage.
func (b backend) keepsSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{b.access, b.secret, "X-Amz-", "://"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in: %s", secret, text)
		}
	}
}

// open returns a store whose bucket exists, with its watch running.
func (b backend) open(t *testing.T, cfg store.Config) *store.Store {
	t.Helper()
	s := b.start(t, cfg)
	eventually(t, s.Err)
	return s
}

// start returns a running store.
func (b backend) start(t *testing.T, cfg store.Config) *store.Store {
	t.Helper()
	s, err := store.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
		_ = s.Close()
	})
	return s
}

// eventually waits until ask returns nil.
func eventually(t *testing.T, ask func() error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		err := ask()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// watched is a log that can be read while it is written.
type watched struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

// String returns what was written.
func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// answer is what storage answered to a client.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// use makes the request of a link, after changes.
func use(t *testing.T, l store.Link, body []byte, changes ...func(*http.Request)) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), l.Method, l.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range l.Header {
		req.Header.Set(name, value)
	}
	for _, change := range changes {
		change(req)
	}
	c := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(req)
	if err != nil {
		// Storage may refuse and hang up before it has read the body.
		return answer{}
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: got}
}

// random returns bytes that no compression makes smaller.
func random(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.Read(p) // never fails
	return p
}

// upload returns a link for a body.
func upload(t *testing.T, s *store.Store, key string, body []byte) store.Link {
	t.Helper()
	l, err := s.PresignPut(store.Upload{Key: key, Type: "image/png", Size: int64(len(body)), SHA256: sha256.Sum256(body), Life: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// put stores an object.
func put(t *testing.T, s *store.Store, key string, body []byte) store.Object {
	t.Helper()
	o, err := s.Put(t.Context(), key, bytes.NewReader(body), int64(len(body)), store.Meta{Type: "image/png"})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// holds checks the bytes of an object.
func holds(t *testing.T, s *store.Store, key string, want []byte) {
	t.Helper()
	var got bytes.Buffer
	o, sum, err := s.Download(t.Context(), &got, key, "")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) || sum != sha256.Sum256(want) || o.Size != int64(len(want)) {
		t.Errorf("%s has %d bytes with hash %x, and says that it has %d; want %d bytes with hash %x",
			key, got.Len(), sum, o.Size, len(want), sha256.Sum256(want))
	}
}

// is checks the code of an error.
func is(t *testing.T, b backend, what string, err error, code wire.Code) {
	t.Helper()
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != code {
		t.Errorf("%s: %v, want code %s", what, err, code)
	} else if e.Retryable != code.Retryable() {
		t.Errorf("%s: retryable %v", what, e.Retryable)
	}
	if err != nil {
		b.keepsSecrets(t, err.Error())
		b.keepsSecrets(t, wire.AsError(err, 0).Message)
	}
}
