package media

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync/atomic"
	"syscall"

	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/crashpoint"
	"natterjack/server/internal/media/inspect"
	"natterjack/server/internal/media/kind"
	"natterjack/server/internal/media/picture"
	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

// spoken holds the facts that only the sender of a voice message knows.
type spoken struct {
	voice    bool
	waveform []byte
}

// taker takes one file in.
type taker struct {
	storage   Storage
	records   *uploads.Records
	inspector *inspect.Inspector
	scanner   Scanner
	temp      string
	fits      func(bytes int64) bool // in temp; may be nil
	needs     atomic.Int64           // bytes of temporary files that are under way, at most
	logger    *slog.Logger
}

// take makes the record of an upload ready, or says why it cannot. Other nodes may do the same at
// the same time: they store the same objects, and one of them writes the record.
func (t *taker) take(ctx context.Context, r *uploads.Record, say spoken) error {
	err := t.try(ctx, r, say)
	if err == nil {
		return nil
	}
	// Another node may have been faster, and removed the upload.
	if now, again := t.records.Get(ctx, r.User, r.Media); again == nil && now != nil && now.State == uploads.Ready {
		return nil
	}
	switch {
	case ctx.Err() != nil, errors.Is(err, uploads.ErrChanged), errors.Is(err, picture.ErrBusy), errors.Is(err, store.ErrChanged):
		return busy()
	case errors.Is(err, store.ErrNotFound):
		return wire.Errorf(wire.CodeInvalid, "media: not all of the file has been uploaded; resume_upload tells what is missing")
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return noRoom()
	}
	if _, said := errors.AsType[*wire.Error](err); !said {
		t.logger.ErrorContext(ctx, "a file could not be taken in", "media", r.Media, "error", err)
	}
	return err
}

func noRoom() error {
	return wire.Errorf(wire.CodeStorageFull, "this server has no room to check the file; try again later")
}

// occupy takes room for the temporary files of an upload: itself, and its clean copy. Bytes that
// other uploads have written already count twice, so it refuses rather too early than too late.
func (t *taker) occupy(r *uploads.Record) (release func(), err error) {
	const files = 2
	needs := t.needs.Add(files * r.Size)
	release = func() { t.needs.Add(-files * r.Size) }
	if t.fits != nil && !t.fits(needs) {
		release()
		return nil, noRoom()
	}
	return release, nil
}

func (t *taker) try(ctx context.Context, r *uploads.Record, say spoken) error {
	o, err := t.assemble(ctx, r)
	if err != nil {
		return err
	}
	if o.Size != r.Size {
		return t.another(ctx, r, "has %d bytes, not %d", o.Size, r.Size)
	}
	release, err := t.occupy(r)
	if err != nil {
		return err
	}
	defer release()
	file, err := t.file()
	if err != nil {
		return err
	}
	defer file.discard()
	o, sum, err := t.storage.Download(ctx, file, o.Key, o.ETag)
	if err != nil {
		return err
	}
	if hex.EncodeToString(sum[:]) != r.SHA256 {
		return t.another(ctx, r, "does not have the sha256 that was announced")
	}
	crashpoint.Reach(crashpoint.Fetched)
	if err := t.scan(ctx, r, file); err != nil {
		return err
	}
	return t.keep(ctx, r, &o, file, say)
}

// assemble puts the parts of an upload together, if it has parts, and describes it.
func (t *taker) assemble(ctx context.Context, r *uploads.Record) (store.Object, error) {
	if r.Multipart == "" {
		return t.storage.Stat(ctx, uploadKey(r.Media))
	}
	stored, err := t.storage.Parts(ctx, uploadKey(r.Media), r.Multipart)
	if errors.Is(err, store.ErrNotFound) { // they have been put together before
		return t.storage.Stat(ctx, uploadKey(r.Media))
	}
	if err != nil {
		return store.Object{}, err
	}
	parts := wanted(r, stored)
	if len(parts) < partCount(r) {
		return store.Object{}, store.ErrNotFound
	}
	inOrder := slices.SortedFunc(maps.Values(parts), func(a, b store.Part) int { return a.Number - b.Number })
	if _, err := t.storage.CompleteMultipart(ctx, uploadKey(r.Media), r.Multipart, inOrder); err != nil && !errors.Is(err, store.ErrNotFound) {
		if errors.Is(err, store.ErrMismatch) {
			return store.Object{}, store.ErrNotFound
		}
		return store.Object{}, err
	}
	crashpoint.Reach(crashpoint.Assembled)
	return t.storage.Stat(ctx, uploadKey(r.Media))
}

