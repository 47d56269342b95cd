package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	maxPut      = 5 << 30          // bytes in one request
	readTimeout = 30 * time.Second // between two pieces of a body
	baseTimeout = time.Minute      // for any body or answer, and more for each byte
	slowest     = 8 << 10          // bytes a second that a client has to send or read
)

// allowance returns how long a client may take for so many bytes.
func allowance(size int64) time.Duration {
	return baseTimeout + time.Duration(size/slowest)*time.Second
}

// body reads the body of a signed request. It ends with an error if the body is not the one that
// was signed.
type body struct {
	r       *http.Request
	control *http.ResponseController
	hash    hash.Hash
	left    int64
	end     time.Time // when the client must be done
	payload string    // hex of the hash, or [unsigned]
	coming  *atomic.Int64
}

// newBody returns the body of a request. Payload is the hash, or the kind of body, that the
// signature covers. The client has time to read the answer after the last moment at which the body
// may end.
func newBody(w http.ResponseWriter, r *http.Request, payload string) (*body, error) {
	if r.ContentLength < 0 {
		return nil, errNoLength
	}
	if r.ContentLength > maxPut {
		return nil, errTooLarge
	}
	b := &body{
		r: r, control: http.NewResponseController(w), hash: sha256.New(), left: r.ContentLength, payload: payload,
		end: time.Now().Add(allowance(r.ContentLength)),
	}
	if err := b.control.SetWriteDeadline(b.end.Add(baseTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	return b, nil
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	soon := time.Now().Add(readTimeout)
	if soon.After(b.end) {
		soon = b.end
	}
	if err := b.control.SetReadDeadline(soon); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := b.r.Body.Read(p[:min(int64(len(p)), b.left)])
	b.hash.Write(p[:n])
	if b.coming != nil {
		b.coming.Add(-int64(n))
	}
	if b.left -= int64(n); err != nil && b.left > 0 {
		return n, errIncomplete
	}
	return n, nil
}

// sum returns the hash of the body, after its end, unless the request promised another one.
func (b *body) sum() ([]byte, error) {
	sum := b.hash.Sum(nil)
	if b.payload != unsigned && b.payload != hex.EncodeToString(sum) {
		return nil, errDigest
	}
	if want := b.r.Header.Get("X-Amz-Checksum-Sha256"); want != "" && want != base64.StdEncoding.EncodeToString(sum) {
		return nil, errChecksum
	}
	return sum, nil
}

// all reads a small body.
func (b *body) all(most int64) ([]byte, error) {
	if b.left > most {
		return nil, errMalformed
	}
	data, err := io.ReadAll(b)
	if err != nil {
		return nil, err
	}
	_, err = b.sum()
	return data, err
}

const (
	maxDiscard     = 64 << 20
	discardTimeout = 10 * time.Second
)

// discard reads the rest of the body of a request that is refused. A client that is still sending
// would otherwise find the connection broken, and never read the refusal.
func discard(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 {
		return
	}
	if r.Header.Get("Expect") != "" { // reading would ask for the body, which the client has not sent
		w.Header().Set("Connection", "close")
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(discardTimeout))
	if n, err := io.Copy(io.Discard, io.LimitReader(r.Body, maxDiscard)); err != nil || n == maxDiscard {
		w.Header().Set("Connection", "close")
	}
	allowWrite(w, 0) // the time before may be over
}

// allowWrite gives a client the time to read so many bytes.
func allowWrite(w http.ResponseWriter, size int64) {
	// A writer that knows no deadline is one of a test.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(allowance(size)))
}
