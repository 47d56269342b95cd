package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

// TestConformance runs all that the node and its clients do with storage, and all that they must
// not be able to do, against each storage. The node uses nothing of an S3 that these tests do not
// show.
func TestConformance(t *testing.T) {
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) {
			s := b.open(t, b.config(t))
			for name, test := range map[string]func(*testing.T, backend, *store.Store){
				"upload": uploads, "upload refused": refusesUploads, "upload shared": sharedUpload, "download": downloads,
				"download refused": refusesDownloads, "read": reads, "put": puts, "copy": copies, "remove and list": removes,
				"parts": parts, "parts refused": refusesParts, "parts aborted": aborts, "origins": origins,
			} {
				t.Run(name, func(t *testing.T) { test(t, b, s) })
			}
		})
	}
}

func uploads(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	for name, size := range map[string]int{"empty": 0, "small": 1, "large": 5 << 20} {
		body, key := random(size), "up/"+name
		l := upload(t, s, key, body)
		if l.Method != http.MethodPut || time.Until(l.Expires) > time.Minute {
			t.Errorf("%s: %v", name, l)
		}
		if a := use(t, l, body); a.status != http.StatusOK {
			t.Fatalf("%s: status %d: %s", name, a.status, a.body)
		}
		o, err := s.Stat(t.Context(), key)
		if err != nil || o.Key != key || o.Type != "image/png" || o.Size != int64(size) || o.ETag == "" || strings.Contains(o.ETag, `"`) || time.Since(o.Modified) > time.Hour {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
		holds(t, s, key, body)
		a := use(t, l, body)
		for try := 1; a.status == 0 && try < 10; try++ { // refused, and closed before all was read
			a = use(t, l, body)
		}
		if a.status != http.StatusPreconditionFailed {
			t.Errorf("%s, again: status %d, want %d", name, a.status, http.StatusPreconditionFailed)
		}
	}
}

func refusesUploads(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	body := random(1000)
	other := bytes.Clone(body)
	other[500]++
	query := func(from, to string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, from, to, 1) }
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	expired := func(*http.Request) {}
	for name, tt := range map[string]struct {
		body   []byte
		change func(*http.Request)
		want   int
	}{
		"other bytes":    {other, func(*http.Request) {}, http.StatusBadRequest},
		"shorter":        {body[:999], func(*http.Request) {}, http.StatusForbidden},
		"longer":         {append(bytes.Clone(body), 0), func(*http.Request) {}, http.StatusForbidden},
		"other type":     {body, header("Content-Type", "text/html"), http.StatusForbidden},
		"other checksum": {other, header("X-Amz-Checksum-Sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), http.StatusForbidden},
		"may replace":    {body, func(r *http.Request) { r.Header.Del("If-None-Match") }, http.StatusForbidden},
		"other key":      {body, func(r *http.Request) { r.URL.Path += "x" }, http.StatusForbidden},
		"other method":   {body, func(r *http.Request) { r.Method = http.MethodDelete }, http.StatusForbidden},
		"lives longer":   {body, query("X-Amz-Expires=60", "X-Amz-Expires=600000"), http.StatusForbidden},
		"other date":     {body, query("X-Amz-Date=2", "X-Amz-Date=3"), http.StatusForbidden},
		"tampered":       {body, query("X-Amz-Signature=", "X-Amz-Signature=0"), http.StatusForbidden},
		"unsigned":       {body, func(r *http.Request) { r.URL.RawQuery = "" }, http.StatusForbidden},
		"expired":        {body, expired, http.StatusForbidden},
	} {
		key := "up/" + strings.ReplaceAll(name, " ", "-")
		l := upload(t, s, key, body)
		if name == "expired" {
			synctest.Test(t, func(t *testing.T) { l = upload(t, s, key, body) }) // the clock there is in the past
		}
		a := use(t, l, tt.body, tt.change)
		refused := a.status == tt.want || tt.want == http.StatusForbidden && (a.status == http.StatusBadRequest || a.status == 0)
		if !refused {
			t.Errorf("%s: status %d, want %d: %s", name, a.status, tt.want, a.body)
		}
		for _, key := range []string{key, key + "x"} {
			if _, err := s.Stat(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: there is an object: %v", name, err)
			}
		}
	}
}

// sharedUpload has several clients use one link at once.
func sharedUpload(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	body := random(1 << 20)
	l := upload(t, s, "up/shared", body)
	var stored sync.WaitGroup
	results := make([]answer, 4)
	for i := range results {
		stored.Go(func() { results[i] = use(t, l, body) })
	}
	stored.Wait()
	ok := 0
	for _, a := range results {
		switch a.status {
		case http.StatusOK:
			ok++
		case http.StatusPreconditionFailed, http.StatusConflict, 0: // refused, perhaps before all was read
		default:
			t.Errorf("status %d: %s", a.status, a.body)
		}
	}
	if ok == 0 {
		t.Error("none of them could upload")
	}
	holds(t, s, "up/shared", body)
}

func downloads(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	body := random(100_000)
	put(t, s, "m/1/original", body)
	get := store.Get{Key: "m/1/original", Type: "text/plain; charset=utf-8", Disposition: `attachment; filename="a b.txt"; filename*=UTF-8''%E2%98%83.txt`, CacheControl: "private, max-age=300, immutable"}
	l, err := s.PresignGet(get)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.PresignGet(get); err != nil || again.URL != l.URL {
		t.Errorf("the link differs at once: %v", err)
	}
	a := use(t, l, nil)
	if a.status != http.StatusOK || !bytes.Equal(a.body, body) {
		t.Fatalf("status %d, %d bytes", a.status, len(a.body))
	}
	for name, want := range map[string]string{"Content-Type": get.Type, "Content-Disposition": get.Disposition, "Cache-Control": get.CacheControl, "Accept-Ranges": "bytes"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for value, want := range map[string][]byte{"bytes=0-0": body[:1], "bytes=99990-": body[99_990:], "bytes=-10": body[99_990:], "bytes=500-999": body[500:1000], "bytes=99999-200000": body[99_999:]} {
		got := use(t, l, nil, func(r *http.Request) { r.Header.Set("Range", value) })
		if got.status != http.StatusPartialContent || !bytes.Equal(got.body, want) || got.header.Get("Content-Range") == "" {
			t.Errorf("%s: status %d, %d bytes, %q", value, got.status, len(got.body), got.header.Get("Content-Range"))
		}
	}
	if got := use(t, l, nil, func(r *http.Request) { r.Header.Set("Range", "bytes=100000-") }); got.status != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("a range behind the end: status %d", got.status)
	}
	if got := use(t, l, nil, func(r *http.Request) { r.Header.Set("If-None-Match", a.header.Get("ETag")) }); got.status != http.StatusNotModified {
		t.Errorf("with the ETag that it has: status %d", got.status)
	}
}

func refusesDownloads(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	put(t, s, "m/2/original", random(10))
	put(t, s, "m/2/other", random(10))
	get := store.Get{Key: "m/2/original", Type: "text/plain", Disposition: "attachment"}
	l, err := s.PresignGet(get)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*http.Request){
		"other key":  func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "original", "other", 1) },
		"other type": func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "plain", "html", 1) },
		"inline":     func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "attachment", "inline", 1) },
		"lives longer": func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Expires=600", "Expires=6000", 1)
		},
		"tampered": func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Signature=", "Signature=0", 1)
		},
		"unsigned":      func(r *http.Request) { r.URL.RawQuery = "" },
		"deletes":       func(r *http.Request) { r.Method = http.MethodDelete },
		"writes":        func(r *http.Request) { r.Method = http.MethodPut },
		"other bucket":  func(r *http.Request) { r.URL.Path = "/other" + r.URL.Path },
		"lists buckets": func(r *http.Request) { r.URL.Path = "/" },
	} {
		if a := use(t, l, nil, change); a.status < 400 || a.status >= 500 {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
	synctest.Test(t, func(t *testing.T) { // the clock there is in the past
		get.Disposition = "inline"
		l, err = s.PresignGet(get)
	})
	if a := use(t, l, nil); err != nil || a.status != http.StatusForbidden {
		t.Errorf("expired: status %d, %v", a.status, err)
	}
	holdsSize(t, s, "m/2/original", 10)
}

func holdsSize(t *testing.T, s *store.Store, key string, want int64) {
	t.Helper()
	if o, err := s.Stat(t.Context(), key); err != nil || o.Size != want {
		t.Errorf("%s: %+v, %v; want %d bytes", key, o, err, want)
	}
}

func reads(t *testing.T, b backend, s *store.Store) {
	t.Helper()
	body := random(10_000)
	o := put(t, s, "m/3/original", body)
	for _, tt := range []struct{ offset, length, want int64 }{{0, 3000, 3000}, {9000, 1000, 1000}, {9990, 100, 10}} {
		var got bytes.Buffer
		err := s.Read(t.Context(), &got, "m/3/original", o.ETag, tt.offset, tt.length)
		if err != nil || !bytes.Equal(got.Bytes(), body[tt.offset:tt.offset+tt.want]) {
			t.Errorf("%+v: %d bytes, %v", tt, got.Len(), err)
		}
	}
	if err := s.Read(t.Context(), io.Discard, "m/3/original", "0123456789abcdef0123456789abcdef", 0, 10); !errors.Is(err, store.ErrChanged) {
		t.Errorf("another ETag: %v", err)
	}
	if _, _, err := s.Download(t.Context(), io.Discard, "m/3/original", "0123456789abcdef0123456789abcdef"); !errors.Is(err, store.ErrChanged) {
		t.Errorf("another ETag: %v", err)
	}
	if _, _, err := s.Download(t.Context(), io.Discard, "m/3/nothing", ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nothing there: %v", err)
	}
	_, err := s.Stat(t.Context(), "m/3/nothing")
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nothing there: %v", err)
	}
	is(t, b, "nothing there", err, wire.CodeNotFound)
	if _, _, err := s.Download(t.Context(), broken{}, "m/3/original", ""); !errors.Is(err, errBroken) {
		t.Errorf("a writer that fails: %v", err)
	}
	if err := s.Err(); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

var errBroken = errors.New("the disk is on fire")

// broken is a writer that fails.
type broken struct{}

// Write implements io.Writer.
func (broken) Write([]byte) (int, error) { return 0, errBroken }

func puts(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	key := "m/4/large"
	put(t, s, key, random(10))
	body := random(20 << 20)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	o, err := s.Put(t.Context(), key, f, int64(len(body)), store.Meta{Type: "video/mp4", CacheControl: "private", Disposition: "attachment"})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, s, key, body)
	if now, err := s.Stat(t.Context(), key); err != nil || now.ETag != o.ETag || now.Type != "video/mp4" {
		t.Errorf("%+v, %v; want %+v", now, err, o)
	}
	if _, err := s.Put(t.Context(), key, bytes.NewReader(body[:10]), 20, store.Meta{}); err == nil {
		t.Error("a body that is too short was stored")
	}
	holdsSize(t, s, key, 20<<20)
	if _, err := f.Stat(); err != nil {
		t.Errorf("the file was closed: %v", err)
	}
}

