package natter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"sync"

	"natterjack/server/wire"
)

// ErrChanged is the error of a download whose bytes differ from the bytes that were sent.
var ErrChanged = errors.New("natter: the file arrived changed")

// MediaURL is a URL of a file, for some minutes.
type MediaURL = wire.MediaURL

// Rendition names a form in which a file is stored.
type Rendition = wire.Rendition

// MediaURL returns a URL of a file that a message has. Anybody who has the URL can read the file
// for some minutes, so it must not be logged.
func (c *Client) MediaURL(ctx context.Context, channel string, seq uint64, media string, rendition Rendition) (MediaURL, error) {
	return ask[wire.MediaURL](ctx, c, wire.GetMedia{Channel: channel, Seq: seq, Media: media, Rendition: rendition})
}

// Storage tells how much room the user's files take and, if a channel is given, how much the files
// of the channel take.
func (c *Client) Storage(ctx context.Context, channel string) (wire.Storage, error) {
	return ask[wire.Storage](ctx, c, wire.GetStorage{Channel: channel})
}

// Download writes a file that a message has. Bytes that the target holds already must be the
// beginning of that file, from an earlier call: Download goes on behind it. After a lost connection
// it goes on too, as long as ctx lasts. At the end it compares the hash of the whole, and begins
// anew once if that is wrong, then with [ErrChanged]. Progress may be nil; it is told how many
// bytes are there.
//
// If the target held more than the file, its end is cut off, where it has the Truncate of an
// [os.File]. Else Download fails.
func (c *Client) Download(ctx context.Context, channel string, seq uint64, a *Attachment, target io.ReadWriteSeeker, progress func(got, size int64)) error {
	d := &download{client: c, file: target, hash: sha256.New(), want: a.SHA256, size: a.Size, progress: progress}
	if d.progress == nil {
		d.progress = func(int64, int64) {}
	}
	if err := d.resume(ctx); err != nil {
		return err
	}
	cmd := wire.GetMedia{Channel: channel, Seq: seq, Media: a.ID, Download: true}
	for resumed := d.got > 0; ; resumed = false {
		if err := d.run(ctx, cmd); err != nil {
			return err
		}
		if d.whole() {
			return d.ends()
		}
		if !resumed {
			return ErrChanged
		}
		if err := d.restart(); err != nil {
			return err
		}
	}
}

// download is a download under way.
type download struct {
	client    *Client
	file      io.ReadWriteSeeker
	hash      hash.Hash
	want      string // the hash in hex, empty if it is not known
	got, size int64
	progress  func(got, size int64)
}

// resume reads the bytes that the target holds already.
func (d *download) resume(ctx context.Context) error {
	if _, err := d.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(d.hash, reading{ctx, d.file})
	if err != nil {
		return fmt.Errorf("natter: read what was downloaded before: %w", err)
	}
	if d.got = n; n > d.size {
		return d.restart()
	}
	return nil
}

// restart goes back to the beginning, and drops the bytes that the target holds.
func (d *download) restart() error {
	d.got = 0
	d.hash.Reset()
	if _, err := d.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if file, ok := d.file.(interface{ Truncate(size int64) error }); ok {
		return file.Truncate(0)
	}
	return nil
}

// ends returns an error if the target holds more than the file. The hash does not tell, because
// it covers the bytes that came.
func (d *download) ends() error {
	end, err := d.file.Seek(0, io.SeekEnd)
	if err == nil && end > d.size {
		err = fmt.Errorf("natter: the target had %d bytes and the file has %d; empty the target and try again", end, d.size)
	}
	return err
}

// whole reports whether the file has the right hash, if that is known.
func (d *download) whole() bool {
	return d.want == "" || hex.EncodeToString(d.hash.Sum(nil)) == d.want
}

// run fetches the bytes that are missing, over as many connections as that takes.
func (d *download) run(ctx context.Context, cmd wire.GetMedia) error {
	wait := backoff{d.client.options.BackoffMin, d.client.options.BackoffMax}
	failures, refusals := 0, 0
	for d.got < d.size {
		u, err := ask[wire.MediaURL](ctx, d.client, cmd)
		if err != nil {
			return err
		}
		before := d.got
		if err = d.fetch(ctx, u.URL); err == nil && d.got == d.size {
			break
		}
		if d.got > before {
			failures, refusals = 0, 0
		}
		if ctx.Err() != nil {
			return fmt.Errorf("natter: download: %w", context.Cause(ctx))
		}
		if failed, ok := errors.AsType[*targetError](err); ok {
			return fmt.Errorf("natter: write the download: %w", failed.error)
		}
		if refused, ok := errors.AsType[*refusedError](err); ok && !refused.passes() {
			if refusals++; refusals == uploadTries {
				return fmt.Errorf("natter: download: %w", err)
			}
		}
		d.client.log.InfoContext(ctx, "a download was interrupted", "media", cmd.Media, "err", err)
		if err := sleep(ctx, wait.delay(failures)); err != nil {
			return fmt.Errorf("natter: download: %w", err)
		}
		failures++
	}
	d.progress(d.got, d.size)
	return nil
}

// fetch makes one request for all that is missing.
func (d *download) fetch(ctx context.Context, from string) error {
	ctx, cancel := context.WithTimeout(ctx, timeFor(d.size-d.got))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return protocolErrorf("the URL of a file is not valid")
	}
	if d.got > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.got))
	}
	resp, err := d.client.options.HTTPClient.Do(req)
	if err != nil {
		return withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusOK && d.got > 0: // storage does not know ranges
		if err := d.restart(); err != nil {
			return &targetError{err}
		}
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPartialContent:
		return refusedBy(resp)
	}
	return d.pour(&meter{r: io.LimitReader(resp.Body, d.size-d.got), tell: func(int64) { d.progress(d.got, d.size) }})
}

// targetError is an error of the target. To try again would not help.
type targetError struct{ error }

// pourSize is how much of a file is read at once.
const pourSize = 256 << 10

// pour writes the bytes that come to the target. It hashes the bytes that it has written while the
// next ones come: one after the other would take a fourth longer with a fast storage.
func (d *download) pour(body io.Reader) error {
	var hashing sync.WaitGroup
	defer hashing.Wait()
	coming, hashed := make([]byte, pourSize), make([]byte, pourSize)
	for {
		n, err := body.Read(coming)
		hashing.Wait()
		written, failed := d.file.Write(coming[:n])
		d.got += int64(written)
		coming, hashed = hashed, coming
		news := hashed[:written]
		hashing.Go(func() { _, _ = d.hash.Write(news) }) // a hash never fails
		switch {
		case failed != nil:
			return &targetError{failed}
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
