package natter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"natterjack/server/wire"
)

// Attachment is a file that is part of a message.
type Attachment = wire.Attachment

// Attached is an uploaded file, and the ticket that attaches it to a message. Its caption may be
// set before it is sent.
type Attached = wire.Attached

// File is a file to upload. Its content must not change meanwhile.
type File struct {
	Name      string
	MediaType string // as far as known; the server finds out by itself
	Size      int64
	Content   io.ReaderAt

	// ClientID names the upload, to go on with it after a restart of the program. Unless set, it
	// follows from the name and the content, so the same file goes on where it was.
	ClientID string
	// Voice says that a sound is a voice message, and Waveform has a byte for each of its bars.
	Voice    bool
	Waveform []byte
	// Progress is told how many of the file's bytes storage has, and again after a failure how
	// many it still has. It is called on the goroutine of the upload.
	Progress func(stored, size int64)
}

// OpenFile opens a file of the disk for [Client.Upload]. Close is to be called after that.
func OpenFile(path string) (f File, closer io.Closer, err error) {
	file, err := os.Open(path) //nolint:gosec // the caller says which
	if err != nil {
		return File{}, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file; name one", path)
	}
	if err != nil {
		return File{}, nil, errors.Join(err, file.Close())
	}
	return File{Name: filepath.Base(path), Size: info.Size(), Content: file}, file, nil
}

const (
	// uploadTries bounds how often an upload is refused in a row, without any progress between.
	uploadTries = 5
	// slowest is how many bytes a second a transfer takes at least. A slower one is begun anew.
	slowest = 8 << 10
	// tellEvery is how many bytes are moved between two calls of Progress.
	tellEvery = 256 << 10
)

// Upload uploads a file for a channel, and returns once the server has taken it in. After a lost
// connection it goes on where it was, as long as ctx lasts. If the program is started again, the
// same call goes on too, for a day. It never has more than some hundred KiB of the file in memory.
//
// If the server or storage refuses the file, the error is an [*Error] or describes the refusal. So
// it is if storage is still full after some tries.
func (c *Client) Upload(ctx context.Context, channel string, f File) (Attached, error) {
	return c.upload(ctx, channel, f, wire.ForMessage)
}

func (c *Client) upload(ctx context.Context, channel string, f File, purpose wire.Purpose) (Attached, error) {
	sum, err := hashOf(ctx, io.NewSectionReader(f.Content, 0, f.Size))
	if err != nil {
		return Attached{}, fmt.Errorf("natter: read %s: %w", f.Name, err)
	}
	if f.ClientID == "" {
		named := sha256.Sum256([]byte(f.Name + "\n" + sum))
		f.ClientID = "file-" + hex.EncodeToString(named[:16])
	}
	cmd := wire.ReserveUpload{Channel: channel, ClientID: f.ClientID, Name: f.Name, Size: f.Size, MediaType: f.MediaType, SHA256: sum, Purpose: purpose}
	for again := range uploadTries {
		media, err := c.transfer(ctx, &f, cmd)
		if err != nil {
			return Attached{}, err
		}
		done, err := ask[wire.Attached](ctx, c, wire.CompleteUpload{Media: media, Voice: f.Voice, Waveform: f.Waveform})
		// The server may throw an upload away because it arrived damaged.
		if !errors.Is(err, &Error{Code: wire.CodeInvalid}) || again == uploadTries-1 {
			return done, err
		}
	}
	return Attached{}, nil
}

// transfer makes all requests of an upload, and returns the id of the file.
func (c *Client) transfer(ctx context.Context, f *File, cmd wire.ReserveUpload) (media string, err error) {
	wait := backoff{c.options.BackoffMin, c.options.BackoffMax}
	failures, refusals := 0, 0
	for {
		up, err := ask[wire.Upload](ctx, c, cmd)
		if err != nil {
			return "", err
		}
		if up.Stored {
			f.tell(f.Size)
			return up.Media, nil
		}
		moved, err := c.uploadAll(ctx, f, &up)
		if moved {
			failures, refusals = 0, 0
		}
		if moved && err == nil {
			continue
		}
		if ctx.Err() != nil {
			return "", fmt.Errorf("natter: upload %s: %w", f.Name, context.Cause(ctx))
		}
		if err == nil {
			err = errNothingMoved
		}
		if refused, ok := errors.AsType[*refusedError](err); errors.Is(err, errNothingMoved) || ok && !refused.passes() {
			if refusals++; refusals == uploadTries {
				return "", fmt.Errorf("natter: upload %s: %w", f.Name, err)
			}
		}
		c.log.InfoContext(ctx, "an upload was interrupted", "file", f.Name, "err", err)
		if err := sleep(ctx, wait.delay(failures)); err != nil {
			return "", fmt.Errorf("natter: upload %s: %w", f.Name, err)
		}
		failures++
	}
}

