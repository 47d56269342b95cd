package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	natter "natterjack/clients/go"
)

// mark is a position with its user, as it is kept in a file. Another user's channels have other
// events.
type mark struct {
	User string `json:"user"`
	natter.Position
}

// loadMark reads a mark. It returns nil if there is no file yet.
func loadMark(file string) (*mark, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the user says which
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := new(mark)
	if err := json.Unmarshal(data, m); err != nil || m.Epoch == "" || m.User == "" {
		return nil, fmt.Errorf("%s: holds no position that natter has written; name another file, or remove it", file)
	}
	return m, nil
}

// save replaces the file in one step, so that a crash leaves the old mark or the new one.
func (m *mark) save(file string) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to return
	}
	return err
}
