package s3

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	validBucket = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)
	// A key is a path on disk, so there is nothing in it that could be cleaned or climbed.
	validKey = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199})*$`)
)

const maxKey = 512

// request is a request whose signature was checked.
type request struct {
	*http.Request

	w       http.ResponseWriter
	query   url.Values // without the signature
	bucket  string
	key     string // empty for a request about the bucket
	payload string // see [newBody]
}

// handler answers a request, or returns why it is refused.
type handler func(*Gateway, *request) error

// route says which queries a handler answers: a query must have all members of need, and may have
// those of may, but no others.
type route struct {
	method    string
	object    bool
	need, may []string
	handle    handler
}

var routes = []route{
	{method: http.MethodPut, handle: (*Gateway).makeBucket},
	{method: http.MethodHead, handle: (*Gateway).headBucket},
	{method: http.MethodGet, need: []string{"location"}, handle: (*Gateway).location},
	{method: http.MethodGet, need: []string{"list-type"}, may: []string{"prefix", "start-after", "continuation-token", "max-keys", "delimiter", "encoding-type", "fetch-owner"}, handle: (*Gateway).list},
	{method: http.MethodGet, need: []string{"uploads"}, may: []string{"prefix", "delimiter", "key-marker", "upload-id-marker", "max-uploads", "encoding-type"}, handle: (*Gateway).listUploads},
	{method: http.MethodGet, object: true, need: []string{"uploadId"}, may: []string{"part-number-marker", "max-parts", "encoding-type"}, handle: (*Gateway).listParts},
	{method: http.MethodPost, object: true, need: []string{"uploads"}, handle: (*Gateway).startUpload},
	{method: http.MethodPost, object: true, need: []string{"uploadId"}, handle: (*Gateway).completeUpload},
	{method: http.MethodDelete, object: true, need: []string{"uploadId"}, handle: (*Gateway).abortUpload},
	{method: http.MethodPut, object: true, need: []string{"uploadId", "partNumber"}, handle: (*Gateway).putPart},
	{method: http.MethodPut, object: true, handle: (*Gateway).put},
	{method: http.MethodGet, object: true, may: overrides, handle: (*Gateway).get},
	{method: http.MethodHead, object: true, may: overrides, handle: (*Gateway).get},
	{method: http.MethodDelete, object: true, handle: (*Gateway).remove},
}

// overrides are the members of a query that set headers of the answer.
var overrides = []string{"response-content-type", "response-content-disposition", "response-cache-control"}

func (t route) fits(method string, object bool, query url.Values) bool {
	if t.method != method || t.object != object {
		return false
	}
	for _, name := range t.need {
		if !query.Has(name) {
			return false
		}
	}
	for name := range query {
		if !slices.Contains(t.need, name) && !slices.Contains(t.may, name) {
			return false
		}
	}
	return true
}

// understood are S3's own headers that are heeded.
var understood = []string{
	"X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Checksum-Sha256", "X-Amz-Copy-Source", "X-Amz-Copy-Source-If-Match", "X-Amz-Metadata-Directive",
}

// ServeHTTP implements [http.Handler].
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// No object may run as a page in a browser, whatever bytes it has.
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox")
	g.cors(w, r)
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if err := g.serve(w, r); err != nil {
		g.fail(w, r, err)
	}
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) error {
	allowWrite(w, 0)
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return invalid("the query is malformed")
	}
	payload, err := g.keys.verify(r, query, time.Now())
	if err != nil {
		return err
	}
	for _, name := range append(slices.Clone(signatureQuery), "x-id") {
		query.Del(name)
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-") && !slices.Contains(understood, name) || name == "Content-Md5" || name == "Content-Encoding" {
			return notImplemented(name)
		}
	}
	q := &request{Request: r, w: w, query: query, payload: payload}
	if err := q.address(); err != nil {
		return err
	}
	for _, t := range routes {
		if t.fits(r.Method, q.key != "", query) {
			return t.handle(g, q)
		}
	}
	return notImplemented(r.Method + " with that query")
}

// address reads bucket and key from the path.
func (q *request) address() error {
	path := strings.TrimPrefix(q.URL.EscapedPath(), "/")
	var found bool
	q.bucket, q.key, found = strings.Cut(path, "/")
	if q.bucket == "" {
		return notImplemented("a request without a bucket")
	}
	if !validBucket.MatchString(q.bucket) {
		return refuse(http.StatusBadRequest, "InvalidBucketName", "the bucket's name is not valid")
	}
	if found && q.key != "" && (len(q.key) > maxKey || !validKey.MatchString(q.key)) {
		return invalid("the object's key is not valid here")
	}
	return nil
}

// cors lets the pages of known origins read answers. The signature alone decides whether a request
// is allowed.
func (g *Gateway) cors(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !slices.Contains(*g.origins.Load(), origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "ETag, Content-Length, Content-Range, Content-Disposition, Date")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, PUT")
		h.Set("Access-Control-Allow-Headers", "Content-Type, If-None-Match, If-Match, If-Range, Range, X-Amz-Checksum-Sha256")
		h.Set("Access-Control-Max-Age", "3600")
	}
}
