package jetstream

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/copies"
	"natterjack/server/wire"
)

// Engine has the functions of the embedded NATS server that the log needs.
type Engine interface {
	// LeadsStream reports whether this node's server leads the stream, or is alone.
	LeadsStream(stream string) bool
	// StepDownStream makes this server leave the lead of the stream to any other, within ctx.
	StepDownStream(ctx context.Context, stream string) error
	// Name returns the server's name, which is unique in its cluster.
	Name() string
	// Peers returns the other members of the cluster whose names are known, and the number of
	// all members, this one included. The number is 0 if the server is alone.
	Peers() (others []string, size int)
	// Clustered reports whether the server is a member of a cluster, whatever state the cluster
	// is in.
	Clustered() bool
	// Storage returns how many bytes are stored, and how many may be stored, 0 for no limit.
	// The error says that nothing can be stored until the server is made anew.
	Storage() (used, most uint64, err error)

	copies.Holder
}

// Config holds the parts and the settings of a [Log]. Shards counts only when the streams are first
// made. Later the streams keep their own number. The number of replicas follows Replicas.
type Config struct {
	Conn     *nats.Conn // in process; may do everything in the chat account
	Engine   Engine
	ViewDir  string              // deleted and made anew if it belongs to another log
	StoreDir string              // the engine's directory, watched for free room unless empty
	Stage    func(stream string) // called before each batch to a stream of one replica; nil if the engine needs no help
	Cache    int64               // bytes of the view kept in memory; 0 for a share of the machine's memory
	// ViewFiles is how many files the view may have open. 0 means 1,000.
	ViewFiles int
	Shards    int         // 0 for 4
	Replicas  int         // 0 for 1
	Limits    wire.Limits // rates that are not set are taken from [wire.DefaultLimits]
	// Waiting is how many commands may wait for a shard on this node. 0 means 20,000.
	Waiting int
	// Hold is how long a command that is refused for now holds back its sender's next commands
	// in the channel. 0 means 2 s.
	Hold     time.Duration
	Memory   Memory // nil if nothing is remembered from one start to the next
	Profiles Profiles
	Logger   *slog.Logger
	Now      func() time.Time // nil for [time.Now]

	scrubAfter func() (time.Duration, error) // nil for [view.View.ScrubAfter]; for tests that do not wait
	takeAbove  uint64                        // 0 for the constant
	looks      func(key []byte)              // see [view.Options]; nil except in tests
	level      int                           // 0 for [logLevel] with [levelOf]; for tests of another version
	levelOf    func(wire.Command) int
}

// Memory holds the facts that a node remembers about its log between runs.
type Memory interface {
	// Epoch returns the epoch of the log, or an empty string.
	Epoch() string
	// Remember records which log the node has, or refuses it.
	Remember(epoch string, shards int) error
}
