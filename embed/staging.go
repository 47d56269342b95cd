package embed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// batchesDir is where the engine stages the batches of a stream, below the stream's own directory.
const batchesDir = "batches"

// staging keeps in memory what the engine stages of a batch before it commits it. By itself the engine
// writes each batch of a stream with one replica to files of its own and syncs them, and only then to
// the stream, which it syncs once more: with two or three replicas it stages in memory. No ack depends
// on what is staged: a commit is acknowledged after the stream's own sync. What is lost with the memory
// is only that the engine completes a batch that a power cut has torn, of which nothing was
// acknowledged. A process that is killed loses nothing: the memory is the machine's and not its own.
//
// The engine has no option for it, so a link in the stream's directory leads there. The engine removes
// the link whenever it opens the stream, and somebody may clear the memory: each batch looks again.
type staging struct {
	memory  string // a directory in memory; empty where there is none, and batches are staged in files
	streams string // of the account, as the engine stores them
}

// newStaging finds a place in memory that belongs to this store alone.
func newStaging(storeDir, account string) (staging, error) {
	store, err := filepath.Abs(storeDir)
	if err != nil {
		return staging{}, err
	}
	s := staging{streams: filepath.Join(store, "jetstream", account, "streams")}
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

// clear drops what a process before this one has left, once the engine has completed what was torn.
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

// end gives the memory back after the engine has stopped.
func (s staging) end() error {
	if s.memory == "" {
		return nil
	}
	return os.RemoveAll(s.memory)
}

// Stage has the next batch to a stream staged in memory, where there is a place for it and room in it,
// and else in files as the engine does it. It is called before each batch by the only one who sends
// batches to this stream, and while none is under way. It costs some microseconds.
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

// link replaces a link that leads elsewhere, and an empty directory. One that is not empty is the engine's, which removes what is
// left of a batch in its own time.
func (staging) link(link, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Symlink(to, link)
}

// unlink removes a link, and nothing that is none.
func (staging) unlink(link string) {
	if _, err := os.Readlink(link); err == nil {
		_ = os.Remove(link) // or the next batch fails, and the one after it looks again
	}
}
