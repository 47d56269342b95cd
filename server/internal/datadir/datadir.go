// Package datadir manages a node's directory: it makes the directory, locks it against other
// processes, stores its identity, and knows the paths in it.
package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// ErrInUse is returned for a directory that another process has open. Two servers on the same
// streams would destroy them, and the NATS server does not notice.
var ErrInUse = errors.New("datadir: another process uses this directory; stop it, or choose another directory")

// ErrRefused is wrapped by the error for a directory that does not match the configuration. Such an
// error tells the operator what to do.
var ErrRefused = errors.New("refusing to start")

// Dir is an open directory. Its methods may be called concurrently.
type Dir struct {
	path string
	lock *os.File

	mu       sync.Mutex // protects following
	identity Identity
}

// Open locks the directory until Close or the end of the process. It makes the directory if it
// is missing, readable by its owner only.
func Open(path string) (*Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator says where
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("data directory %s: %w", path, err), f.Close())
	}
	return &Dir{path: path, lock: f}, nil
}

// Path returns the path of the directory.
func (d *Dir) Path() string { return d.path }

// View returns the path of the node's view of the log. The view can be deleted; then it is
// built again from the streams.
func (d *Dir) View() string { return filepath.Join(d.path, "view") }

// Secrets returns the path of the passwords and keys that the node has made for itself.
func (d *Dir) Secrets() string { return SecretsIn(d.path) }

// Media returns the path of the files that the node stores itself.
func (d *Dir) Media() string { return filepath.Join(d.path, "media") }

// Search returns the path of the node's index for searches. It can be deleted; then it is built
// again from the streams.
func (d *Dir) Search() string { return filepath.Join(d.path, "search") }

const secretsDir = "secrets"

// SecretsIn returns the same path as [Dir.Secrets], for a directory that another process may
// have open.
func SecretsIn(path string) string { return filepath.Join(path, secretsDir) }

// Close releases the directory. The lock file stays: deleting it would let two processes in at
// once.
func (d *Dir) Close() error { return d.lock.Close() }
