package s3

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxParts     = 10_000
	minPart      = 5 << 20
	maxPartsXML  = 2 << 20
	defaultPage  = 1000
	uploadRecord = "upload"
	partSuffix   = ".part"
)

// upload is the record of an upload in parts.
type upload struct {
	meta

	Key     string    `json:"key"`
	Started time.Time `json:"started"`
}

// part is the record of a part.
type part struct {
	ETag     string    `json:"etag"`
	Modified time.Time `json:"modified"`
	Blob     blob      `json:"blob"`

	number int
}

func (b bucket) uploadPath(id string, parts ...string) string {
	return filepath.Join(append([]string{b.dir, "uploads", id}, parts...)...)
}

// validID reports whether a string may be the id of an upload: it becomes a path.
func validID(id string) bool {
	return len(id) == 26 && strings.IndexFunc(id, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '2' || r > '7') }) < 0
}

// upload finds the upload that a request is about.
func (g *Gateway) upload(q *request) (b bucket, id string, up upload, err error) {
	if b, err = g.disk.bucket(q.bucket); err != nil {
		return b, "", up, err
	}
	if id = q.query.Get("uploadId"); !validID(id) {
		return b, "", up, errNoUpload
	}
	if err = read(b.uploadPath(id, uploadRecord), &up); errors.Is(err, fs.ErrNotExist) || err == nil && up.Key != q.key {
		err = errNoUpload
	}
	return b, id, up, err
}

func (g *Gateway) startUpload(q *request) error {
	b, err := g.disk.bucket(q.bucket)
	if err != nil {
		return err
	}
	id := rand.Text()
	if err := b.mkdirs(b.uploadPath(id)); err != nil {
		return err
	}
	if err := b.commit(b.uploadPath(id, uploadRecord), upload{meta: q.metaOf(), Key: q.key, Started: time.Now().UTC()}); err != nil {
		return err
	}
	type result struct {
		XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket   string
		Key      string
		UploadID string `xml:"UploadId"`
	}
	g.write(q.w, q.Request, http.StatusOK, result{Bucket: b.name, Key: q.key, UploadID: id})
	return nil
}

func (g *Gateway) putPart(q *request) error {
	b, id, _, err := g.upload(q)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(q.query.Get("partNumber"))
	if err != nil || number < 1 || number > maxParts {
		return invalid("the number of a part must be 1 to 10000")
	}
	if q.Header.Get("X-Amz-Copy-Source") != "" {
		return notImplemented("copying a part")
	}
	made, sum, err := g.receive(q, b)
	if err != nil {
		return err
	}
	p := part{ETag: etag(sum), Modified: time.Now().UTC(), Blob: made}
	if err := b.storePart(id, number, p); err != nil {
		b.drop(made)
		return err
	}
	q.w.Header().Set("ETag", quote(p.ETag))
	q.w.WriteHeader(http.StatusOK)
	return nil
}

// storePart replaces the record of a part, unless the upload has ended.
func (b bucket) storePart(id string, number int, p part) error {
	defer b.uploads.lock(id)()
	if _, err := os.Stat(b.uploadPath(id, uploadRecord)); err != nil {
		return errNoUpload
	}
	path := b.uploadPath(id, strconv.Itoa(number)+partSuffix)
	var present part
	err := read(path, &present)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	had := err == nil
	if err := b.commit(path, p); err != nil {
		return err
	}
	if had {
		b.drop(present.Blob)
	}
	return nil
}

// parts returns the stored parts of an upload, in order.
func (b bucket) parts(id string) (parts []part, err error) {
	entries, err := os.ReadDir(b.uploadPath(id))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), partSuffix)
		if !ok {
			continue
		}
		var p part
		if p.number, err = strconv.Atoi(digits); err != nil {
			return nil, err
		}
		if err := read(b.uploadPath(id, e.Name()), &p); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(x, y part) int { return x.number - y.number })
	return parts, nil
}

// partsOf returns the parts of an upload. If it has ended meanwhile, the error says so.
func (b bucket) partsOf(id string) ([]part, error) {
	parts, err := b.parts(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoUpload
	}
	return parts, err
}

