package s3

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var testKeys = keys{access: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: defaultRegion}

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// signHeader signs a request in its header.
func signHeader(r *http.Request, k keys, payload string) {
	now := time.Now().UTC()
	r.Header.Set("X-Amz-Date", now.Format(dateFormat))
	r.Header.Set("X-Amz-Content-Sha256", payload)
	signed := []string{"host"}
	for name := range r.Header {
		signed = append(signed, strings.ToLower(name))
	}
	c := &claim{signed: sorted(signed), payload: payload, date: now}
	scope := now.Format("20060102") + "/" + k.region + "/s3/aws4_request"
	canonical, err := c.canonical(r, r.URL.Query())
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", algorithm+" Credential="+k.access+"/"+scope+", SignedHeaders="+strings.Join(c.signed, ";")+", Signature="+k.sign(now, scope, canonical))
}

// signQuery signs a request in its URL.
func signQuery(r *http.Request, k keys, date time.Time, expires string) {
	scope := date.Format("20060102") + "/" + k.region + "/s3/aws4_request"
	q := r.URL.Query()
	signed := []string{"host"}
	for name := range r.Header {
		signed = append(signed, strings.ToLower(name))
	}
	for name, value := range map[string]string{
		"Algorithm": algorithm, "Credential": k.access + "/" + scope, "Date": date.Format(dateFormat), "Expires": expires, "SignedHeaders": strings.Join(sorted(signed), ";"),
	} {
		q.Set("X-Amz-"+name, value)
	}
	c := &claim{signed: sorted(signed), payload: unsigned}
	canonical, err := c.canonical(r, q)
	if err != nil {
		panic(err)
	}
	q.Set("X-Amz-Signature", k.sign(date, scope, canonical))
	r.URL.RawQuery = q.Encode()
}

func sorted(names []string) []string {
	for i := range names {
		for j := i; j > 0 && names[j] < names[j-1]; j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	return names
}

// TestSign compares with the examples that Amazon publishes for S3: a request with its signature
// in the header, and one with it in the URL.
func TestSign(t *testing.T) {
	k := keys{access: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1"}
	date := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://examplebucket.s3.amazonaws.com/test.txt", nil)
	r.Header.Set("Range", "bytes=0-9")
	r.Header.Set("X-Amz-Content-Sha256", emptyHash)
	r.Header.Set("X-Amz-Date", "20130524T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"+
		"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
	if payload, err := k.verify(r, r.URL.Query(), date); err != nil || payload != emptyHash {
		t.Errorf("in the header: %q, %v", payload, err)
	}
	r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&"+
		"X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"+
		"X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", nil)
	if payload, err := k.verify(r, r.URL.Query(), date.Add(24*time.Hour)); err != nil || payload != unsigned {
		t.Errorf("in the URL: %q, %v", payload, err)
	}
	if _, err := k.verify(r, r.URL.Query(), date.Add(24*time.Hour+time.Second)); !errors.Is(err, errExpired) {
		t.Errorf("in the URL, a second too late: %v", err)
	}
}

// TestVerify changes signed requests. Each change must be refused.
func TestVerify(t *testing.T) {
	other := testKeys
	other.secret += "x"
	stranger := testKeys
	stranger.access = "somebody"
	abroad := testKeys
	abroad.region = "eu-west-1"
	replace := func(name, from, to string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, strings.Replace(r.Header.Get(name), from, to, 1)) }
	}
	query := func(from, to string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, from, to, 1) }
	}
	for name, tt := range map[string]struct {
		keys   keys
		url    bool // the signature is in the URL
		age    time.Duration
		change func(*http.Request)
		ok     bool
	}{
		"header":                     {ok: true},
		"header, old":                {age: 14 * time.Minute, ok: true},
		"header, too old":            {age: 16 * time.Minute},
		"header, from the future":    {age: -16 * time.Minute},
		"header, another secret":     {keys: other},
		"header, another access key": {keys: stranger},
		"header, another region":     {keys: abroad},
		"header, another method":     {change: func(r *http.Request) { r.Method = http.MethodDelete }},
		"header, another path":       {change: func(r *http.Request) { r.URL.Path = "/media/b" }},
		"header, another host":       {change: func(r *http.Request) { r.Host = "evil.example" }},
		"header, another query":      {change: func(r *http.Request) { r.URL.RawQuery += "&b=2" }},
		"header, another type":       {change: func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }},
		"header, an unsigned header": {change: func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", "media/secret") }},
		"header, another hash":       {change: func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", unsigned) }},
		"header, no hash":            {change: func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }},
		"header, two hashes":         {change: func(r *http.Request) { r.Header.Add("X-Amz-Content-Sha256", unsigned) }},
		"header, another date": {change: func(r *http.Request) {
			r.Header.Set("X-Amz-Date", time.Now().UTC().Add(time.Minute).Format(dateFormat))
		}},
		"header, no date":             {change: func(r *http.Request) { r.Header.Del("X-Amz-Date") }},
		"header, no host":             {change: replace("Authorization", "host;", "")},
		"header, a missing header":    {change: replace("Authorization", "host;", "host;if-match;")},
		"header, a header twice":      {change: replace("Authorization", "host;", "host;host;")},
		"header, another algorithm":   {change: replace("Authorization", "HMAC", "NONE")},
		"header, two signatures":      {change: func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }},
		"header, a signature twice":   {change: func(r *http.Request) { r.Header.Set("Authorization", r.Header.Get("Authorization")+", Signature=00") }},
		"header, none":                {change: func(r *http.Request) { r.Header.Del("Authorization") }},
		"header and URL":              {change: func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Signature=00" }},
		"header, for another service": {change: replace("Authorization", "/s3/", "/iam/")},
		"header, empty":               {change: func(r *http.Request) { r.Header.Set("Authorization", "") }},
		"URL":                         {url: true, ok: true},
		"URL, just valid":             {url: true, age: 59 * time.Second, ok: true},
		"URL, expired":                {url: true, age: 61 * time.Second},
		"URL, from the future":        {url: true, age: -16 * time.Minute},
		"URL, another secret":         {url: true, keys: other},
		"URL, lives longer":           {url: true, age: 61 * time.Second, change: query("Expires=60", "Expires=600")},
		"URL, lives for ever":         {url: true, change: query("Expires=60", "Expires=604801")},
		"URL, lives backwards":        {url: true, change: query("Expires=60", "Expires=-60")},
		"URL, expires twice":          {url: true, age: 61 * time.Second, change: func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Expires=600" }},
		"URL, no expiry":              {url: true, change: query("X-Amz-Expires=60", "a=b")},
		"URL, another path":           {url: true, change: func(r *http.Request) { r.URL.Path = "/media/b" }},
		"URL, more in the query":      {url: true, change: func(r *http.Request) { r.URL.RawQuery += "&response-content-type=text%2Fhtml" }},
		"URL, an unsigned header":     {url: true, change: func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", "media/secret") }},
		"URL, no signed headers":      {url: true, change: query("SignedHeaders=content-type%3Bhost", "SignedHeaders=")},
	} {
		k := tt.keys
		if k.secret == "" {
			k = testKeys
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "http://127.0.0.1:8090/media/a?z=1&a=b%20c", nil)
		r.Header.Set("Content-Type", "image/png")
		now := time.Now().UTC()
		if tt.url {
			signQuery(r, k, now.Add(-tt.age), "60")
		} else {
			signHeader(r, k, emptyHash)
			now = now.Add(tt.age)
		}
		if tt.change != nil {
			tt.change(r)
		}
		q, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			t.Fatal(err)
		}
		_, err = testKeys.verify(r, q, now)
		if refused, ok := errors.AsType[*apiError](err); (err == nil) != tt.ok || err != nil && (!ok || refused.status >= 500) {
			t.Errorf("%s: %v, want ok %v", name, err, tt.ok)
		}
	}
}

