package pushlog

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/batch"
	"natterjack/jetstream/internal/kept"
	"natterjack/server/wire"
)

const (
	// StreamName is the name of the stream with the logs of all users.
	StreamName = "PUSH_LOG"
	// keep is how long entries are kept, eachMost how many messages of a subject, and allMost how
	// many in all.
	keep     = 7 * 24 * time.Hour
	eachMost = 250
	allMost  = 1_000_000
	// together is how many messages are stored at once.
	together = 500
	// perMessage is how many entries a message has at most: the place of an entry in its message is
	// part of its pos.
	perMessage = 1 << 6
	// appendTimeout bounds the storing of some messages, and readTimeout the reading of a log.
	appendTimeout, readTimeout = 5 * time.Second, 3 * time.Second
)

// Log is the part of the log on this node that the package needs.
type Log struct {
	Conn *nats.Conn
	// Open makes a stream unless it exists, and Keep changes it until it is as configured. Both
	// try until ctx ends.
	Open   func(ctx context.Context, cfg jetstream.StreamConfig) error
	Keep   func(ctx context.Context, cfg jetstream.StreamConfig)
	Copies int
}

// Store keeps the logs of users. All methods may be called concurrently.
type Store struct {
	log    *Log
	batch  *batch.Publisher
	opened chan struct{} // closed once the stream is there
}

// New returns a store and starts nothing.
func New(log *Log) *Store {
	return &Store{log: log, batch: batch.NewPublisher(log.Conn, nil), opened: make(chan struct{})}
}

// StreamConfig returns the configuration of the stream.
func StreamConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               StreamName,
		Description:        "the messages of which users were notified, or why not: pushlog.<user>.<told|not>",
		Subjects:           []string{"pushlog.*.*"},
		Storage:            jetstream.FileStorage,
		MaxMsgsPerSubject:  eachMost,
		MaxMsgs:            allMost,
		MaxAge:             keep,
		AllowDirect:        true,
		AllowAtomicPublish: true,
		Replicas:           replicas,
	}
}

// Subject returns the subject of the results of notifying a user's devices, or of the messages of
// which the user was not notified.
func Subject(user string, told bool) string {
	if told {
		return "pushlog." + user + ".told"
	}
	return "pushlog." + user + ".not"
}

// Opened returns a channel that is closed once Run has its stream.
func (s *Store) Opened() <-chan struct{} { return s.opened }

// Run keeps the stream until ctx ends. It is called once.
func (s *Store) Run(ctx context.Context) error {
	streams := kept.Streams{Open: s.log.Open, Keep: s.log.Keep, Opened: s.opened, All: []jetstream.StreamConfig{StreamConfig(s.log.Copies)}}
	if err := streams.Run(ctx, func(context.Context) {}); err != nil {
		return fmt.Errorf("push log: %w", err)
	}
	return nil
}

// Entry is an entry as it is stored.
type Entry struct {
	wire.PushLogEntry

	// Version is the version of the subscription that the entry is about, as it was then.
	Version uint64 `json:"version,omitzero"`
}

// Noted are entries of one user, in their order: either all about devices, or none.
type Noted struct {
	User    string
	Told    bool
	Entries []Entry
}

// Append stores entries. After an error some of them may not be stored.
func (s *Store) Append(ctx context.Context, all []Noted) error {
	msgs := make([]*nats.Msg, 0, len(all))
	for i := range all {
		for entries := all[i].Entries; len(entries) > 0; {
			n := min(len(entries), perMessage)
			body, err := json.Marshal(entries[:n])
			if err != nil {
				return fmt.Errorf("encode the push log: %w", err)
			}
			m := nats.NewMsg(Subject(all[i].User, all[i].Told))
			m.Data = body
			msgs, entries = append(msgs, m), entries[n:]
		}
	}
	for len(msgs) > 0 {
		n := min(len(msgs), together)
		if err := s.put(ctx, msgs[:n]); err != nil {
			return fmt.Errorf("store the push log: %w", err)
		}
		msgs = msgs[n:]
	}
	return nil
}

// put stores messages, all or none.
func (s *Store) put(ctx context.Context, msgs []*nats.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	return s.batch.Publish(ctx, StreamName, msgs)
}
