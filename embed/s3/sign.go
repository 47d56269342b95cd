package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	dateFormat = "20060102T150405Z"
	maxSkew    = 15 * time.Minute
	maxExpires = 7 * 24 * 60 * 60 // seconds
	unsigned   = "UNSIGNED-PAYLOAD"
)

// keys is the pair of keys that everything is signed with.
type keys struct{ access, secret, region string }

// claim holds the parameters of a request's signature.
type claim struct {
	credential, signature string
	signed                []string // lower-case names of headers
	date                  time.Time
	payload               string // the hash of the body, or [unsigned]
	presigned             bool
	expires               time.Duration // of a presigned request
}

// verify checks that a request was signed with the keys, and returns the hash that it gives for its
// body. It reads nothing of the body.
func (k keys) verify(r *http.Request, query url.Values, now time.Time) (payload string, err error) {
	c, err := claimOf(r, query)
	if err != nil {
		return "", err
	}
	access, scope, _ := strings.Cut(c.credential, "/")
	if subtle.ConstantTimeCompare([]byte(access), []byte(k.access)) != 1 {
		return "", errUnknownKey
	}
	day := c.date.Format("20060102")
	if scope != day+"/"+k.region+"/s3/aws4_request" {
		return "", refuse(http.StatusBadRequest, "AuthorizationHeaderMalformed", "the credential is for another day, region or service")
	}
	if err := c.inTime(now); err != nil {
		return "", err
	}
	if err := c.covers(r); err != nil {
		return "", err
	}
	canonical, err := c.canonical(r, query)
	if err != nil {
		return "", err
	}
	if !hmac.Equal([]byte(k.sign(c.date, scope, canonical)), []byte(c.signature)) {
		return "", errSignature
	}
	return c.payload, nil
}

// sign returns the signature of a canonical request.
func (k keys) sign(date time.Time, scope, canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	text := algorithm + "\n" + date.Format(dateFormat) + "\n" + scope + "\n" + hex.EncodeToString(sum[:])
	key := []byte("AWS4" + k.secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// claimOf reads the signature, from the query or from the header, but not from both.
func claimOf(r *http.Request, query url.Values) (*claim, error) {
	header, inHeader := r.Header["Authorization"]
	inQuery := slices.ContainsFunc(signatureQuery, query.Has)
	switch {
	case inHeader && !inQuery && len(header) == 1:
		return headerClaim(r, header[0])
	case inQuery && !inHeader:
		return queryClaim(query)
	default:
		return nil, errDenied
	}
}

// signatureQuery are the members of the query of a presigned request.
var signatureQuery = []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"}

func queryClaim(query url.Values) (*claim, error) {
	for _, name := range signatureQuery {
		if len(query[name]) != 1 {
			return nil, errDenied
		}
	}
	expires, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || expires < 1 || expires > maxExpires || query.Get("X-Amz-Algorithm") != algorithm {
		return nil, errDenied
	}
	c := &claim{
		credential: query.Get("X-Amz-Credential"), signature: query.Get("X-Amz-Signature"),
		signed: strings.Split(query.Get("X-Amz-SignedHeaders"), ";"), payload: unsigned,
		presigned: true, expires: time.Duration(expires) * time.Second,
	}
	if c.date, err = time.Parse(dateFormat, query.Get("X-Amz-Date")); err != nil {
		return nil, errDenied
	}
	return c, nil
}

func headerClaim(r *http.Request, header string) (*claim, error) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return nil, errDenied
	}
	c := &claim{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case name == "Credential" && c.credential == "":
			c.credential = value
		case name == "SignedHeaders" && c.signed == nil:
			c.signed = strings.Split(value, ";")
		case name == "Signature" && c.signature == "":
			c.signature = value
		default:
			return nil, errDenied
		}
	}
	dates, payloads := r.Header["X-Amz-Date"], r.Header["X-Amz-Content-Sha256"]
	if len(dates) != 1 || len(payloads) != 1 {
		return nil, errDenied
	}
	var err error
	if c.date, err = time.Parse(dateFormat, dates[0]); err != nil {
		return nil, errDenied
	}
	if c.payload = payloads[0]; c.payload == unsigned {
		return c, nil
	}
	if strings.HasPrefix(c.payload, "STREAMING-") {
		return nil, notImplemented(c.payload)
	}
	if sum, err := hex.DecodeString(c.payload); err != nil || len(sum) != sha256.Size {
		return nil, errDenied
	}
	return c, nil
}

// inTime checks the date, and that a presigned request has not expired.
func (c *claim) inTime(now time.Time) error {
	switch age := now.Sub(c.date); {
	case age < -maxSkew:
		return errSkewed
	case c.presigned && age > c.expires:
		return errExpired
	case !c.presigned && age > maxSkew:
		return errSkewed
	}
	return nil
}

// covers checks that the signature covers the host and every header of S3's own, because these
// decide what the request does.
func (c *claim) covers(r *http.Request) error {
	if !slices.IsSorted(c.signed) || !slices.Contains(c.signed, "host") {
		return errDenied
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !slices.Contains(c.signed, name) {
			return refuse(http.StatusForbidden, "AccessDenied", "the header %.60q is not signed", name)
		}
	}
	return nil
}

// canonical returns the text that is signed.
func (c *claim) canonical(r *http.Request, query url.Values) (string, error) {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n")
	b.WriteString(canonicalQuery(query) + "\n")
	for i, name := range c.signed {
		if i > 0 && c.signed[i-1] == name {
			return "", errDenied
		}
		value, ok := headerValue(r, name)
		if !ok {
			return "", errSignature
		}
		b.WriteString(name + ":" + value + "\n")
	}
	b.WriteString("\n" + strings.Join(c.signed, ";") + "\n" + c.payload)
	return b.String(), nil
}

// headerValue returns the value of a header as it is signed. net/http keeps two of them apart.
func headerValue(r *http.Request, name string) (string, bool) {
	switch name {
	case "host":
		return r.Host, true
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10), r.ContentLength >= 0
	}
	values, ok := r.Header[http.CanonicalHeaderKey(name)]
	if !ok {
		return "", false
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(trimmed, ","), true
}

// canonicalQuery returns the query in order, escaped as S3 wants it, without the signature.
func canonicalQuery(query url.Values) string {
	var pairs []string
	for name, values := range query {
		if name == "X-Amz-Signature" {
			continue
		}
		for _, v := range values {
			pairs = append(pairs, escape(name)+"="+escape(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
