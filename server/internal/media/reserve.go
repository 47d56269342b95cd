package media

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"time"

	"natterjack/jetstream/operation"
	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/crashpoint"
	"natterjack/server/internal/media/kind"
	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

const (
	// room is how long room is reserved, and so how long a ticket is valid at most.
	room = 24 * time.Hour
	// wholeUpTo is the greatest size of a file that is uploaded by one request.
	wholeUpTo = 64 << 20
	// linkLife is how long the URLs of an upload are valid unless configured. Storage checks it
	// when a request begins.
	linkLife = 15 * time.Minute
	// partSize is the size of parts. Storage takes 10,000 of them at most, so the parts of huge
	// files are larger.
	partSize = 16 << 20
	maxParts = 9_000
	// tries bounds how often a step begins anew because another request has changed the record.
	tries = 5
)

// reserve answers reserve_upload.
func (m *Media) reserve(ctx context.Context, c operation.Caller, cmd wire.ReserveUpload) (wire.Upload, error) {
	may := m.log.MayPost
	if cmd.Purpose == wire.ForPicture {
		may = m.log.MayPicture
	}
	if err := may(ctx, c.User, cmd.Channel); err != nil {
		return wire.Upload{}, err
	}
	if limit := m.limits.FileBytes; limit > 0 && cmd.Size > limit {
		return wire.Upload{}, wire.Errorf(wire.CodeTooLarge, "size: the file has %d bytes; at most %d are allowed", cmd.Size, limit)
	}
	key := m.key(c.User, &cmd)
	return m.again(ctx, func() (wire.Upload, error) {
		r, err := m.records.Get(ctx, c.User, key)
		if err != nil {
			return wire.Upload{}, err
		}
		stays, err := m.stays(ctx, r, time.Now())
		if err == nil && !stays {
			r, err = m.begin(ctx, c.User, uploads.NewMedia(key), &cmd, r)
		}
		if err != nil {
			return wire.Upload{}, err
		}
		return m.offer(ctx, r)
	})
}

// stays reports whether an upload goes on under the record that there is. Otherwise it begins anew
// under another id, because the file of the first may be being removed.
func (m *Media) stays(ctx context.Context, r *uploads.Record, now time.Time) (bool, error) {
	switch {
	case r == nil, !r.Live(now), r.State == uploads.Removed:
		return false, nil
	case r.State == uploads.Ready:
		return m.isStored(ctx, r) // storage may have lost it
	}
	return true, nil
}

// resume answers resume_upload.
func (m *Media) resume(ctx context.Context, c operation.Caller, cmd wire.ResumeUpload) (wire.Upload, error) {
	return m.again(ctx, func() (wire.Upload, error) {
		r, err := m.own(ctx, c.User, cmd.Media)
		if err != nil {
			return wire.Upload{}, err
		}
		return m.offer(ctx, r)
	})
}

// again repeats a step for which the record has changed meanwhile.
func (m *Media) again(ctx context.Context, step func() (wire.Upload, error)) (up wire.Upload, err error) {
	if m.storage.Err() != nil {
		return up, away()
	}
	for range tries {
		if up, err = step(); !errors.Is(err, uploads.ErrChanged) {
			return up, err
		}
	}
	return up, wire.Errorf(wire.CodeUnavailable, "the same upload is being changed by another request; retry").After(time.Second)
}

func away() error {
	return wire.Errorf(wire.CodeUnavailable, "files cannot be stored or read now; retry").After(time.Second)
}

// own returns the record of an upload of the user's that has not expired.
func (m *Media) own(ctx context.Context, user, media string) (*uploads.Record, error) {
	r, err := m.records.Get(ctx, user, media)
	switch {
	case err != nil:
		return nil, err
	case r == nil, !r.Live(time.Now()):
		return nil, notFound()
	case r.Media != media, r.State == uploads.Removed:
		return nil, gone("media")
	case r.State == uploads.Refused:
		return nil, refused(r)
	}
	return r, nil
}

func refused(r *uploads.Record) error { return wire.Errorf(wire.CodeInvalid, "media: %s", r.Reason) }

// begin reserves room for a file, in place of a record that is over.
func (m *Media) begin(ctx context.Context, user, media string, cmd *wire.ReserveUpload, over *uploads.Record) (*uploads.Record, error) {
	if err := m.storage.Room(cmd.Size); err != nil {
		return nil, err
	}
	release, err := m.claim(user, cmd.Channel, media, cmd.Size)
	if err != nil {
		return nil, err
	}
	defer release()
	now := time.Now()
	r := &uploads.Record{
		User: user, Media: media, Channel: cmd.Channel, Purpose: cmd.Purpose, Name: cmd.Name, Size: cmd.Size, MediaType: mediaType(cmd.MediaType), SHA256: cmd.SHA256,
		State: uploads.Reserved, Expires: now.Add(room).UnixMilli(), PartSize: partSizeOf(cmd.Size),
	}
	if over != nil {
		m.abandon(ctx, over)
		r.Replaces(over)
	}
	if err := m.records.Put(ctx, r); err != nil {
		return nil, err
	}
	crashpoint.Reach(crashpoint.Reserved)
	return r, nil
}

// abandon ends the upload in parts of a record, if it has one. If that fails, storage ends it by
// itself some day.
func (m *Media) abandon(ctx context.Context, r *uploads.Record) {
	if r.Multipart == "" {
		return
	}
	if err := m.storage.AbortMultipart(ctx, uploadKey(r.Media), r.Multipart); err != nil {
		m.logger.WarnContext(ctx, "an upload in parts could not be ended", "media", r.Media, "error", err)
	}
}

