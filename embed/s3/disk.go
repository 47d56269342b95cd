package s3

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// syncs is how files become durable. Tests replace it, to see the order.
type syncs struct {
	file func(*os.File) error
	dir  func(path string) error
}

func realSyncs() syncs {
	return syncs{file: (*os.File).Sync, dir: func(path string) error {
		f, err := os.Open(path) //nolint:gosec // a directory of ours
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	}}
}

// disk is the directory of a gateway:
//
//	buckets/NAME/objects/KEY~       the record of an object
//	buckets/NAME/blobs/RANDOM       bytes
//	buckets/NAME/uploads/ID/…       the record of an upload in parts, and those of its parts
//	new/                            records that are being written
//
// No key has a '~' in it. So a key may be the beginning of another one. Its methods may be
// called concurrently.
type disk struct {
	root    string
	syncs   syncs
	keys    locks       // guard the records of objects
	uploads locks       // guard the records of uploads and their parts; taken before the locks of keys
	stale   []leftovers // the files that were there at the start, for sweep

	making sync.Mutex // held while directories are made: so one that exists is durable
}

const (
	objectSuffix = "~"
	dirMode      = 0o700
	fileMode     = 0o600
)

// openDisk opens a directory, and makes it if it is missing.
func openDisk(root string, s syncs) (*disk, error) {
	d := &disk{root: root, syncs: s}
	if err := os.RemoveAll(d.path("new")); err != nil {
		return nil, err
	}
	for _, dir := range []string{d.path("new"), d.path("buckets")} {
		if err := d.mkdirs(dir); err != nil {
			return nil, err
		}
	}
	var err error
	d.stale, err = d.present()
	return d, err
}

func (d *disk) path(parts ...string) string {
	return filepath.Join(append([]string{d.root}, parts...)...)
}

// locks are mutexes, each for some names. A goroutine takes one of them at a time.
type locks [64]sync.Mutex

// lock locks a name until unlock is called.
func (l *locks) lock(name string) (unlock func()) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	m := &l[h.Sum32()%uint32(len(l))]
	m.Lock()
	return m.Unlock
}

// mkdirs makes a directory and its parents. They are durable when it returns, whichever call has
// made them.
func (d *disk) mkdirs(dir string) error {
	d.making.Lock()
	defer d.making.Unlock()
	return d.mkdirsLocked(dir)
}

func (d *disk) mkdirsLocked(dir string) error {
	err := os.Mkdir(dir, dirMode)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.mkdirsLocked(filepath.Dir(dir)); err != nil {
			return err
		}
		err = os.Mkdir(dir, dirMode)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.syncs.dir(filepath.Dir(dir))
}

// commit writes a record to a path whose directory exists. When it returns nil, the record is
// durable. When it returns an error, the record before is as it was.
func (d *disk) commit(path string, record any) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	tmp := d.path("new", rand.Text())
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode) //nolint:gosec // a path of ours
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = d.syncs.file(f)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp)
		return err
	}
	return d.syncs.dir(filepath.Dir(path))
}

// read reads a record. The error is [fs.ErrNotExist] if there is none.
func read(path string, record any) error {
	text, err := os.ReadFile(path) //nolint:gosec // a path of ours
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, record); err != nil {
		return fmt.Errorf("%s is damaged: %w", filepath.Base(path), err)
	}
	return nil
}

// meta holds the headers that are stored beside an object and sent with it.
type meta struct {
	Type         string `json:"type,omitzero"`
	CacheControl string `json:"cache_control,omitzero"`
	Disposition  string `json:"disposition,omitzero"`
}

