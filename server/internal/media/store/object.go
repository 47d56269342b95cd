package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Object describes a stored object.
type Object struct {
	Key      string
	ETag     string // without quotes
	Type     string // empty in lists
	Size     int64
	Modified time.Time
}

// Meta holds the headers that storage keeps beside an object, and answers with.
type Meta struct {
	Type, CacheControl, Disposition string
}

// header returns the header that stores m.
func (m Meta) header() map[string]string {
	h := map[string]string{}
	for name, value := range map[string]string{"Content-Type": m.Type, "Cache-Control": m.CacheControl, "Content-Disposition": m.Disposition} {
		if value != "" {
			h[name] = value
		}
	}
	return h
}

func unquote(etag string) string { return strings.Trim(etag, `"`) }

func object(key string, info minio.ObjectInfo) Object {
	return Object{Key: key, ETag: unquote(info.ETag), Type: info.ContentType, Size: info.Size, Modified: info.LastModified}
}

// Stat describes an object.
func (s *Store) Stat(ctx context.Context, key string) (o Object, err error) {
	const op = "look at an object"
	if err := checkKey(op, key); err != nil {
		return Object{}, err
	}
	err = s.do(ctx, op, s.patience, func(ctx context.Context) error {
		info, err := s.core.StatObject(ctx, s.cfg.Bucket, key, minio.StatObjectOptions{})
		o = object(key, info)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		// A HEAD says as little about a missing bucket. An object must not seem deleted because
		// of that.
		if err := s.check(ctx); err != nil {
			return Object{}, err
		}
	}
	if err != nil {
		return Object{}, err
	}
	return o, nil
}

// Read writes a range of an object. An empty etag means any.
func (s *Store) Read(ctx context.Context, w io.Writer, key, etag string, offset, length int64) error {
	const op = "read a part of an object"
	var opts minio.GetObjectOptions
	if offset < 0 || length <= 0 {
		return internal(op, fmt.Sprintf("%d bytes from %d are no range", length, offset))
	}
	if err := opts.SetRange(offset, offset+length-1); err != nil {
		return internal(op, scrub(err))
	}
	_, err := s.get(ctx, op, w, key, etag, opts, length)
	return err
}

// Download writes an object, and returns its hash.
func (s *Store) Download(ctx context.Context, w io.Writer, key, etag string) (o Object, sum [32]byte, err error) {
	const op = "read an object"
	h := sha256.New()
	o, err = s.get(ctx, op, io.MultiWriter(w, h), key, etag, minio.GetObjectOptions{}, MaxCopy)
	h.Sum(sum[:0])
	return o, sum, err
}

// get writes at most most bytes of an object. Errors of w are returned as they are.
func (s *Store) get(ctx context.Context, op string, w io.Writer, key, etag string, opts minio.GetObjectOptions, most int64) (o Object, err error) {
	if err := checkKey(op, key); err != nil {
		return Object{}, err
	}
	if etag != "" {
		if err := opts.SetMatchETag(etag); err != nil {
			return Object{}, internal(op, scrub(err))
		}
	}
	to := &sink{w: w}
	err = s.do(ctx, op, transfer(most), func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		late := time.AfterFunc(s.patience, cancel) // the first byte has to come soon
		body, info, _, err := s.core.GetObject(ctx, s.cfg.Bucket, key, opts)
		if err == nil {
			defer func() { _ = body.Close() }()
		}
		if !late.Stop() {
			return context.DeadlineExceeded
		}
		if err != nil {
			return err
		}
		stalled := time.AfterFunc(transfer(info.Size), cancel)
		defer stalled.Stop()
		o = object(key, info)
		return s.fill(op, to, body, info.Size)
	})
	if to.err != nil {
		return Object{}, to.err
	}
	return o, err
}

// fill copies a body that must have exactly size bytes.
func (s *Store) fill(op string, to *sink, body io.Reader, size int64) error {
	n, err := io.Copy(to, body)
	switch {
	case to.err != nil:
		return nil //nolint:nilerr // not storage's fault: get returns it as it is
	case err != nil:
		return down(op, fmt.Sprintf("storage ended after %d of %d bytes: %s", n, size, scrub(err)))
	case n != size:
		return down(op, fmt.Sprintf("storage ended after %d of %d bytes", n, size))
	}
	return nil
}