// errNothingMoved is the error of a try that left storage as it was, though nothing failed. It may
// be right once, where an earlier request arrived and its answer was lost.
var errNothingMoved = errors.New("storage says that it has the file's bytes, and the server still asks for them; try again later")

// uploadAll makes the requests that the server has offered, and reports whether any byte was new.
func (c *Client) uploadAll(ctx context.Context, f *File, up *wire.Upload) (moved bool, err error) {
	if up.URL != "" {
		return c.put(ctx, f, up, &wire.UploadPart{Size: f.Size, URL: up.URL, Headers: up.Headers}, 0, 0)
	}
	stored := up.Has
	for i := range up.Parts {
		p := &up.Parts[i]
		// The first URL is fresh whatever the clock says: a clock that is ahead must not stop all.
		if i > 0 && time.Until(time.UnixMilli(up.Expires)) < 0 {
			return moved, nil // for fresh URLs
		}
		if p.Number < 1 || p.Size < 1 || int64(p.Number-1)*up.PartSize+p.Size > f.Size {
			return moved, protocolErrorf("the server asks for a part that is not within the file")
		}
		anew, err := c.put(ctx, f, up, p, int64(p.Number-1)*up.PartSize, stored)
		if err != nil {
			return moved, err
		}
		stored += p.Size
		moved = moved || anew
	}
	return moved, nil
}

// put makes one request, and reports whether storage has taken its bytes. If storage had them
// before, that is no error. Before the request, storage has so many bytes of the file.
func (c *Client) put(ctx context.Context, f *File, up *wire.Upload, p *wire.UploadPart, offset, stored int64) (moved bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeFor(p.Size))
	defer cancel()
	body := &meter{r: io.NewSectionReader(f.Content, offset, p.Size), tell: func(n int64) { f.tell(stored + n) }}
	req, err := http.NewRequestWithContext(ctx, up.Method, p.URL, body)
	if err != nil {
		return false, protocolErrorf("the URL of an upload is not valid")
	}
	req.ContentLength = p.Size
	for name, value := range p.Headers {
		req.Header.Set(name, value)
	}
	resp, err := c.options.HTTPClient.Do(req)
	if err != nil {
		return false, withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
		moved = true
	case http.StatusPreconditionFailed:
		// The bytes that are there are of the same file: no other user has had a URL for it.
	default:
		return false, refusedBy(resp)
	}
	f.tell(stored + p.Size)
	return moved, nil
}

func (f *File) tell(stored int64) {
	if f.Progress != nil {
		f.Progress(stored, f.Size)
	}
}

// timeFor returns how long a transfer may take.
func timeFor(size int64) time.Duration {
	return time.Minute + time.Duration(size/slowest)*time.Second
}

// hashOf returns the SHA-256 of a content, in hex.
func hashOf(ctx context.Context, r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, reading{ctx, r}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// reading is a reader that ends with a context.
type reading struct {
	ctx context.Context //nolint:containedctx // of one call of hashOf
	r   io.Reader
}

// Read implements [io.Reader].
func (r reading) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}

// meter tells how much of a body was read. It hides everything else that the reader can do.
type meter struct {
	r         io.Reader
	n, before int64
	tell      func(n int64)
}

// Read implements [io.Reader].
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.n += int64(n); m.n-m.before >= tellEvery {
		m.before = m.n
		m.tell(m.n)
	}
	return n, err
}

// refusedError is a refusal by storage.
type refusedError struct {
	status int
	said   string
}

// Error implements error.
func (e *refusedError) Error() string {
	return fmt.Sprintf("storage answers with HTTP status %d %s: %q", e.status, http.StatusText(e.status), e.said)
}

// passes reports whether the refusal ends by itself. An expired URL ends with the next one. Full
// storage does not get better by waiting: an operator has to make room.
func (e *refusedError) passes() bool {
	return e.status >= 500 && e.status != http.StatusInsufficientStorage || e.status == http.StatusTooManyRequests
}

func refusedBy(resp *http.Response) error {
	const most = 300
	said, _ := io.ReadAll(io.LimitReader(resp.Body, most)) // a broken answer is as good as none
	return &refusedError{resp.StatusCode, string(said)}
}

// withoutURL removes the URL from an error of a request. The URL opens storage to anybody who reads
// it.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