// record is the record of an object.
type record struct {
	meta

	ETag     string    `json:"etag"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Blobs    []blob    `json:"blobs"`
}

// blob is a file with bytes of an object.
type blob struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// bucket is a bucket on disk.
type bucket struct {
	*disk

	name, dir string
}

// bucket returns a bucket that exists.
func (d *disk) bucket(name string) (bucket, error) {
	b := bucket{disk: d, name: name, dir: d.path("buckets", name)}
	if _, err := os.Stat(filepath.Join(b.dir, "objects")); err != nil {
		return b, errNoBucket
	}
	return b, nil
}

// make makes a bucket. The directory of objects is made last: it says that the bucket exists.
func (d *disk) make(name string) error {
	for _, part := range []string{"blobs", "uploads", "objects"} {
		if err := d.mkdirs(d.path("buckets", name, part)); err != nil {
			return err
		}
	}
	return nil
}

func (b bucket) object(key string) string {
	return filepath.Join(b.dir, "objects", filepath.FromSlash(key)+objectSuffix)
}

func (b bucket) blobPath(name string) string { return filepath.Join(b.dir, "blobs", name) }

// find reads the record of an object.
func (b bucket) find(key string) (*record, error) {
	var rec record
	if err := read(b.object(key), &rec); errors.Is(err, fs.ErrNotExist) {
		return nil, errNoKey
	} else if err != nil {
		return nil, err
	}
	return &rec, nil
}

// buffers are for copying bodies.
var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// fill stores a body as a blob, durable, and returns its hash.
func (b bucket) fill(from *body) (made blob, sum []byte, err error) {
	made.Name = rand.Text()
	f, err := os.OpenFile(b.blobPath(made.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return made, nil, err
	}
	buf, _ := buffers.Get().(*[256 << 10]byte)
	made.Size, err = io.CopyBuffer(struct{ io.Writer }{f}, from, buf[:])
	buffers.Put(buf)
	if err == nil {
		sum, err = from.sum()
	}
	if err == nil {
		err = b.syncs.file(f)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = b.syncs.dir(filepath.Join(b.dir, "blobs"))
	}
	if err != nil {
		b.drop(made)
	}
	return made, sum, err
}

// link gives blobs second names, durable, so that each record has names of its own.
func (b bucket) link(blobs []blob) (linked []blob, err error) {
	for _, old := range blobs {
		l := blob{Name: rand.Text(), Size: old.Size}
		if err = os.Link(b.blobPath(old.Name), b.blobPath(l.Name)); err != nil {
			break
		}
		linked = append(linked, l)
	}
	if err == nil {
		err = b.syncs.dir(filepath.Join(b.dir, "blobs"))
	}
	if err != nil {
		b.drop(linked...)
		return nil, err
	}
	return linked, nil
}

// drop deletes blobs that no record names. If it cannot delete one, the next start does.
func (b bucket) drop(blobs ...blob) {
	for _, old := range blobs {
		_ = os.Remove(b.blobPath(old.Name))
	}
}

// store makes rec the record of a key, if the present one (nil if there is none) suits. It drops
// the blobs of rec if it fails, and the blobs of the record before if it succeeds.
func (b bucket) store(key string, rec *record, suits func(present *record) error) error {
	defer b.keys.lock(b.name + "/" + key)()
	present, err := b.find(key)
	if errors.Is(err, errNoKey) {
		present, err = nil, nil
	}
	if err == nil {
		err = suits(present)
	}
	if err == nil {
		err = b.place(b.object(key), rec)
	}
	if err != nil {
		b.drop(rec.Blobs...)
		return err
	}
	if present != nil {
		b.drop(present.Blobs...)
	}
	return nil
}

// place commits a record below a directory that may be missing, or may be just being removed,
// see [bucket.erase].
func (b bucket) place(path string, rec *record) (err error) {
	for range 10 {
		if err = b.mkdirs(filepath.Dir(path)); err == nil {
			err = b.commit(path, rec)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return err
}

// erase deletes an object. The directories that become empty go as well.
func (b bucket) erase(key string) error {
	defer b.keys.lock(b.name + "/" + key)()
	rec, err := b.find(key)
	if err != nil {
		return err
	}
	path := b.object(key)
	if err := os.Remove(path); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := b.syncs.dir(dir); err != nil {
		return err
	}
	b.drop(rec.Blobs...)
	for top := filepath.Join(b.dir, "objects"); dir != top && os.Remove(dir) == nil; dir = filepath.Dir(dir) { // it fails for one that is not empty
	}
	return nil
}
