package index

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	segment "github.com/blevesearch/scorch_segment_api/v2"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"natterjack/search/internal/leisure"
)

// segmentFiles matches the files of segments. Each ends with the checksum of all bytes before it.
const segmentFiles = "*.zap"

// written returns the files of segments that a store has before it is opened.
func written(store string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(store, segmentFiles))
	if err != nil {
		return nil, fmt.Errorf("list the files of the search index: %w", err)
	}
	return paths, nil
}

// rootFile is the one in which Bleve says which segments there are.
const rootFile = "root.bolt"

// readable returns an error if a file of a store is there and cannot be opened, or if not all of
// them can be at once. Bleve would begin anew, and delete the files that it could not read.
func readable(store string) (err error) {
	paths, err := written(store)
	if err != nil {
		return err
	}
	var open []*os.File
	defer func() {
		for _, f := range open {
			err = errors.Join(err, f.Close())
		}
	}()
	for _, path := range append(paths, filepath.Join(store, rootFile)) {
		flag := os.O_RDONLY
		if filepath.Base(path) == rootFile {
			flag = os.O_RDWR
		}
		f, err := os.OpenFile(path, flag, 0) //nolint:gosec // the directory is configuration
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		open = append(open, f)
	}
	return nil
}

// opens opens the root of a store once, and closes it. A damaged root may make the library panic
// while it has the file locked. Bleve does not give out the file, so it would stay locked.
func opens(store string) error {
	path := filepath.Join(store, rootFile)
	if _, err := os.Stat(path); err != nil {
		return ignoreMissing(err)
	}
	var file *os.File
	options := *bbolt.DefaultOptions
	options.Timeout = lockTimeout
	options.OpenFile = func(path string, flag int, mode fs.FileMode) (f *os.File, err error) {
		file, err = os.OpenFile(path, flag, mode) //nolint:gosec // the directory is configuration
		return file, err
	}
	err := guard(func() error {
		db, err := bbolt.Open(path, 0o600, &options)
		if err != nil {
			return err
		}
		return db.Close()
	})
	if errors.Is(err, errPanic) { // what counts
		_ = unlock(file) // the file is mapped, so closing alone does not
		_ = file.Close()
	}
	return err
}

// passes reports whether an error is one of the machine, which says nothing about the index.
func passes(err error) bool {
	for _, known := range []error{errOpen, berrors.ErrTimeout, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOSPC, syscall.EROFS, syscall.EAGAIN, fs.ErrPermission} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

var errForgotten = errors.New("the root of the index knows none of its segments")

// isNew reports whether nothing was ever written.
func (v *view) isNew() bool { return len(v.parts) == 0 && len(v.snapshot.Internal()) == 0 }

// verify checks an opened index: that Bleve has not begun anew although there were segments, as it
// does when it cannot read one, and the checksums of all segments. A segment that no root knows, as
// the process ended while it was written, is no damage: Bleve has removed it.
func (v *view) verify(written []string, at *leisure.Leisure) error {
	if v.isNew() && len(written) > 0 {
		return errForgotten
	}
	turn := at.Begin()
	defer turn.Rest()
	for _, p := range v.parts {
		if file, ok := p.snapshot.Segment().(segment.PersistedSegment); ok {
			if err := checksum(file.Path(), &turn); err != nil {
				return fmt.Errorf("check %s: %w", file.Path(), err)
			}
		}
	}
	return nil
}

// checkedAtOnce is how many bytes are read and summed up without a rest: some tenths of a
// millisecond's worth.
const checkedAtOnce = 256 << 10

// restfulReader reads in a turn.
type restfulReader struct {
	io.Reader

	turn *leisure.Turn
}

// Read implements [io.Reader].
func (r *restfulReader) Read(p []byte) (int, error) {
	r.turn.Step()
	return r.Reader.Read(p)
}

var errChecksum = errors.New("the file's bytes are not those that were written")

func checksum(path string, turn *leisure.Turn) (err error) {
	f, err := os.Open(path) //nolint:gosec // the directory is configuration
	if err != nil {
		return err
	}
	defer closeInto(f, &err)
	info, err := f.Stat()
	if err != nil {
		return err
	}
	const sum = crc32.Size
	if info.Size() < sum {
		return errChecksum
	}
	r, h := bufio.NewReaderSize(&restfulReader{f, turn}, checkedAtOnce), crc32.NewIEEE()
	if _, err := io.CopyN(h, r, info.Size()-sum); err != nil {
		return err
	}
	var stored [sum]byte
	if _, err := io.ReadFull(r, stored[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(stored[:]) != h.Sum32() {
		return errChecksum
	}
	return nil
}
