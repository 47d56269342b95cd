package view

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
)

// home is the directory of a view. The database lies in a directory of its own in there, named after all that it must
// agree with, so that what does not agree can never be opened by mistake, however a deletion was cut short.
type home struct {
	dir  string
	name string
	log  *slog.Logger
}

// condemned is the file that says that the database is damaged and must not be opened again.
const condemned = "condemned"

// ours are the names of databases. Nothing else in the directory is touched.
var ours = regexp.MustCompile(`^v\d+-\d+-[0-9a-f]{16}$`)

func nameOf(o Options) string {
	epoch := sha256.Sum256([]byte(o.Epoch))
	return fmt.Sprintf("v%d-%d-%x", schema, o.Shards, epoch[:8])
}

func (h home) path() string { return filepath.Join(h.dir, h.name) }

// tidy deletes the databases that will not be used again.
func (h home) tidy() error {
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(h.dir, condemned))
	damaged := err == nil
	for _, e := range entries {
		if !ours.MatchString(e.Name()) || e.Name() == h.name && !damaged {
			continue
		}
		h.log.Warn("a view that is damaged or of another log, schema or number of shards is deleted", "name", e.Name())
		if err := os.RemoveAll(filepath.Join(h.dir, e.Name())); err != nil {
			return err
		}
	}
	if err := os.Remove(filepath.Join(h.dir, condemned)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// condemn sees to it that a damaged database is made anew at the next start. Until then it answers what it can.
func (h home) condemn(why error) {
	h.log.Error("the view is damaged; the next start makes it anew", "error", why)
	if err := os.WriteFile(filepath.Join(h.dir, condemned), nil, 0o600); err != nil {
		h.log.Error("the damaged view could not be marked", "error", err)
	}
}
