package takeover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	log "natterjack/jetstream"
	"natterjack/jetstream/internal/api"
)

// The files in which the nats command keeps the backup of a stream.
const (
	aboutFile = "backup.json"
	dataFiles = "stream.*.s2" // one file; its name says in which format the engine wrote it
)

// Restore restores the streams of a backup into a single server that has none, and returns their
// names. The directory has one directory for each stream, as "nats backup account" writes them.
// All streams are marked as unfinished until the last is restored, and no node opens such a log.
func Restore(ctx context.Context, to *nats.Conn, dir string) (names []string, err error) {
	t := &takeover{Config: Config{To: to, Replicas: 1}}
	if t.to, err = jetstream.New(to); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	if names, err = backedUp(dir); err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := t.fromFiles(ctx, name, filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("restore: stream %s: %w", name, err)
		}
	}
	for _, name := range slices.Backward(names) {
		if err := t.finish(ctx, name); err != nil {
			return nil, fmt.Errorf("restore: stream %s: %w", name, err)
		}
	}
	return names, nil
}

// backedUp returns the streams in a backup, the log's first stream last.
func backedUp(dir string) (names []string, err error) {
	all, err := filepath.Glob(filepath.Join(dir, "*", aboutFile))
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	for _, file := range all {
		names = append(names, filepath.Base(filepath.Dir(file)))
	}
	first := log.StreamName(0)
	if !slices.Contains(names, first) {
		return nil, fmt.Errorf("restore: %s has no stream %s, with which a log begins: name the directory that the backup was written to", dir, first)
	}
	return append(slices.DeleteFunc(names, func(n string) bool { return n == first }), first), nil
}

// fromFiles sends the files of a stream to the engine.
func (t *takeover) fromFiles(ctx context.Context, name, dir string) (err error) {
	text, err := os.ReadFile(filepath.Join(dir, aboutFile)) //nolint:gosec // the operator says where
	if err != nil {
		return err
	}
	about := api.Copy{}
	if err := json.Unmarshal(text, &about); err != nil {
		return fmt.Errorf("%s: %w", aboutFile, err)
	}
	cfg, err := t.unfinished(about)
	if err != nil {
		return err
	}
	data, err := openData(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	to, err := t.begin(ctx, name, cfg, about)
	if err != nil {
		return err
	}
	for chunk := make([]byte, chunkBytes); ; {
		n, err := io.ReadFull(data, chunk)
		if n > 0 {
			if err := t.send(ctx, to, chunk[:n], chunkTimeout); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	return t.send(ctx, to, nil, endTimeout)
}

// openData opens the file that has the whole stream.
func openData(dir string) (*os.File, error) {
	found, err := filepath.Glob(filepath.Join(dir, dataFiles))
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s has %d files %s; a backup has one", dir, len(found), dataFiles)
	}
	return os.Open(found[0])
}

// begin asks the engine to take a stream's files, and returns the subject to send them to.
func (t *takeover) begin(ctx context.Context, name string, cfg map[string]any, stream api.Copy) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, chunkTimeout)
	defer cancel()
	return api.Restore(ctx, t.To, name, cfg, stream.State)
}
