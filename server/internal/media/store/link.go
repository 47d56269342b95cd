package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Link holds everything that a client needs for one request to storage. Anybody who has it may make
// the request, until it expires. The client sends the header as it is. Printed or logged, a link
// does not show its URL.
type Link struct {
	Method, URL string
	Header      map[string]string // nil if none is needed
	Expires     time.Time
}

// String implements [fmt.Stringer].
func (l Link) String() string {
	return l.Method + " link until " + l.Expires.UTC().Format(time.RFC3339)
}

// GoString implements [fmt.GoStringer].
func (l Link) GoString() string { return l.String() }

// LogValue implements [slog.LogValuer].
func (l Link) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Upload describes the file that a client may upload.
type Upload struct {
	Key, Type string
	Size      int64
	SHA256    [32]byte
	Life      time.Duration
}

// PresignPut returns a link to upload an object in one request. Storage refuses another type, a
// body of another length or with another hash, and a second upload.
func (s *Store) PresignPut(u Upload) (Link, error) {
	const op = "sign an upload"
	if err := checkKey(op, u.Key); err != nil {
		return Link{}, err
	}
	return s.presign(op, http.MethodPut, u.Key, u.Life, nil, map[string]string{
		"Content-Length":        strconv.FormatInt(u.Size, 10),
		"Content-Type":          u.Type,
		"If-None-Match":         "*",
		"X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(u.SHA256[:]),
	})
}

// PresignPart returns a link to upload a part. Storage refuses a body of another length. A part
// may be uploaded again, and replaces the one before.
func (s *Store) PresignPart(key, upload string, p Part, life time.Duration) (Link, error) {
	const op = "sign a part"
	if err := checkKey(op, key); err != nil {
		return Link{}, err
	}
	query := url.Values{"partNumber": {strconv.Itoa(p.Number)}, "uploadId": {upload}}
	return s.presign(op, http.MethodPut, key, life, query, map[string]string{"Content-Length": strconv.FormatInt(p.Size, 10)})
}

// presign signs a request with a header. It sends no request, because the region is known.
func (s *Store) presign(op, method, key string, life time.Duration, query url.Values, header map[string]string) (Link, error) {
	if life < time.Second || life > MaxUploadLife {
		return Link{}, internal(op, fmt.Sprintf("a link cannot live for %v", life))
	}
	signed := http.Header{}
	for name, value := range header {
		if !plain(value) {
			return Link{}, internal(op, fmt.Sprintf("%.80q is no value for %s", value, name))
		}
		signed.Set(name, value)
	}
	expires := time.Now().Add(life).Truncate(time.Second)
	u, err := s.public.PresignHeader(context.Background(), method, s.cfg.Bucket, key, life, query, signed)
	if err != nil {
		return Link{}, internal(op, scrub(err))
	}
	delete(header, "Content-Length") // the client's own library sends it, and browsers allow no other header
	if len(header) == 0 {
		header = nil
	}
	return Link{Method: method, URL: u.String(), Header: header, Expires: expires}, nil
}

// plain reports whether a value may be in a header: visible ASCII and spaces.
func plain(value string) bool {
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return true
}

// Origin returns the origin of all links, such as https://bucket.s3.eu-central-1.amazonaws.com. It
// is not always the origin of the public endpoint: some storages have a host for each bucket.
func (s *Store) Origin() (string, error) {
	l, err := s.presign("sign a link", http.MethodGet, "nothing", minLinkLife, nil, nil)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(l.URL)
	if err != nil {
		return "", internal("sign a link", "the URL of a link is malformed")
	}
	return u.Scheme + "://" + u.Host, nil
}

// Get describes the object that a client may download, and the headers with which storage answers.
type Get struct {
	Key          string
	Type         string // Content-Type
	Disposition  string // Content-Disposition
	CacheControl string // Cache-Control
	// Life is how long the link works. 0 means the configured life of links.
	Life time.Duration
}

// PresignGet returns a link to download an object. For the same Get it returns the same link
// until half of the link's life is over, so that browsers find the object in their caches.
func (s *Store) PresignGet(g Get) (Link, error) {
	const op = "sign a download"
	life := cmp.Or(g.Life, s.cfg.LinkLife)
	if l, ok := s.links.Get(g); ok && time.Until(l.Expires) >= life/2 {
		return l, nil
	}
	if err := checkKey(op, g.Key); err != nil {
		return Link{}, err
	}
	query := url.Values{}
	for name, value := range map[string]string{
		"response-content-type": g.Type, "response-content-disposition": g.Disposition, "response-cache-control": g.CacheControl,
	} {
		if !plain(value) {
			return Link{}, internal(op, fmt.Sprintf("%.80q is no value for a header", value))
		}
		if value != "" {
			query.Set(name, value)
		}
	}
	l, err := s.presign(op, http.MethodGet, g.Key, life, query, nil)
	if err == nil {
		s.links.Add(g, l)
	}
	return l, err
}
