package s3

import (
	"cmp"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// timeFormat is how S3 writes a time in XML.
const timeFormat = "2006-01-02T15:04:05.000Z"

func quote(etag string) string { return `"` + etag + `"` }

func unquote(etag string) string { return strings.Trim(etag, `"`) }

// etag returns the ETag for a hash. ETags are as long as others have them, and mean nothing.
func etag(sum []byte) string { return hex.EncodeToString(sum[:16]) }

func (g *Gateway) makeBucket(q *request) error {
	if _, err := g.disk.bucket(q.bucket); err == nil {
		return errOwned
	}
	if err := g.disk.make(q.bucket); err != nil {
		return err
	}
	q.w.WriteHeader(http.StatusOK)
	return nil
}

func (g *Gateway) headBucket(q *request) error {
	if _, err := g.disk.bucket(q.bucket); err != nil {
		return err
	}
	q.w.WriteHeader(http.StatusOK)
	return nil
}

func (g *Gateway) location(q *request) error {
	if _, err := g.disk.bucket(q.bucket); err != nil {
		return err
	}
	type location struct {
		XMLName xml.Name `xml:"LocationConstraint"`
		Region  string   `xml:",chardata"`
	}
	g.write(q.w, q.Request, http.StatusOK, location{Region: g.keys.region})
	return nil
}

// metaOf returns the headers that a request wants stored beside an object.
func (q *request) metaOf() meta {
	return meta{Type: q.Header.Get("Content-Type"), CacheControl: q.Header.Get("Cache-Control"), Disposition: q.Header.Get("Content-Disposition")}
}

// suits returns the condition of a request that stores an object.
func (q *request) suits() (func(present *record) error, error) {
	none, match := q.Header.Get("If-None-Match"), q.Header.Get("If-Match")
	if none != "" && none != "*" || match != "" {
		return nil, notImplemented("this condition")
	}
	return func(present *record) error {
		if none == "*" && present != nil {
			return errPrecondition
		}
		return nil
	}, nil
}

// receive stores the body of a request as a blob. It refuses a body for which the other uploads
// under way leave no room.
func (g *Gateway) receive(q *request, in bucket) (made blob, sum []byte, err error) {
	from, err := newBody(q.w, q.Request, q.payload)
	if err != nil {
		return made, nil, err
	}
	from.coming = &g.coming
	coming := g.coming.Add(from.left)
	defer func() { g.coming.Add(-from.left) }()
	if g.opts.Full != nil && g.opts.Full(coming) {
		return made, nil, errFull
	}
	return in.fill(from)
}

// put stores an object, or copies one.
func (g *Gateway) put(q *request) error {
	if q.Header.Get("X-Amz-Copy-Source") != "" {
		return g.copy(q)
	}
	b, err := g.disk.bucket(q.bucket)
	if err != nil {
		return err
	}
	suits, err := q.suits()
	if err != nil {
		return err
	}
	if present, err := b.find(q.key); err == nil { // before the body crosses the network
		if err := suits(present); err != nil {
			return err
		}
	}
	made, sum, err := g.receive(q, b)
	if err != nil {
		return err
	}
	rec := &record{meta: q.metaOf(), ETag: etag(sum), Size: made.Size, Modified: time.Now().UTC(), Blobs: []blob{made}}
	if err := b.store(q.key, rec, suits); err != nil {
		return err
	}
	q.w.Header().Set("ETag", quote(rec.ETag))
	q.w.WriteHeader(http.StatusOK)
	return nil
}

// get answers with an object, or with a part of it.
func (g *Gateway) get(q *request) error {
	b, err := g.disk.bucket(q.bucket)
	if err != nil {
		return err
	}
	rec, data, err := b.open(q.key)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	h := q.w.Header()
	for name, values := range map[string][2]string{
		"Content-Type":        {q.query.Get("response-content-type"), rec.Type},
		"Content-Disposition": {q.query.Get("response-content-disposition"), rec.Disposition},
		"Cache-Control":       {q.query.Get("response-cache-control"), rec.CacheControl},
	} {
		if value := cmp.Or(values[:]...); value != "" {
			h.Set(name, value)
		}
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/octet-stream")
	}
	h.Set("ETag", quote(rec.ETag))
	allowWrite(q.w, rec.Size)
	http.ServeContent(q.w, q.Request, "", rec.Modified, data)
	return nil
}

func (g *Gateway) remove(q *request) error {
	b, err := g.disk.bucket(q.bucket)
	if err != nil {
		return err
	}
	if err := b.erase(q.key); err != nil && !errors.Is(err, errNoKey) {
		return err
	}
	q.w.WriteHeader(http.StatusNoContent)
	return nil
}

// copy copies an object within its bucket.
func (g *Gateway) copy(q *request) error {
	b, err := g.disk.bucket(q.bucket)
	if err != nil {
		return err
	}
	suits, err := q.suits()
	if err != nil {
		return err
	}
	source, err := url.PathUnescape(strings.TrimPrefix(q.Header.Get("X-Amz-Copy-Source"), "/"))
	if err != nil {
		return invalid("the source is malformed")
	}
	name, key, _ := strings.Cut(source, "/")
	if name != q.bucket || len(key) > maxKey || !validKey.MatchString(key) {
		return notImplemented("a copy of " + source)
	}
	rec, err := b.linked(key, q.Header.Get("X-Amz-Copy-Source-If-Match"))
	if err != nil {
		return err
	}
	switch q.Header.Get("X-Amz-Metadata-Directive") {
	case "REPLACE":
		rec.meta = q.metaOf()
	case "", "COPY":
	default:
		b.drop(rec.Blobs...)
		return invalid("the metadata directive is neither COPY nor REPLACE")
	}
	if err := b.store(q.key, rec, suits); err != nil {
		return err
	}
	type result struct {
		XMLName      xml.Name `xml:"CopyObjectResult"`
		LastModified string
		ETag         string
	}
	g.write(q.w, q.Request, http.StatusOK, result{LastModified: rec.Modified.Format(timeFormat), ETag: quote(rec.ETag)})
	return nil
}

// linked returns a copy of an object's record that has blobs of its own, if the object has the
// ETag. An empty ETag means any.
func (b bucket) linked(key, etag string) (*record, error) {
	defer b.keys.lock(b.name + "/" + key)() // the blobs are not dropped meanwhile
	rec, err := b.find(key)
	if err != nil {
		return nil, err
	}
	if etag != "" && unquote(etag) != rec.ETag {
		return nil, errPrecondition
	}
	if rec.Blobs, err = b.link(rec.Blobs); err != nil {
		return nil, err
	}
	rec.Modified = time.Now().UTC()
	return rec, nil
}

// open opens an object for reading. An object that is replaced meanwhile is looked for again.
func (b bucket) open(key string) (rec *record, data io.ReadSeekCloser, err error) {
	for range 10 {
		if rec, err = b.find(key); err != nil {
			return nil, nil, err
		}
		if data, err = b.reader(rec); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return rec, data, err
}

// reader opens the bytes of an object. One file is read as it is, because the system sends it
// without copying it through this process.
func (b bucket) reader(rec *record) (io.ReadSeekCloser, error) {
	if len(rec.Blobs) == 1 {
		return os.Open(b.blobPath(rec.Blobs[0].Name))
	}
	s := &segments{bucket: b, blobs: rec.Blobs, size: rec.Size}
	return s, s.load(0)
}

// segments reads blobs as if they were one file. It has one of them open at a time.
type segments struct {
	bucket bucket
	blobs  []blob
	size   int64
	at     int64

	file *os.File // the open one; nil if there are none
	from int64    // where it begins
	to   int64    // and ends
}

// load opens the blob of a place.
func (s *segments) load(at int64) error {
	var from int64
	for _, b := range s.blobs {
		if at < from+b.Size {
			f, err := os.Open(s.bucket.blobPath(b.Name))
			if err != nil {
				return err
			}
			_ = s.Close()
			s.file, s.from, s.to = f, from, from+b.Size
			return nil
		}
		from += b.Size
	}
	return nil
}

// Read implements [io.Reader].
func (s *segments) Read(p []byte) (int, error) {
	if s.at >= s.size {
		return 0, io.EOF
	}
	if s.file == nil || s.at < s.from || s.at >= s.to {
		if err := s.load(s.at); err != nil {
			return 0, err
		}
	}
	n, err := s.file.ReadAt(p[:min(int64(len(p)), s.to-s.at)], s.at-s.from)
	s.at += int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, err
}

// Seek implements [io.Seeker].
func (s *segments) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, errors.New("s3: seek before the beginning")
	}
	s.at = offset
	return offset, nil
}

// Close closes the open blob.
func (s *segments) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}
