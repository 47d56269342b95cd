package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The versions of an index. An index of another layout is not read.
const (
	layout   = 2 // of documents: their fields and names
	analysis = 5 // of texts: which parts become tokens
)

const (
	labelFile = "label.json"
	storeDir  = "store"
)

// label names the log and the versions that an index was built from. It is written before the index
// is.
type label struct {
	Layout   int    `json:"layout"`
	Analysis int    `json:"analysis"`
	Log      string `json:"log"`
}

// claim reports whether it has made a new directory for an index. If there is an index already,
// it must be as wanted. Any analysis is if none is wanted.
func (l label) claim(dir string) (made bool, err error) {
	data, err := os.ReadFile(filepath.Join(dir, labelFile)) //nolint:gosec // the directory is configuration
	if errors.Is(err, fs.ErrNotExist) {
		return true, l.make(dir)
	}
	if err != nil {
		return false, fmt.Errorf("read the label of the search index: %w", err)
	}
	var found label
	switch err := json.Unmarshal(data, &found); {
	case err != nil:
		return false, fmt.Errorf("read %s: %w: %w", filepath.Join(dir, labelFile), ErrDamaged, err)
	case found.Layout != l.Layout, l.Analysis != 0 && found.Analysis != l.Analysis:
		return false, ErrVersion
	case found.Log != l.Log:
		return false, ErrLog
	}
	return false, nil
}

func (l label) make(dir string) error {
	if l.Analysis == 0 {
		return fmt.Errorf("open the search index in %s: %w", dir, fs.ErrNotExist)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of the search index: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the directory of the search index: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s has files, but no label: %w", dir, ErrDamaged)
	}
	data, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("mark the search index: %w", err)
	}
	if err := writeDurably(filepath.Join(dir, labelFile), data); err != nil {
		return fmt.Errorf("mark the search index: %w", err)
	}
	return nil
}

// writeDurably writes a file that is whole or not there, whenever the machine stops.
func writeDurably(path string, data []byte) error {
	temporary := path + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the directory is configuration
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
