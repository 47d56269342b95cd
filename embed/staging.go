package embed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// batchesDir is where the engine stages the batches of a stream, below the stream's own
// directory.
const batchesDir = "batches"

// staging keeps in memory the messages of a batch that the engine has not committed yet. For a
// stream with one replica, the engine by itself writes each batch to separate files and syncs them.
// Only then does it write the batch to the stream, which it syncs once more. With two or three
// replicas it stages in memory.
//
// No ack depends on staged messages: a commit is acknowledged after the sync of the stream itself.
// If the memory is lost, the engine cannot complete a batch that a power cut has torn. Nothing of
// such a batch was acknowledged. A killed process loses nothing, because the memory belongs to the
// machine and not to the process.
//
// The engine has no option for this, so a link in the stream's directory leads to the memory.
// The engine removes the link whenever it opens the stream, and other programs may clear the
// memory. So each batch checks the link again.
type staging struct {
	memory  string // a directory in memory; empty if there is none, and batches are staged in files
	streams string // directory of the account's streams, as the engine stores them
}

// newStaging chooses a directory in memory that belongs to this store alone.
func newStaging(storeDir, account string) (staging, error) {
	store, err := filepath.Abs(storeDir)
	if err != nil {
		return staging{}, err
	}
	s := staging{streams: filepath.Join(store, "jetstream", account, "streams")}
	if err := os.MkdirAll(store, 0o750); err != nil { // as the engine does a moment later
		return s, err
	}
	at := memoryFor(store)
	if at == "" {
		return s, nil
	}
	if err := os.Mkdir(at, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return s, fmt.Errorf("make %s to stage batches in: %w", at, err)
	}
	if !ownedAlone(at) {
		return s, fmt.Errorf("%s belongs to somebody else, so batches are staged in files, which is slower; remove it", at)
	}
	s.memory = at
	return s, nil
}

// clear removes the staged messages of an earlier process, once the engine has completed torn
// batches.
func (s staging) clear() error {
	if s.memory == "" {
		return nil
	}
	left, err := os.ReadDir(s.memory)
	for _, entry := range left {
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.memory, entry.Name())))
	}
	return err
}

// end frees the memory after the engine has stopped.
func (s staging) end() error {
	if s.memory == "" {
		return nil
	}
	return os.RemoveAll(s.memory)
}

// Stage makes the engine stage the next batch to a stream in memory. If there is no memory or
// no room in it, the engine stages in files as usual. Stage must be called before each batch,
// by the only sender of batches to this stream, and while no batch is under way. It costs some
// microseconds.
func (s *Server) Stage(stream string) {
	if s.staging.memory == "" {
		return
	}
	link := filepath.Join(s.staging.streams, stream, batchesDir)
	if !roomFor(s.staging.memory) {
		s.staging.unlink(link)
		return
	}
	to := filepath.Join(s.staging.memory, stream)
	if at, err := os.Readlink(link); err == nil && at == to {
		if _, err := os.Stat(to); err == nil {
			return
		}
	}
	if err := s.staging.link(link, to); err != nil {
		s.logger.Debug("batches are staged in files", "stream", stream, "error", err)
	}
}

// link replaces a link that leads elsewhere, and an empty directory. A directory that is not
// empty belongs to the engine, which removes the rest of a batch in its own time.
func (staging) link(link, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Symlink(to, link)
}

// unlink removes a link, and leaves anything else alone.
func (staging) unlink(link string) {
	if _, err := os.Readlink(link); err == nil {
		_ = os.Remove(link) // on an error the next batch fails, and the one after it checks again
	}
}
