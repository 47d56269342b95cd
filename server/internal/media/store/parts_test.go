package store_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"natterjack/server/internal/media/store"
)

const partSize = 5 << 20

// begin starts an upload in parts.
func begin(t *testing.T, s *store.Store, key string) string {
	t.Helper()
	id, err := s.StartMultipart(t.Context(), key, "video/mp4")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// send uploads a part, and returns the answer.
func send(t *testing.T, s *store.Store, key, id string, number int, body []byte, changes ...func(*http.Request)) answer {
	t.Helper()
	l, err := s.PresignPart(key, id, store.Part{Number: number, Size: int64(len(body))}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return use(t, l, body, changes...)
}

// stored returns the parts of an upload.
func stored(t *testing.T, s *store.Store, key, id string) []store.Part {
	t.Helper()
	parts, err := s.Parts(t.Context(), key, id)
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// parts uploads a file in parts, with an interruption.
func parts(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	const key = "up/parts"
	body := random(2*partSize + 1000)
	pieces := [][]byte{body[:partSize], body[partSize : 2*partSize], body[2*partSize:]}
	id := begin(t, s, key)
	if got := stored(t, s, key, id); len(got) != 0 {
		t.Errorf("stored before any: %v", got)
	}
	for _, i := range []int{2, 0} {
		a := send(t, s, key, id, i+1, pieces[i])
		if a.status != http.StatusOK || a.header.Get("ETag") == "" {
			t.Fatalf("part %d: status %d: %s", i+1, a.status, a.body)
		}
	}
	got := stored(t, s, key, id)
	if len(got) != 2 || got[0].Number != 1 || got[0].Size != partSize || got[1].Number != 3 || got[1].Size != 1000 {
		t.Errorf("stored: %v", got)
	}
	if _, err := s.CompleteMultipart(t.Context(), key, id, append(got[:1:1], store.Part{Number: 2, ETag: got[0].ETag}, got[1])); !errors.Is(err, store.ErrMismatch) {
		t.Errorf("completed without a part: %v", err)
	}
	for range 2 { // a part may be sent again
		if a := send(t, s, key, id, 2, pieces[1]); a.status != http.StatusOK {
			t.Fatalf("part 2: status %d: %s", a.status, a.body)
		}
	}
	uploads, err := s.Uploads(t.Context(), key)
	if err != nil || len(uploads) != 1 || uploads[0].Upload != id || uploads[0].Key != key || time.Since(uploads[0].Started) > time.Hour {
		t.Errorf("uploads: %+v, %v", uploads, err)
	}
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("there is an object before the end: %v", err)
	}
	o, err := s.CompleteMultipart(t.Context(), key, id, stored(t, s, key, id))
	if err != nil || o.Size != int64(len(body)) || o.ETag == "" {
		t.Fatalf("%+v, %v", o, err)
	}
	if now, err := s.Stat(t.Context(), key); err != nil || now.ETag != o.ETag || now.Type != "video/mp4" {
		t.Errorf("%+v, %v; want ETag %s", now, err, o.ETag)
	}
	holds(t, s, key, body)
	if _, err := s.Parts(t.Context(), key, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("parts after the end: %v", err)
	}
	if _, err := s.Copy(t.Context(), key, o.ETag, "m/6/original", store.Meta{Type: "video/mp4"}); err != nil {
		t.Errorf("copy: %v", err)
	}
	holds(t, s, "m/6/original", body)
}

func refusesParts(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	const key = "up/refused"
	id := begin(t, s, key)
	body := random(1000)
	for name, a := range map[string]answer{
		"another length": send(t, s, key, id, 1, body, func(r *http.Request) {
			r.Body, r.ContentLength = http.NoBody, 0
		}),
		"another part": send(t, s, key, id, 1, body, func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "partNumber=1", "partNumber=2", 1)
		}),
		"another key":    send(t, s, key, id, 1, body, func(r *http.Request) { r.URL.Path += "x" }),
		"another upload": send(t, s, key, "0"+id, 1, body),
		"no part":        send(t, s, key, id, 1, body, func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "partNumber=1&", "", 1) }),
	} {
		if a.status != 0 && (a.status < 400 || a.status >= 500) {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
	if got := stored(t, s, key, id); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
	for n := 1; n <= 2; n++ {
		if a := send(t, s, key, id, n, body); a.status != http.StatusOK {
			t.Fatalf("part %d: status %d: %s", n, a.status, a.body)
		}
	}
	two := stored(t, s, key, id)
	if _, err := s.CompleteMultipart(t.Context(), key, id, two); !errors.Is(err, store.ErrMismatch) {
		t.Errorf("parts that are too small: %v", err)
	}
	two[0].ETag = "0123456789abcdef0123456789abcdef"
	if _, err := s.CompleteMultipart(t.Context(), key, id, two[:1]); !errors.Is(err, store.ErrMismatch) {
		t.Errorf("a part with another ETag: %v", err)
	}
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("there is an object: %v", err)
	}
}

func aborts(t *testing.T, _ backend, s *store.Store) {
	t.Helper()
	const key = "up/aborted"
	id := begin(t, s, key)
	body := random(1000)
	if a := send(t, s, key, id, 1, body); a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	for range 2 {
		if err := s.AbortMultipart(t.Context(), key, id); err != nil {
			t.Errorf("abort: %v", err)
		}
	}
	if _, err := s.Parts(t.Context(), key, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("parts: %v", err)
	}
	if a := send(t, s, key, id, 2, body); a.status != http.StatusNotFound {
		t.Errorf("a part after the end: status %d", a.status)
	}
	if _, err := s.CompleteMultipart(t.Context(), key, id, []store.Part{{Number: 1, ETag: "0123456789abcdef0123456789abcdef"}}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("complete: %v", err)
	}
	if got, err := s.Uploads(t.Context(), key); err != nil || len(got) != 0 {
		t.Errorf("uploads: %v, %v", got, err)
	}
	if _, _, err := s.Download(t.Context(), &bytes.Buffer{}, key, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("there is an object: %v", err)
	}
}
