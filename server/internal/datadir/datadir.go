// Package datadir holds a node's directory: it makes it, keeps other processes out of it, remembers what it is, and knows what lies where.
package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// ErrInUse is returned for a directory that another process has open. Two servers on the same streams would ruin them, and
// the NATS server does not notice.
var ErrInUse = errors.New("datadir: another process uses this directory")

// ErrRefused is wrapped by the errors of a directory that is not what the configuration takes it for. They say what to do.
var ErrRefused = errors.New("refusing to start")

// Dir is an open directory. Its methods may be called concurrently.
type Dir struct {
	path string
	lock *os.File

	mu       sync.Mutex // protects following
	identity Identity
}

// Open makes the directory where it is missing, readable by its owner only, and locks it until Close or the end of the process.
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

// Path is where the directory is.
func (d *Dir) Path() string { return d.path }

// View is where the node's view of the log is. It can be deleted; it is then made anew from the streams.
func (d *Dir) View() string { return filepath.Join(d.path, "view") }

// Secrets is where passwords and keys are that the node has made for itself.
func (d *Dir) Secrets() string { return filepath.Join(d.path, secretsDir) }

const secretsDir = "secrets"

// SigningKey is the file of the key that signs tokens, where none is configured.
func (d *Dir) SigningKey() string { return SigningKeyIn(d.path) }

// SigningKeyIn is [Dir.SigningKey] of a directory that another process may have open.
func SigningKeyIn(path string) string { return filepath.Join(path, secretsDir, "signing.pem") }

// Close lets go of the directory. The file of the lock stays: deleting it would let two in at once.
func (d *Dir) Close() error { return d.lock.Close() }
