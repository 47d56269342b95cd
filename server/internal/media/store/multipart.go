package store

import (
	"context"
	"errors"
	"time"

	"github.com/minio/minio-go/v7"
)

// Part is one part of an upload in parts.
type Part struct {
	Number int // from 1
	Size   int64
	ETag   string // empty until it is stored
}

// Incomplete is an upload in parts that is neither completed nor aborted.
type Incomplete struct {
	Key, Upload string
	Started     time.Time
}

const pageOfParts = 1000

// StartMultipart begins an upload in parts.
func (s *Store) StartMultipart(ctx context.Context, key, contentType string) (upload string, err error) {
	const op = "begin an upload in parts"
	if err := checkKey(op, key); err != nil {
		return "", err
	}
	err = s.do(ctx, op, s.patience, func(ctx context.Context) (err error) {
		upload, err = s.core.NewMultipartUpload(ctx, s.cfg.Bucket, key, minio.PutObjectOptions{ContentType: contentType})
		return err
	})
	return upload, err
}

// Parts returns the stored parts of an upload, in order.
func (s *Store) Parts(ctx context.Context, key, upload string) (parts []Part, err error) {
	const op = "list the parts of an upload"
	if err := checkKey(op, key); err != nil {
		return nil, err
	}
	for after, more := 0, true; more; {
		err := s.do(ctx, op, s.patience, func(ctx context.Context) error {
			page, err := s.core.ListObjectParts(ctx, s.cfg.Bucket, key, upload, after, pageOfParts)
			if err != nil {
				return err
			}
			for _, p := range page.ObjectParts {
				parts = append(parts, Part{Number: p.PartNumber, Size: p.Size, ETag: unquote(p.ETag)})
			}
			more = page.IsTruncated && page.NextPartNumberMarker > after
			after = page.NextPartNumberMarker
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// CompleteMultipart makes an object of the parts. The caller makes sure that their sizes are
// right, see [Store.Parts].
func (s *Store) CompleteMultipart(ctx context.Context, key, upload string, parts []Part) (Object, error) {
	const op = "complete an upload"
	if err := checkKey(op, key); err != nil {
		return Object{}, err
	}
	o := Object{Key: key}
	all := make([]minio.CompletePart, len(parts))
	for i, p := range parts {
		all[i] = minio.CompletePart{PartNumber: p.Number, ETag: p.ETag}
		o.Size += p.Size
	}
	err := s.do(ctx, op, copyTimeout, func(ctx context.Context) error {
		info, err := s.core.CompleteMultipartUpload(ctx, s.cfg.Bucket, key, upload, all, minio.PutObjectOptions{})
		o.ETag, o.Modified = unquote(info.ETag), info.LastModified
		return err
	})
	if err != nil {
		return Object{}, err
	}
	return o, nil
}

// AbortMultipart ends an upload and deletes its parts. An upload that does not exist counts as
// ended.
func (s *Store) AbortMultipart(ctx context.Context, key, upload string) error {
	const op = "abort an upload"
	if err := checkKey(op, key); err != nil {
		return err
	}
	err := s.do(ctx, op, s.patience, func(ctx context.Context) error {
		return s.core.AbortMultipartUpload(ctx, s.cfg.Bucket, key, upload)
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Uploads returns the uploads in parts of one key, at most 1000. It takes no prefix, because
// MinIO lists uploads of an exact key only.
func (s *Store) Uploads(ctx context.Context, key string) (uploads []Incomplete, err error) {
	const op = "list the uploads of a key"
	if err := checkKey(op, key); err != nil {
		return nil, err
	}
	err = s.do(ctx, op, s.patience, func(ctx context.Context) error {
		page, err := s.core.ListMultipartUploads(ctx, s.cfg.Bucket, key, "", "", "", pageOfParts)
		for _, u := range page.Uploads {
			if u.Key == key {
				uploads = append(uploads, Incomplete{Key: u.Key, Upload: u.UploadID, Started: u.Initiated})
			}
		}
		return err
	})
	return uploads, err
}