func (g *Gateway) listParts(q *request) error {
	b, id, _, err := g.upload(q)
	if err != nil {
		return err
	}
	after, err := number(q.query.Get("part-number-marker"), 0)
	most, err2 := number(q.query.Get("max-parts"), defaultPage)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	parts, err := b.partsOf(id)
	if err != nil {
		return err
	}
	type listed struct {
		PartNumber   int
		LastModified string
		ETag         string
		Size         int64
	}
	result := struct {
		XMLName              xml.Name `xml:"ListPartsResult"`
		Bucket               string
		Key                  string
		UploadID             string `xml:"UploadId"`
		PartNumberMarker     int
		NextPartNumberMarker int
		MaxParts             int
		IsTruncated          bool
		Part                 []listed
	}{Bucket: b.name, Key: q.key, UploadID: id, PartNumberMarker: after, MaxParts: most}
	for _, p := range parts {
		if p.number <= after {
			continue
		}
		if len(result.Part) == most {
			result.IsTruncated = true
			break
		}
		result.Part = append(result.Part, listed{p.number, p.Modified.Format(timeFormat), quote(p.ETag), p.Blob.Size})
		result.NextPartNumberMarker = p.number
	}
	g.write(q.w, q.Request, http.StatusOK, result)
	return nil
}

// number reads a member of a query that bounds a page.
func number(s string, absent int) (int, error) {
	if s == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, invalid("the number of entries to list is not valid")
	}
	return min(n, maxParts), nil
}

// completeUpload makes an object of parts. The object gets names of its own for their blobs. So
// if the server dies before the upload is gone, the upload can still be aborted.
func (g *Gateway) completeUpload(q *request) error {
	b, id, up, err := g.upload(q)
	if err != nil {
		return err
	}
	from, err := newBody(q.w, q.Request, q.payload)
	if err != nil {
		return err
	}
	text, err := from.all(maxPartsXML)
	if err != nil {
		return err
	}
	wanted := struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}{}
	if err := xml.Unmarshal(text, &wanted); err != nil || len(wanted.Part) == 0 || len(wanted.Part) > maxParts {
		return errMalformed
	}
	defer b.uploads.lock(id)()
	stored, err := b.partsOf(id)
	if err != nil {
		return err
	}
	rec := &record{meta: up.meta, Modified: time.Now().UTC()}
	sum := sha256.New()
	for i, w := range wanted.Part {
		if i > 0 && w.PartNumber <= wanted.Part[i-1].PartNumber {
			return errPartOrder
		}
		at := slices.IndexFunc(stored, func(p part) bool { return p.number == w.PartNumber })
		if at < 0 || stored[at].ETag != unquote(w.ETag) {
			return errInvalidPart
		}
		p := stored[at]
		if p.Blob.Size < minPart && i < len(wanted.Part)-1 {
			return errTooSmall
		}
		rec.Blobs, rec.Size = append(rec.Blobs, p.Blob), rec.Size+p.Blob.Size
		sum.Write([]byte(p.ETag))
	}
	rec.ETag = fmt.Sprintf("%s-%d", etag(sum.Sum(nil)), len(wanted.Part))
	if rec.Blobs, err = b.link(rec.Blobs); err != nil {
		return err
	}
	suits, err := q.suits()
	if err == nil {
		err = b.store(q.key, rec, suits)
	}
	if err != nil {
		return err
	}
	b.end(id, stored)
	type result struct {
		XMLName xml.Name `xml:"CompleteMultipartUploadResult"`
		Bucket  string
		Key     string
		ETag    string
	}
	g.write(q.w, q.Request, http.StatusOK, result{Bucket: b.name, Key: q.key, ETag: quote(rec.ETag)})
	return nil
}

func (g *Gateway) abortUpload(q *request) error {
	b, id, _, err := g.upload(q)
	if err != nil {
		return err
	}
	defer b.uploads.lock(id)()
	stored, err := b.partsOf(id)
	if err != nil {
		return err
	}
	b.end(id, stored)
	q.w.WriteHeader(http.StatusNoContent)
	return nil
}

// end deletes an upload. Without its record it does not exist any more. The next start removes the
// rest of its files.
func (b bucket) end(id string, parts []part) {
	if os.Remove(b.uploadPath(id, uploadRecord)) != nil {
		return
	}
	_ = os.RemoveAll(b.uploadPath(id))
	for _, p := range parts {
		b.drop(p.Blob)
	}
}
