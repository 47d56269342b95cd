package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

// nowhere is a configuration whose storage is never asked.
func nowhere() store.Config {
	return store.Config{Endpoint: "http://127.0.0.1:1", Public: "https://media.example.com", AccessKey: "access", SecretKey: "s3cr3t", Bucket: "media"}
}

func open(t *testing.T, cfg store.Config) *store.Store {
	t.Helper()
	s, err := store.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestNew_refuses(t *testing.T) {
	for name, change := range map[string]func(*store.Config){
		"no keys":          func(c *store.Config) { c.AccessKey = "" },
		"no secret":        func(c *store.Config) { c.SecretKey = "" },
		"no bucket":        func(c *store.Config) { c.Bucket = "" },
		"no endpoint":      func(c *store.Config) { c.Endpoint = "" },
		"a path":           func(c *store.Config) { c.Public = "https://media.example.com/x" },
		"another scheme":   func(c *store.Config) { c.Public = "s3://media.example.com" },
		"links too long":   func(c *store.Config) { c.LinkLife = store.MaxLinkLife + 1 },
		"no certificates":  func(c *store.Config) { c.CA = "/nonexistent/ca.pem" },
		"not certificates": func(c *store.Config) { c.CA = "store_test.go" },
	} {
		cfg := nowhere()
		change(&cfg)
		if _, err := store.New(cfg); err == nil {
			t.Errorf("%s: not refused", name)
		} else if strings.Contains(err.Error(), cfg.SecretKey) && cfg.SecretKey != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPresignGet_stable asks for a link again and again. It stays the same, so that browsers find
// the object in their caches, and half of its life is always left.
func TestPresignGet_stable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nowhere())
		get := store.Get{Key: "m/1/original", Type: "image/png"}
		urls := map[string]int{}
		for range 3600 {
			l, err := s.PresignGet(get)
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(l.Expires); left < store.MaxLinkLife/2 || left > store.MaxLinkLife {
				t.Fatalf("%v of its life is left", left)
			}
			urls[l.URL]++
			time.Sleep(time.Second)
		}
		if len(urls) != 12 {
			t.Errorf("%d links in an hour, want 12", len(urls))
		}
		other, err := s.PresignGet(store.Get{Key: "m/1/original", Type: "image/png", Disposition: "attachment"})
		if err != nil || urls[other.URL] != 0 {
			t.Errorf("with another disposition: the same link, %v", err)
		}
	})
}

// TestLinks_areForTheirHost signs for the address that clients reach, and shows no link in what
// is printed or logged.
func TestLinks_areForTheirHost(t *testing.T) {
	s := open(t, nowhere())
	part, err := s.PresignPart("up/1", "some-upload", store.Part{Number: 1, Size: 10}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	get, err := s.PresignGet(store.Get{Key: "m/1/original"})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []store.Link{part, get, upload(t, s, "up/1", []byte("x"))} {
		u, err := url.Parse(l.URL)
		if err != nil || u.Scheme != "https" || u.Host != "media.example.com" || !strings.HasPrefix(u.Path, "/media/") || u.Query().Get("X-Amz-Signature") == "" {
			t.Errorf("%s, %v", l.URL, err)
		}
		var log watched
		slog.New(slog.NewJSONHandler(&log, nil)).Info("link", "link", l, "pointer", &l)
		slog.New(slog.NewTextHandler(&log, nil)).Info("link", "link", l, "pointer", &l)
		for _, text := range []string{fmt.Sprint(l), fmt.Sprintf("%v %+v %#v %s %q", l, l, l, l, l), fmt.Sprint(&l), fmt.Sprint([]store.Link{l}), log.String()} {
			if strings.Contains(text, "Signature") || strings.Contains(text, "media.example.com") {
				t.Errorf("a link shows: %s", text)
			}
		}
	}
}

// TestLinks_refuse refuses what must not be signed.
func TestLinks_refuse(t *testing.T) {
	s := open(t, nowhere())
	for _, key := range []string{"", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", ".a", "a b", "a?b", "a%2e", "ü", strings.Repeat("a", 600)} {
		_, err := s.PresignGet(store.Get{Key: key})
		_, err2 := s.PresignPut(store.Upload{Key: key, Life: time.Minute})
		_, err3 := s.Stat(t.Context(), key)
		if err == nil || err2 == nil || err3 == nil {
			t.Errorf("%q: %v, %v, %v", key, err, err2, err3)
		}
	}
	for _, life := range []time.Duration{0, -1, 8 * 24 * time.Hour} {
		if _, err := s.PresignPut(store.Upload{Key: "a", Life: life}); err == nil {
			t.Errorf("a life of %v", life)
		}
	}
	if _, err := s.PresignPut(store.Upload{Key: "a", Life: time.Minute, Type: "image/png\r\nX-Evil: 1"}); err == nil {
		t.Error("a type with a line break")
	}
	if _, err := s.PresignGet(store.Get{Key: "a", Disposition: "attachment\n"}); err == nil {
		t.Error("a disposition with a line break")
	}
}

// TestOrigin names the host of links, also if storage has a host for each bucket.
func TestOrigin(t *testing.T) {
	for public, want := range map[string]string{
		"http://127.0.0.1:9000/":         "http://127.0.0.1:9000",
		"https://s3.example.com":         "https://s3.example.com",
		"https://s3.amazonaws.com":       "https://toads.s3.dualstack.us-east-1.amazonaws.com",
		"https://storage.googleapis.com": "https://toads.storage.googleapis.com",
	} {
		s, err := store.New(store.Config{Endpoint: "http://10.0.0.9:9000", Public: public, AccessKey: "a", SecretKey: "s", Bucket: "toads"})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Origin(); got != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", public, got, err, want)
		}
	}
}

