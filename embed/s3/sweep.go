package s3

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// leftovers are the files of a bucket that were there when the disk was opened. Only these are
// swept: a later file may be about to get its record.
type leftovers struct {
	bucket  bucket
	blobs   map[string]bool
	uploads []string
}

// present lists the files that are there.
func (d *disk) present() (all []leftovers, err error) {
	buckets, err := os.ReadDir(d.path("buckets"))
	if err != nil {
		return nil, err
	}
	for _, e := range buckets {
		b, err := d.bucket(e.Name())
		if err != nil {
			continue // it was not made to the end, and is empty
		}
		l := leftovers{bucket: b, blobs: map[string]bool{}}
		blobs, err := os.ReadDir(filepath.Join(b.dir, "blobs"))
		if err != nil {
			return nil, err
		}
		for _, e := range blobs {
			l.blobs[e.Name()] = true
		}
		uploads, err := os.ReadDir(filepath.Join(b.dir, "uploads"))
		if err != nil {
			return nil, err
		}
		for _, e := range uploads {
			l.uploads = append(l.uploads, e.Name())
		}
		all = append(all, l)
	}
	return all, nil
}

// sweep removes files that a crash has left: blobs that no record names, and uploads without a
// record. It returns how many. A record that cannot be read ends the sweep, because it might name
// any of them. It may be called once, while requests are served.
func (d *disk) sweep(ctx context.Context) (n int, err error) {
	for _, l := range d.stale {
		for _, id := range l.uploads {
			if err := l.spareUpload(id); err != nil {
				return n, err
			}
		}
		err := l.bucket.walk("", "", "", func(key string) (bool, error) {
			rec, err := l.bucket.find(key)
			if errors.Is(err, errNoKey) {
				return true, nil
			} else if err != nil {
				return false, err
			}
			for _, b := range rec.Blobs {
				delete(l.blobs, b.Name)
			}
			return true, ctx.Err()
		})
		if err != nil {
			return n, err
		}
		for name := range l.blobs {
			if err := os.Remove(l.bucket.blobPath(name)); err == nil {
				n++
			} else if !errors.Is(err, fs.ErrNotExist) {
				return n, err
			}
		}
	}
	d.stale = nil
	return n, nil
}

// spareUpload takes the blobs of an upload from those to be removed, or removes the upload if it
// has no record.
func (l *leftovers) spareUpload(id string) error {
	defer l.bucket.uploads.lock(id)()
	if _, err := os.Stat(l.bucket.uploadPath(id, uploadRecord)); errors.Is(err, fs.ErrNotExist) {
		return os.RemoveAll(l.bucket.uploadPath(id))
	}
	parts, err := l.bucket.parts(id)
	if err != nil {
		return err
	}
	for _, p := range parts {
		delete(l.blobs, p.Blob.Name)
	}
	return nil
}