// TestRefuses shows that a request that is not understood is refused, and never ignored.
func TestRefuses(t *testing.T) {
	g, _ := journaled(t)
	must(t, g, http.MethodPut, "/media/a/1", []byte("one"))
	for name, tt := range map[string]struct {
		method, target string
		header         []string
		want           int
	}{
		"an access control list":   {http.MethodPut, "/media/a/1?acl=", nil, http.StatusNotImplemented},
		"tags":                     {http.MethodPut, "/media/a/1?tagging=", nil, http.StatusNotImplemented},
		"a header of S3":           {http.MethodPut, "/media/a/2", []string{"X-Amz-Acl", "public-read"}, http.StatusNotImplemented},
		"metadata":                 {http.MethodPut, "/media/a/2", []string{"X-Amz-Meta-A", "b"}, http.StatusNotImplemented},
		"another checksum":         {http.MethodPut, "/media/a/2", []string{"X-Amz-Checksum-Crc32", "AAAAAA=="}, http.StatusNotImplemented},
		"a version":                {http.MethodGet, "/media/a/1?versionId=1", nil, http.StatusNotImplemented},
		"the policy":               {http.MethodGet, "/media?policy=", nil, http.StatusNotImplemented},
		"all buckets":              {http.MethodGet, "/", nil, http.StatusNotImplemented},
		"an old list":              {http.MethodGet, "/media?prefix=a", nil, http.StatusNotImplemented},
		"a list with a delimiter":  {http.MethodGet, "/media?list-type=2&delimiter=%2F", nil, http.StatusNotImplemented},
		"a bucket's deletion":      {http.MethodDelete, "/media", nil, http.StatusNotImplemented},
		"many deletions":           {http.MethodPost, "/media?delete=", nil, http.StatusNotImplemented},
		"a condition on a put":     {http.MethodPut, "/media/a/1", []string{"If-Match", `"x"`}, http.StatusNotImplemented},
		"a copy from elsewhere":    {http.MethodPut, "/media/a/2", []string{"X-Amz-Copy-Source", "other/a/1"}, http.StatusNotImplemented},
		"a copy of a long key":     {http.MethodPut, "/media/a/2", []string{"X-Amz-Copy-Source", "media" + strings.Repeat("/a", 3000)}, http.StatusNotImplemented},
		"a copy of a path":         {http.MethodPut, "/media/a/2", []string{"X-Amz-Copy-Source", "media/../media/a/1"}, http.StatusNotImplemented},
		"a part that is a copy":    {http.MethodPut, "/media/a/2?partNumber=1&uploadId=AAAAAAAAAAAAAAAAAAAAAAAAAA", []string{"X-Amz-Copy-Source", "media/a/1"}, http.StatusNotFound},
		"another method":           {http.MethodPatch, "/media/a/1", nil, http.StatusNotImplemented},
		"up":                       {http.MethodGet, "/media/a/../../../secrets/x", nil, http.StatusBadRequest},
		"up, escaped":              {http.MethodGet, "/media/a/%2e%2e/%2e%2e/x", nil, http.StatusBadRequest},
		"the record":               {http.MethodGet, "/media/a/1~", nil, http.StatusBadRequest},
		"a hidden file":            {http.MethodPut, "/media/.x", nil, http.StatusBadRequest},
		"a double slash":           {http.MethodPut, "/media/a//x", nil, http.StatusBadRequest},
		"a directory":              {http.MethodPut, "/media/a/", nil, http.StatusBadRequest},
		"a zero byte":              {http.MethodPut, "/media/a%00", nil, http.StatusBadRequest},
		"a long key":               {http.MethodPut, "/media/" + strings.Repeat("a", 201), nil, http.StatusBadRequest},
		"a bucket above":           {http.MethodGet, "/../x", nil, http.StatusBadRequest},
		"another bucket":           {http.MethodGet, "/other/a/1", nil, http.StatusNotFound},
		"an upload with a path":    {http.MethodGet, "/media/a/1?uploadId=..", nil, http.StatusNotFound},
		"a part without an upload": {http.MethodPut, "/media/a/1?partNumber=1&uploadId=AAAAAAAAAAAAAAAAAAAAAAAAAA", nil, http.StatusNotFound},
	} {
		w := ask(t, g, tt.method, tt.target, nil, tt.header...)
		if w.Code != tt.want || !strings.Contains(w.Body.String(), "<Code>") {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, tt.want)
		}
		if h := w.Header(); h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %v", name, h)
		}
	}
	if got := must(t, g, http.MethodGet, "/media/a/1", nil).Body.String(); got != "one" {
		t.Errorf("the object is %q", got)
	}
	if n := blobs(t, g); n != 1 {
		t.Errorf("%d files, want one", n)
	}
}

