// Package texts keeps, on the disk of a node, the beginnings of text files, which are searched
// beside their names. Each is stored once, however many messages have the file. A node can read all
// of them again from media storage.
package texts

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unicode/utf8"
)

// Most is how many bytes of a file are searched.
const Most = 64 << 10

// nameFile is the name of the file with the name of a store. No uploaded file is called so.
const nameFile = "name.txt"

// Store is a directory of texts. Its methods may be called concurrently.
type Store struct {
	dir  string
	name string

	writing sync.Mutex // one file at a time
}

// Open opens a directory of texts, or makes it. It leaves one that it cannot read as it is.
func Open(dir string) (*Store, error) {
	name, err := os.ReadFile(filepath.Join(dir, nameFile)) //nolint:gosec // the directory is configuration
	if err == nil && len(name) > 0 {
		return &Store{dir: dir, name: string(name)}, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open the texts of files: %w", err)
	}
	s := &Store{dir: dir, name: rand.Text()}
	err = errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700))
	if err == nil {
		err = write(filepath.Join(dir, nameFile), []byte(s.name))
	}
	if err != nil {
		return nil, fmt.Errorf("make the directory of the texts of files: %w", err)
	}
	return s, nil
}

// Name returns a name that no other store has. How far the log was read for this store is not true
// of another one.
func (s *Store) Name() string { return s.name }

// folderLen is how many letters of a file's id are the folder that its text is in.
const folderLen = 2

func (s *Store) path(media string) string {
	return filepath.Join(s.dir, media[:min(folderLen, len(media))], media)
}

// Has reports whether the text of a file is here, if only an empty one.
func (s *Store) Has(media string) bool {
	_, err := os.Stat(s.path(media))
	return err == nil
}

// Get returns the text of a file, or nothing.
func (s *Store) Get(media string) string {
	data, err := os.ReadFile(s.path(media))
	if err != nil {
		return ""
	}
	return string(data)
}

// Put stores the text of a file. For a file that is not text it stores nothing.
func (s *Store) Put(media string, content []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	path := s.path(media)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = write(path, []byte(textOf(content)))
	}
	if err != nil {
		return fmt.Errorf("store the text of a file: %w", err)
	}
	return nil
}

// Sweep removes the texts of the files that are not to be kept.
func (s *Store) Sweep(keep func(media string) (bool, error)) error {
	folders, err := os.ReadDir(s.dir)
	for _, folder := range folders {
		if folder.IsDir() && err == nil {
			err = sweep(filepath.Join(s.dir, folder.Name()), keep)
		}
	}
	if err != nil {
		return fmt.Errorf("remove the texts of files: %w", err)
	}
	return nil
}

// perRead is how many names of a directory are in memory at once.
const perRead = 1000

func sweep(dir string, keep func(media string) (bool, error)) error {
	d, err := os.Open(dir) //nolint:gosec // the directory is configuration
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // only read
	for {
		names, err := d.Readdirnames(perRead)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, name := range names {
			kept, err := keep(name)
			if err == nil && !kept {
				err = os.Remove(filepath.Join(dir, name))
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
}

// textOf returns the text of a file's first bytes, or nothing if it is not UTF-8.
func textOf(content []byte) string {
	text := bytes.TrimPrefix(content, []byte("\ufeff"))
	if len(content) >= Most { // the end may be in the middle of a character
		for cut := 0; cut < utf8.UTFMax-1 && !utf8.Valid(text); cut++ {
			text = text[:len(text)-1]
		}
	}
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return ""
	}
	return string(text)
}

// write writes a file that is whole or not there, whenever the process dies.
func write(path string, data []byte) error {
	temporary := path + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the log checks these names
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