// sink remembers the error of a writer, so that it is not taken for one of storage.
type sink struct {
	w   io.Writer
	err error
}

// Write implements [io.Writer].
func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

// Put stores an object, or replaces it. It reads the body twice, and names its hash in the signed
// header, so that storage refuses any other.
func (s *Store) Put(ctx context.Context, key string, body io.ReadSeeker, size int64, m Meta) (Object, error) {
	const op = "store an object"
	if err := checkKey(op, key); err != nil {
		return Object{}, err
	}
	if size < 0 || size > MaxCopy {
		return Object{}, internal(op, fmt.Sprintf("an object cannot have %d bytes", size))
	}
	h := sha256.New()
	if n, err := io.Copy(h, body); err != nil {
		return Object{}, fmt.Errorf("media storage: %s: read the source: %w", op, err)
	} else if n != size {
		return Object{}, internal(op, fmt.Sprintf("the source has %d bytes, and should have %d", n, size))
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return Object{}, fmt.Errorf("media storage: %s: read the source again: %w", op, err)
	}
	o := Object{Key: key, Type: m.Type, Size: size}
	err := s.do(ctx, op, transfer(size), func(ctx context.Context) error {
		info, err := s.core.PutObject(ctx, s.cfg.Bucket, key, body, size, "", hex.EncodeToString(h.Sum(nil)), minio.PutObjectOptions{
			ContentType: m.Type, CacheControl: m.CacheControl, ContentDisposition: m.Disposition,
			DisableContentSha256: true, // of each piece: the hash of the whole is signed
		})
		o.ETag, o.Modified = unquote(info.ETag), info.LastModified
		return err
	})
	if err != nil {
		return Object{}, err
	}
	return o, nil
}

// Copy copies an object within storage if it still has the given ETag. m replaces the headers that
// storage keeps beside the object.
func (s *Store) Copy(ctx context.Context, from, etag, to string, m Meta) (Object, error) {
	const op = "copy an object"
	if err := errors.Join(checkKey(op, from), checkKey(op, to)); err != nil {
		return Object{}, err
	}
	if etag == "" {
		return Object{}, internal(op, "an object is copied by its ETag")
	}
	o := Object{Key: to, Type: m.Type}
	err := s.do(ctx, op, copyTimeout, func(ctx context.Context) error {
		info, err := s.core.Client.CopyObject(ctx,
			minio.CopyDestOptions{Bucket: s.cfg.Bucket, Object: to, ReplaceMetadata: true, UserMetadata: m.header()},
			minio.CopySrcOptions{Bucket: s.cfg.Bucket, Object: from, MatchETag: etag})
		o.ETag, o.Modified, o.Size = unquote(info.ETag), info.LastModified, info.Size
		return err
	})
	if err != nil {
		return Object{}, err
	}
	return o, nil
}

// Remove deletes objects. An object that does not exist counts as deleted.
func (s *Store) Remove(ctx context.Context, keys ...string) error {
	const op = "delete an object"
	for _, key := range keys {
		if err := checkKey(op, key); err != nil {
			return err
		}
		err := s.do(ctx, op, s.patience, func(ctx context.Context) error {
			return s.core.RemoveObject(ctx, s.cfg.Bucket, key, minio.RemoveObjectOptions{})
		})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

const pageOfObjects = 1000

// List returns the objects whose keys begin with a prefix, in the order of their keys. It asks
// for a page at a time. After an error it ends.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for after := ""; ; {
			page, err := s.page(ctx, prefix, after)
			if err != nil {
				yield(Object{}, err)
				return
			}
			for _, o := range page {
				if !yield(o, nil) {
					return
				}
			}
			if len(page) < s.pageSize {
				return
			}
			after = page[len(page)-1].Key
		}
	}
}

func (s *Store) page(ctx context.Context, prefix, after string) (page []Object, err error) {
	err = s.do(ctx, "list objects", s.patience, func(ctx context.Context) error {
		page = page[:0]
		for info := range s.core.ListObjectsIter(ctx, s.cfg.Bucket, minio.ListObjectsOptions{
			Prefix: prefix, Recursive: true, StartAfter: after, MaxKeys: s.pageSize,
		}) {
			if info.Err != nil {
				return info.Err
			}
			if page = append(page, object(info.Key, info)); len(page) == s.pageSize {
				break
			}
		}
		return nil
	})
	return page, err
}