func copies(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	body := random(200_000)
	o := put(t, s, "up/5", body)
	if _, err := s.Copy(t.Context(), "up/5", "0123456789abcdef0123456789abcdef", "m/5/original", store.Meta{Type: "text/plain"}); !errors.Is(err, store.ErrChanged) {
		t.Errorf("another ETag: %v", err)
	}
	if _, err := s.Copy(t.Context(), "up/nothing", o.ETag, "m/5/original", store.Meta{Type: "text/plain"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nothing there: %v", err)
	}
	if _, err := s.Stat(t.Context(), "m/5/original"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it was copied: %v", err)
	}
	for range 2 { // the second time it replaces the first copy
		c, err := s.Copy(t.Context(), "up/5", o.ETag, "m/5/original", store.Meta{Type: "text/plain", CacheControl: "private"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Stat(t.Context(), "m/5/original")
		if err != nil || got.Type != "text/plain" || got.Size != o.Size || got.ETag != c.ETag {
			t.Errorf("%+v, %v; the copy said %+v", got, err, c)
		}
		holds(t, s, "m/5/original", body)
	}
}

func removes(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	s.SetPage(3)
	var want []string
	for i := range 8 {
		for _, name := range []string{"original", "small"} {
			key := fmt.Sprintf("list/%d/%s", i, name)
			put(t, s, key, random(i+1))
			want = append(want, key)
		}
	}
	put(t, s, "listed/1", random(1))
	list := func() (keys []string) {
		for o, err := range s.List(t.Context(), "list/") {
			if err != nil {
				t.Fatal(err)
			}
			if o.Size == 0 || o.ETag == "" || time.Since(o.Modified) > time.Hour {
				t.Errorf("%+v", o)
			}
			keys = append(keys, o.Key)
		}
		return keys
	}
	if got := list(); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for o, err := range s.List(t.Context(), "list/") {
		if err != nil || o.Key != want[0] {
			t.Errorf("the first is %s, %v", o.Key, err)
		}
		break
	}
	for range 2 { // the second time there is nothing to remove
		if err := s.Remove(t.Context(), want[1:]...); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	if got := list(); len(got) != 1 || got[0] != want[0] {
		t.Errorf("after the removal: %v", got)
	}
	for o, err := range s.List(t.Context(), "nothing-at-all/") {
		t.Errorf("there is %s, %v", o.Key, err)
	}
}

// origins checks that the page may talk to storage from a browser.
func origins(t *testing.T, b backend, s *store.Store) {
	t.Helper()
	body := random(10)
	l := upload(t, s, "up/cors", body)
	asked := use(t, store.Link{Method: http.MethodOptions, URL: l.URL}, nil, func(r *http.Request) {
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", http.MethodPut)
		r.Header.Set("Access-Control-Request-Headers", "content-type,if-none-match,x-amz-checksum-sha256")
	})
	allowed := strings.ToLower(asked.header.Get("Access-Control-Allow-Headers"))
	if asked.status >= 300 || asked.header.Get("Access-Control-Allow-Origin") != origin || !strings.Contains(asked.header.Get("Access-Control-Allow-Methods"), "PUT") ||
		(!strings.Contains(allowed, "x-amz-checksum-sha256") && allowed != "*") {
		t.Errorf("before an upload: status %d, %v: %s", asked.status, asked.header, asked.body)
	}
	a := use(t, l, body, func(r *http.Request) { r.Header.Set("Origin", origin) })
	if a.status != http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != origin {
		t.Errorf("an upload: status %d, %v", a.status, a.header)
	}
	if !strings.Contains(strings.ToLower(a.header.Get("Access-Control-Expose-Headers")), "etag") {
		t.Errorf("the page may not read the ETag: %v", a.header)
	}
	if b.name == "embedded" {
		a := use(t, l, body, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") })
		if got := a.header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("another page may read answers: %s", got)
		}
	}
}