// TestKeys_prefix stores objects whose keys begin with each other, and lists them in the order
// of their bytes.
func TestKeys_prefix(t *testing.T) {
	g, _ := journaled(t)
	want := []string{"a", "a-b", "a.b", "a/b", "a/b/c", "a0", "b"}
	for i := range want {
		must(t, g, http.MethodPut, "/media/"+want[len(want)-1-i], []byte(want[len(want)-1-i]))
	}
	for _, key := range want {
		if got := must(t, g, http.MethodGet, "/media/"+key, nil).Body.String(); got != key {
			t.Errorf("%s holds %q", key, got)
		}
	}
	for query, want := range map[string]string{
		"": "a a-b a.b a/b a/b/c a0 b", "&prefix=a%2F": "a/b a/b/c", "&start-after=a.b": "a/b a/b/c a0 b", "&start-after=a%2Fb": "a/b/c a0 b",
		"&prefix=a&start-after=a0": "", "&prefix=a%2Fb%2F": "a/b/c", "&max-keys=2": "a a-b", "&prefix=..%2F": "", "&max-keys=0": "",
	} {
		body := must(t, g, http.MethodGet, "/media?list-type=2"+query, nil).Body.String()
		if more := strings.Contains(body, "<IsTruncated>true"); more != (query == "&max-keys=2") {
			t.Errorf("%q has more: %v", query, more)
		}
		var got []string
		for part := range strings.SplitSeq(body, "<Key>") {
			if key, _, ok := strings.Cut(part, "</Key>"); ok {
				got = append(got, key)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q lists %v, want %s", query, got, want)
		}
	}
}

// reading fails the test if the body is read.
type reading struct{ t *testing.T }

// Read implements io.Reader.
func (r reading) Read([]byte) (int, error) {
	r.t.Error("the body was asked for")
	return 0, io.EOF
}

// TestRefuses_beforeTheBody refuses a client that waits for leave to send its body.
func TestRefuses_beforeTheBody(t *testing.T) {
	g, _ := journaled(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/media/a/1", reading{t})
	r.ContentLength = 1 << 20
	r.Header.Set("Expect", "100-continue")
	w := httptest.NewRecorder()
	if g.ServeHTTP(w, r); w.Code != http.StatusForbidden || w.Header().Get("Connection") != "close" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("GET", "/media/a", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00", "")
	f.Add("PUT", "/media/a", "", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00")
	f.Fuzz(func(t *testing.T, method, path, query, authorization string) {
		r := &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{"X-Amz-Date": {"20260101T000000Z"}, "X-Amz-Content-Sha256": {emptyHash}}, Host: "h"}
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		if _, err := testKeys.verify(r, values, time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)); err == nil {
			t.Error("a signature was guessed")
		}
	})
}
