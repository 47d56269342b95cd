package jetstream

import (
	"context"
	"errors"
	"log/slog"

	"github.com/nats-io/nats.go"

	"natterjack/server/wire"
)

// Engine is what the log asks of the embedded NATS server beside it.
type Engine interface {
	// LeadsStream reports whether this node's server leads the stream, or is alone.
	LeadsStream(stream string) bool
}

// Config is what a [Log] is made of. Shards and Replicas count only when the streams are first made; afterwards the
// streams say themselves.
type Config struct {
	Node     string     // this node's name, unique in the cluster
	Conn     *nats.Conn // in process; may do everything in the chat account
	Engine   Engine
	ViewDir  string
	Shards   int // 8 where 0
	Replicas int // 1 where 0
	Limits   wire.Limits
	Logger   *slog.Logger
}

// Log is a node's hold on the channels: it sends, reads and follows. All methods may be called concurrently once [Log.Run] runs.
type Log struct{}

// New makes the streams where they are missing, opens the view, and starts nothing.
func New(ctx context.Context, cfg Config) (*Log, error) { return nil, errors.New("jetstream: not written yet") }

// Run follows and writes until ctx ends; then it finishes the rounds at hand, hands in the writers and returns.
func (l *Log) Run(ctx context.Context) error { return nil }

// Ready is closed once every shard's view has caught up with its stream as it was when Run began.
func (l *Log) Ready() <-chan struct{} { return nil }

// Close closes the view. It waits for Run.
func (l *Log) Close() error { return nil }

// Epoch names this log: positions of another epoch mean nothing here.
func (l *Log) Epoch() string { return "" }

// Shards is the number of shards.
func (l *Log) Shards() int { return 0 }

// Submit stores a message and calls done once, from any goroutine, with the ack or a [*wire.Error]. It does not block and
// keeps order: of two sends to a channel from one goroutine, the first has the lower seq. The command must be valid.
func (l *Log) Submit(user string, cmd *wire.Send, done func(wire.Ack, error)) {}

// Send is [Log.Submit] for those who can wait.
func (l *Log) Send(ctx context.Context, user string, cmd *wire.Send) (wire.Ack, error) {
	return wire.Ack{}, nil
}

// CreateGroup makes a group, or finds the one that the same client id made.
func (l *Log) CreateGroup(ctx context.Context, user string, cmd *wire.CreateGroup) (wire.ChannelInfo, error) {
	return wire.ChannelInfo{}, nil
}

// History is a page of events, each encoded as an event frame, ascending.
func (l *Log) History(ctx context.Context, user string, cmd *wire.History) (events [][]byte, more bool, err error) {
	return nil, false, nil
}

// Channels lists the user's channels, the most recently active first.
func (l *Log) Channels(ctx context.Context, user string, cmd *wire.ListChannels) (channels []wire.ChannelInfo, more bool, err error) {
	return nil, false, nil
}