// another throws an upload away that is not the file for which room was reserved. The client may
// upload it again.
func (t *taker) another(ctx context.Context, r *uploads.Record, format string, args ...any) error {
	if err := t.storage.Remove(ctx, uploadKey(r.Media)); err != nil {
		return err
	}
	if r.Multipart != "" {
		r.Multipart = ""
		if err := t.records.Put(ctx, r); err != nil {
			return err
		}
	}
	return wire.Errorf(wire.CodeInvalid, "media: the uploaded file "+format+", so it was discarded; upload the file again", args...)
}

// scan looks for viruses. A file that has one is never stored.
func (t *taker) scan(ctx context.Context, r *uploads.Record, file *temporary) error {
	if t.scanner == nil {
		return nil
	}
	found, err := t.scanner.Scan(ctx, io.NewSectionReader(file, 0, r.Size), r.Size)
	if err != nil || found == "" {
		return err
	}
	t.logger.WarnContext(ctx, "the scanner refused a file", "user", r.User, "media", r.Media, "found", found)
	return t.refuse(ctx, r, "the scanner of this server refused the file")
}

// refuse throws an upload away for good.
func (t *taker) refuse(ctx context.Context, r *uploads.Record, reason string) error {
	r.State, r.Reason, r.Multipart = uploads.Refused, reason, ""
	if err := t.records.Put(ctx, r); err != nil {
		return err
	}
	return errors.Join(refused(r), t.seal(ctx, r))
}

// seal puts nothing in the place of an upload that is over. An upload is written once, so a client
// that still has the link cannot store the file again. The sweep removes the rest once no link is
// good.
func (t *taker) seal(ctx context.Context, r *uploads.Record) error {
	_, err := t.storage.Put(ctx, uploadKey(r.Media), bytes.NewReader(nil), 0, store.Meta{Type: kind.Opaque})
	return err
}

// keep stores a file as others get it, and then says so in the record.
func (t *taker) keep(ctx context.Context, r *uploads.Record, o *store.Object, file *temporary, say spoken) error {
	if r.Purpose == wire.ForPicture {
		return t.keepPicture(ctx, r, file)
	}
	copied, err := t.file()
	if err != nil {
		return err
	}
	defer copied.discard()
	hash := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(copied, hash), 256<<10)
	found, err := t.inspector.Inspect(ctx, file, r.Size, buffered)
	if err = errors.Join(err, buffered.Flush()); err != nil {
		return err
	}
	crashpoint.Reach(crashpoint.Inspected)
	a := describe(r, &found, say)
	if err := valid(a); err != nil { // before anything is stored
		return err
	}
	if err := t.storePreviews(ctx, a, found.Thumbnails); err != nil {
		return err
	}
	crashpoint.Reach(crashpoint.Previewed)
	if found.Cleaned {
		a.SHA256 = hex.EncodeToString(hash.Sum(nil))
		err = t.storeCopy(ctx, a, copied)
	} else {
		a.SHA256 = r.SHA256
		_, err = t.storage.Copy(ctx, o.Key, o.ETag, storedKey(r.Media, wire.RenditionOriginal), metaOf(a))
	}
	if err != nil {
		return err
	}
	if err := valid(a); err != nil {
		return err
	}
	crashpoint.Reach(crashpoint.Kept)
	return t.record(ctx, r, a)
}

func valid(a *wire.Attachment) error {
	if err := a.Validate(); err != nil {
		return fmt.Errorf("the facts found about the file are not valid: %w", err)
	}
	return nil
}

// storeCopy stores the clean copy of a file.
func (t *taker) storeCopy(ctx context.Context, a *wire.Attachment, copied *temporary) error {
	size, err := copied.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := copied.Seek(0, io.SeekStart); err != nil {
		return err
	}
	a.Size = size
	_, err = t.storage.Put(ctx, storedKey(a.ID, wire.RenditionOriginal), copied, size, metaOf(a))
	return err
}

// record makes the record ready, and seals the upload. If that fails, the sweep removes the upload
// later.
func (t *taker) record(ctx context.Context, r *uploads.Record, a *wire.Attachment) error {
	r.State, r.Attachment, r.Multipart = uploads.Ready, a, ""
	if err := t.records.Put(ctx, r); err != nil {
		return err
	}
	crashpoint.Reach(crashpoint.Recorded)
	if err := t.seal(ctx, r); err != nil {
		t.logger.WarnContext(ctx, "an upload could not be removed; the next sweep tries again", "media", r.Media, "error", err)
	}
	crashpoint.Reach(crashpoint.Tidied)
	return nil
}

// temporary is a file that is gone when the process is.
type temporary struct{ *os.File }

// file makes a temporary file. Its name is removed at once where the system allows that.
func (t *taker) file() (*temporary, error) {
	f, err := os.CreateTemp(t.temp, "file-*")
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	_ = os.Remove(f.Name()) // otherwise discard does it
	return &temporary{f}, nil
}

func (f *temporary) discard() {
	_ = f.Close() // its content is not needed any more
	_ = os.Remove(f.Name())
}
