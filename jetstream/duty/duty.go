package duty

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/internal/counted"
	"natterjack/jetstream/internal/kept"
	"natterjack/server/wire"
)

// Doer decides what has to be done about an event. It is called by one goroutine a shard.
type Doer interface {
	// Do takes in some events of one shard, in their order. This node's view has them. The
	// decisions of Do must be stored when it returns nil. After an error, all of these events come
	// again. They also come again if the node dies within the next second, or loses the lead. Do
	// must return within [Patience], and must not wait for a server outside of the cluster.
	//
	// The content of a message may have been deleted since: the view knows.
	Do(ctx context.Context, events []wire.Event) error
}

// Begin says where a duty that is new to a log begins.
type Begin int

// The places where a duty may begin.
const (
	AtNow   Begin = iota // with the events since this node has started, and for [Config.Recent] before
	AtFirst              // with the first event that the log has
)

// Config describes a duty.
type Config struct {
	Name  string // a token of a subject: "removal"
	Begin Begin
	// Recent says that a duty that begins now also takes in the events of this time before the
	// start of its node. In a new cluster, some nodes are in use before others have started.
	Recent time.Duration
	Kinds  []wire.Kind // of the events that the duty wants; all if empty
	Doer   Doer
}

// View is the part of a node's view with which a duty judges events.
type View = counted.View

// Log is the log as duties on this node see it.
type Log struct {
	Conn   *nats.Conn
	JS     jetstream.JetStream
	Shards int
	Epoch  string
	Node   string // name of this node's server
	View   View
	// Stream returns the name of a shard's stream.
	Stream func(shard int) string
	// Channel returns the channel of a subject, or "" if the subject belongs to no channel.
	Channel func(subject string) string
	// Leads reports whether this node leads a stream.
	Leads func(stream string) bool
	// Await waits until the view has applied a shard up to a pos.
	Await func(ctx context.Context, shard int, pos uint64) error
	// Reaches reports whether a stream goes as far as a pos. It returns an error if it cannot
	// tell before ctx ends.
	Reaches func(ctx context.Context, stream string, pos uint64) (bool, error)
	// Copy returns a reader that explains the holes in a copy of a stream.
	Copy func(stream string) *copies.Reader
	// Open makes a stream unless it exists, and Keep changes it until it is as configured. Both
	// try until ctx ends.
	Open   func(ctx context.Context, cfg jetstream.StreamConfig) error
	Keep   func(ctx context.Context, cfg jetstream.StreamConfig)
	Copies int // of each stream
	Logger *slog.Logger
}

// Duty is a duty on this node. It does something only in the shards that this node leads.
type Duty struct {
	cfg    Config
	log    *Log
	shards []*shard
	opened chan struct{} // closed once the stream is there
}

// New returns a duty and starts nothing.
func New(log *Log, cfg Config) *Duty {
	d := &Duty{cfg: cfg, log: log, opened: make(chan struct{})}
	for n := range log.Shards {
		d.shards = append(d.shards, newShard(log, &d.cfg, n))
	}
	return d
}

// Opened returns a channel that is closed once Run has its stream. While a stream is being made,
// the engine says that it is not healthy.
func (d *Duty) Opened() <-chan struct{} { return d.opened }

// Run does the duty until ctx ends. It is called once.
func (d *Duty) Run(ctx context.Context) error {
	streams := kept.Streams{Open: d.log.Open, Keep: d.log.Keep, Opened: d.opened, All: []jetstream.StreamConfig{StreamConfig(d.log.Copies)}}
	err := streams.Run(ctx, func(ctx context.Context) {
		var running sync.WaitGroup
		for _, s := range d.shards {
			running.Go(func() { s.run(ctx) })
		}
		running.Wait()
	})
	if err != nil {
		return fmt.Errorf("duty %s: %w", d.cfg.Name, err)
	}
	return nil
}

// Stored returns the stored position up to which the duty is done in a shard, on any node. It is 0
// if the duty has not begun.
func (d *Duty) Stored(ctx context.Context, shard int) (pos uint64, err error) {
	p := place{conn: d.log.Conn, subject: Subject(d.cfg.Name, shard), epoch: d.log.Epoch}
	r, _, _, err := p.read(ctx)
	return r.Pos, err
}

// States returns how far the duty is in the shards that this node leads.
func (d *Duty) States() (states []State) {
	for _, s := range d.shards {
		if st := s.state.Load(); st != nil {
			states = append(states, *st)
		}
	}
	return states
}
