package digests

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/kept"
)

// timeout bounds one request to a stream.
const timeout = 5 * time.Second

// ErrChanged is the error of a write to a record that another node has written meanwhile. The
// caller reads the record again.
var ErrChanged = errors.New("digests: another node has changed the record meanwhile; read it again")

// Log is the part of the log on this node that the store needs.
type Log struct {
	Conn *nats.Conn
	// Open makes a stream unless it exists, and Keep changes it until it is as configured. Both
	// try until ctx ends.
	Open   func(ctx context.Context, cfg jetstream.StreamConfig) error
	Keep   func(ctx context.Context, cfg jetstream.StreamConfig)
	Copies int // of each stream
}

// Store is one node's access to the records that digests need. All methods may be called
// concurrently.
type Store struct {
	log    *Log
	opened chan struct{} // closed once the streams are there
}

// New returns a store and starts nothing.
func New(log *Log) *Store { return &Store{log: log, opened: make(chan struct{})} }

// Opened returns a channel that is closed once Run has its streams. While a stream is being made,
// the engine says that it is not healthy.
func (s *Store) Opened() <-chan struct{} { return s.opened }

// Run makes the streams, and keeps them as configured until ctx ends. It is called once.
func (s *Store) Run(ctx context.Context) error {
	streams := kept.Streams{
		Open: s.log.Open, Keep: s.log.Keep, Opened: s.opened,
		All: []jetstream.StreamConfig{streamConfig(s.log.Copies), missedConfig(s.log.Copies)},
	}
	if err := streams.Run(ctx, func(context.Context) {}); err != nil {
		return fmt.Errorf("digests: %w", err)
	}
	return nil
}

// errUnreadable is the error of a record that is none. It counts as if nothing were known.
var errUnreadable = errors.New("digests: a record cannot be read")

// load reads the record of a subject into to, and returns its sequence, or 0 if there is none.
func (s *Store) load(ctx context.Context, subject string, to any) (last uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	m, err := api.Last(ctx, s.log.Conn, StreamName, subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("digests: %w", err)
	}
	if err := json.Unmarshal(m.Data, to); err != nil {
		return m.Sequence, errUnreadable // err may quote the record, which may be an address
	}
	return m.Sequence, nil
}

// replace writes the record of a subject in the place of the one with a sequence.
func (s *Store) replace(ctx context.Context, subject string, record any, last uint64) (seq uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	body, err := json.Marshal(record)
	if err != nil {
		return 0, fmt.Errorf("digests: encode %s: %w", subject, err)
	}
	seq, err = api.Replace(ctx, s.log.Conn, subject, body, last)
	switch {
	case api.Outrun(err):
		return 0, ErrChanged
	case err != nil:
		return 0, fmt.Errorf("digests: write %s: %w", subject, err)
	}
	return seq, nil
}