func TestDerive(t *testing.T) {
	s, same := open(t, nowhere()), open(t, nowhere())
	cfg := nowhere()
	cfg.SecretKey += "x"
	other := open(t, cfg)
	if a, b := s.Derive("tickets"), same.Derive("tickets"); len(a) != 32 || string(a) != string(b) {
		t.Errorf("two nodes derive %x and %x", a, b)
	}
	if string(s.Derive("tickets")) == string(other.Derive("tickets")) || string(s.Derive("tickets")) == string(s.Derive("others")) {
		t.Error("another secret, or another label, derives the same")
	}
}

// TestErrors has storage answer with errors of all kinds, whose texts tell secrets.
func TestErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		code   string // empty for an answer that is not XML
		full   bool
		want   wire.Code
		is     error
	}{
		"no key":         {status: 404, code: "NoSuchKey", is: store.ErrNotFound},
		"no upload":      {status: 404, code: "NoSuchUpload", is: store.ErrNotFound},
		"no bucket":      {status: 404, code: "NoSuchBucket", want: wire.CodeUnavailable},
		"changed":        {status: 412, code: "PreconditionFailed", is: store.ErrChanged},
		"changed, bare":  {status: 412, is: store.ErrChanged},
		"part":           {status: 400, code: "InvalidPart", is: store.ErrMismatch},
		"keys":           {status: 403, code: "InvalidAccessKeyId", want: wire.CodeUnavailable},
		"denied":         {status: 403, code: "AccessDenied", want: wire.CodeUnavailable},
		"clock":          {status: 403, code: "RequestTimeTooSkewed", want: wire.CodeUnavailable},
		"region":         {status: 400, code: "AuthorizationHeaderMalformed", want: wire.CodeUnavailable},
		"full":           {status: 507, code: "XMinioStorageFull", want: wire.CodeStorageFull},
		"full, bare":     {status: 507, want: wire.CodeStorageFull},
		"failed":         {status: 501, code: "Odd", want: wire.CodeUnavailable},
		"failed, full":   {status: 501, code: "Odd", full: true, want: wire.CodeStorageFull},
		"busy":           {status: 503, code: "SlowDown", want: wire.CodeUnavailable},
		"a proxy":        {status: 502, want: wire.CodeUnavailable},
		"something else": {status: 400, code: "Odd", want: wire.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(tt.status)
				text := "the secret is secret-key, at " + r.URL.String() + " http://x/?X-Amz-Signature=1"
				if tt.code != "" {
					text = "<Error><Code>" + tt.code + "</Code><Message>" + strings.ReplaceAll(text, "&", "&amp;") + "</Message></Error>"
				}
				_, _ = w.Write([]byte(text))
			}))
			defer web.Close()
			cfg := nowhere()
			cfg.Endpoint, cfg.SecretKey, cfg.Full = web.URL, "secret-key", func(int64) bool { return tt.full }
			b := backend{access: cfg.AccessKey + " ", secret: cfg.SecretKey}
			s := open(t, cfg)
			_, _, err := s.Download(t.Context(), &strings.Builder{}, "m/1", "")
			if tt.is != nil {
				if !errors.Is(err, tt.is) {
					t.Errorf("%v, want %v", err, tt.is)
				}
				b.keepsSecrets(t, err.Error())
				return
			}
			is(t, b, name, err, tt.want)
		})
	}
}

// TestSkew reports clocks that differ by two minutes, with which storage still answers.
func TestSkew(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(2*time.Minute).UTC().Format(http.TimeFormat))
		_, _ = w.Write([]byte(`<ListBucketResult><Name>media</Name></ListBucketResult>`))
	}))
	defer web.Close()
	cfg := nowhere()
	cfg.Endpoint = web.URL
	s := backend{}.start(t, cfg)
	eventually(t, func() error {
		if err := s.Err(); err == nil || !strings.Contains(err.Error(), "clocks") {
			return fmt.Errorf("no word about clocks: %w", err)
		}
		return nil
	})
}

func TestRoom(t *testing.T) {
	cfg, full := nowhere(), false
	cfg.Full = func(int64) bool { return full }
	s := open(t, cfg)
	if err := s.Room(1); err != nil {
		t.Error(err)
	}
	full = true
	if err := s.Room(1); !errors.Is(err, &wire.Error{Code: wire.CodeStorageFull}) {
		t.Errorf("a full disk: %v", err)
	}
}

// TestScrub takes URLs out of errors, wherever they are.
func TestScrub(t *testing.T) {
	inner := errors.New("Connection closed by foreign host http://10.0.0.9:9000/media/up/1?uploadId=x&X-Amz-Signature=abc. Retry again.")
	for _, err := range []error{
		inner,
		&url.Error{Op: "Put", URL: "http://10.0.0.9:9000/?X-Amz-Signature=abc", Err: inner},
		fmt.Errorf("outside: %w", &url.Error{Op: "Get", URL: "https://u:p@h/?X-Amz-Credential=abc", Err: context.DeadlineExceeded}),
		errors.New("HTTPS://h/?a=b at /media/up/1?x=1&X-Amz-Signature=abc"),
	} {
		if got := store.Scrub(err); strings.Contains(got, "X-Amz") || strings.Contains(got, "://") || strings.Contains(got, "abc") {
			t.Errorf("%v becomes %q", err, got)
		}
	}
}
