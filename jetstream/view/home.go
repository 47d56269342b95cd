package view

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"regexp"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// home is the directory of a view. The database lies in its own directory inside, which is
// named after everything that the database must agree with. So a database that does not agree
// can never be opened by mistake, even if its deletion was interrupted.
type home struct {
	fs   vfs.FS
	dir  string
	name string
	log  *slog.Logger
}

// condemned is the name of a file. It marks the database as damaged: it must not be opened
// again.
const condemned = "condemned"

// ours matches the names of databases. Nothing else in the directory is touched.
var ours = regexp.MustCompile(`^v\d+-\d+-[0-9a-f]{16}$`)

func homeOf(dir string, o Options) home {
	epoch := sha256.Sum256([]byte(o.Epoch))
	return home{fs: o.fs, dir: dir, name: fmt.Sprintf("v%d-%d-%x", schema, o.Shards, epoch[:8]), log: o.Logger}
}

// path returns where the database lies.
func (h home) path() string { return h.at(h.name) }

func (h home) at(name string) string { return h.fs.PathJoin(h.dir, name) }

// lock locks the directory for this process.
func (h home) lock() (io.Closer, error) {
	if err := h.fs.MkdirAll(h.dir, 0o700); err != nil {
		return nil, err
	}
	return h.fs.Lock(h.at("lock"))
}

// tidy deletes the databases that will not be used again.
func (h home) tidy() error {
	names, err := h.fs.List(h.dir)
	if err != nil {
		return err
	}
	_, err = h.fs.Stat(h.at(condemned))
	damaged := err == nil
	for _, name := range names {
		if name == lent || name == taken {
			if err := h.fs.RemoveAll(h.at(name)); err != nil {
				return err
			}
			continue
		}
		if !ours.MatchString(name) || name == h.name && !damaged {
			continue
		}
		h.log.Warn("deleting a view that is damaged, or belongs to another log, schema or number of shards", "name", name)
		if err := h.fs.RemoveAll(h.at(name)); err != nil {
			return err
		}
	}
	if err := h.fs.Remove(h.at(condemned)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// condemn marks a damaged database, so that the next start rebuilds it. Until then the database
// answers the queries that it can.
func (h home) condemn(why error) {
	h.log.Error("the view is damaged; the next start rebuilds it", "error", why)
	f, err := h.fs.Create(h.at(condemned), vfs.WriteCategoryUnspecified)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		h.log.Error("the damaged view could not be marked", "error", err)
	}
}