func mediaType(claimed string) string {
	if claimed == "" {
		return kind.Opaque
	}
	return claimed
}

// partSizeOf returns the size of the parts of a file, or 0 if it is uploaded whole.
func partSizeOf(size int64) int64 {
	if size <= wholeUpTo {
		return 0
	}
	const mib = 1 << 20
	least := (size + maxParts - 1) / maxParts
	return max(partSize, (least+mib-1)/mib*mib)
}

// offer says how to upload the bytes that storage does not have yet.
func (m *Media) offer(ctx context.Context, r *uploads.Record) (wire.Upload, error) {
	up := wire.Upload{Media: r.Media, Room: r.Expires}
	if r.State == uploads.Refused {
		return up, refused(r)
	}
	if r.State == uploads.Ready {
		up.Stored = true
		return up, nil
	}
	if r.PartSize == 0 {
		return up, m.offerWhole(ctx, r, &up)
	}
	return up, m.offerParts(ctx, r, &up)
}

// isStored reports whether storage has the file in the form in which it is given to others.
func (m *Media) isStored(ctx context.Context, r *uploads.Record) (bool, error) {
	return exists(ctx, m.storage, storedKey(r.Media, wire.RenditionOriginal))
}

func exists(ctx context.Context, o objects, key string) (bool, error) {
	_, err := o.Stat(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (m *Media) offerWhole(ctx context.Context, r *uploads.Record, up *wire.Upload) (err error) {
	if up.Stored, err = exists(ctx, m.storage, uploadKey(r.Media)); up.Stored || err != nil {
		return err
	}
	if err := m.storage.Room(r.Size); err != nil {
		return err
	}
	put := store.Upload{Key: uploadKey(r.Media), Type: r.MediaType, Size: r.Size, Life: m.linkLife()}
	if _, err := hex.Decode(put.SHA256[:], []byte(r.SHA256)); err != nil {
		return err
	}
	link, err := m.storage.PresignPut(put)
	up.Method, up.URL, up.Headers, up.Expires = link.Method, link.URL, link.Header, link.Expires.UnixMilli()
	return err
}

func (m *Media) offerParts(ctx context.Context, r *uploads.Record, up *wire.Upload) error {
	has, err := m.partsOf(ctx, r)
	if errors.Is(err, store.ErrNotFound) { // the parts were put together, or storage has dropped them
		if up.Stored, err = exists(ctx, m.storage, uploadKey(r.Media)); up.Stored || err != nil {
			return err
		}
		if err := m.startParts(ctx, r); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	up.PartSize = r.PartSize
	for _, part := range has {
		up.Has += part.Size
	}
	if up.Has == r.Size {
		up.Stored = true
		return nil
	}
	if err := m.storage.Room(r.Size - up.Has); err != nil {
		return err
	}
	return m.presignParts(r, up, has)
}

// partsOf returns the parts that storage has, by number. A part of a wrong size is none. If no
// upload in parts has begun, or there is none any more, the error is [store.ErrNotFound].
func (m *Media) partsOf(ctx context.Context, r *uploads.Record) (map[int]store.Part, error) {
	if r.Multipart == "" {
		return nil, store.ErrNotFound
	}
	parts, err := m.storage.Parts(ctx, uploadKey(r.Media), r.Multipart)
	return wanted(r, parts), err
}

// wanted returns those parts that belong to the file, by number.
func wanted(r *uploads.Record, parts []store.Part) map[int]store.Part {
	some := make(map[int]store.Part, len(parts))
	for _, part := range parts {
		if part.Number >= 1 && part.Number <= partCount(r) && part.Size == sizeOfPart(r, part.Number) {
			some[part.Number] = part
		}
	}
	return some
}

func partCount(r *uploads.Record) int { return int((r.Size + r.PartSize - 1) / r.PartSize) }

func sizeOfPart(r *uploads.Record, number int) int64 {
	return min(r.PartSize, r.Size-int64(number-1)*r.PartSize)
}

func (m *Media) startParts(ctx context.Context, r *uploads.Record) (err error) {
	if r.Multipart, err = m.storage.StartMultipart(ctx, uploadKey(r.Media), r.MediaType); err != nil {
		return err
	}
	crashpoint.Reach(crashpoint.Started)
	if err := m.records.Put(ctx, r); err != nil {
		m.abandon(context.WithoutCancel(ctx), r) // another node has started one, which counts
		return err
	}
	return nil
}

func (m *Media) presignParts(r *uploads.Record, up *wire.Upload, has map[int]store.Part) error {
	for number := 1; number <= partCount(r) && len(up.Parts) < wire.MaxUploadParts; number++ {
		if _, ok := has[number]; ok {
			continue
		}
		part := store.Part{Number: number, Size: sizeOfPart(r, number)}
		link, err := m.storage.PresignPart(uploadKey(r.Media), r.Multipart, part, m.linkLife())
		if err != nil {
			return err
		}
		up.Method, up.Expires = link.Method, link.Expires.UnixMilli()
		up.Parts = append(up.Parts, wire.UploadPart{Number: number, Size: part.Size, URL: link.URL, Headers: link.Header})
	}
	return nil
}

func (m *Media) linkLife() time.Duration { return cmp.Or(m.limits.LinkLife, linkLife) }
