// Package write takes commands to the streams. A command joins the lane of its shard. The lane
// commits a round at a time: through this node's writer if this node leads the shard's stream, and
// otherwise through the relay, which sends the round to the intake of the node that leads. The
// writer decides which events the commands append, and publishes them.
//
// The package knows the view and the rules of a channel. The parts of the log that it needs stand
// in a few small interfaces.
package write

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Config holds the parts that the shards of a node share.
type Config struct {
	Conn    *nats.Conn
	View    *view.View
	Leaders *Leaders
	Limits  wire.Limits
	Room    Room
	Admit   func(wire.Command) error // refuses events that not all nodes know
	Notes   func() bool              // whether all nodes know notes; nil if they do
	// RequestNotes reports whether all nodes know notes of users who wait to join. It is nil if
	// they do.
	RequestNotes func() bool
	Subject      func(channel string) string
	// Staged says that the engine stages atomic batches in memory. Stage is called before each
	// batch; it may be nil.
	Staged  bool
	Stage   func(shard int)
	Waiting int           // how many commands may wait in a shard; 0 for 20,000
	Hold    time.Duration // how long a refused command holds back its sender's next ones; 0 for 2 s
	Now     func() time.Time
	Log     *slog.Logger
}

// Stream is a shard's stream as this node knows it.
type Stream interface {
	// Leads reports whether this node leads the stream, as far as it knows.
	Leads() bool
	// Confirmed reports whether a quorum confirms this node as the stream's leader at this
	// moment. While that holds, no other node leads the stream.
	Confirmed(ctx context.Context) bool
	// Last returns the pos of the last message, once all that this node has published before is
	// stored or lost for good.
	Last(ctx context.Context) (uint64, error)
}

// Follower tells how far this node's view has followed a shard.
type Follower interface {
	// Await returns once the view has applied the shard up to pos.
	Await(ctx context.Context, pos uint64) error
	// After calls tell once, soon after the readers on this node have been woken for pos.
	After(pos uint64, tell func())
}

// Shard writes to one shard, from this node. All methods may be called concurrently.
type Shard struct {
	lane   *lane
	intake *intake
	acks   *ackInbox
	vitals *Vitals
}

// New connects the parts of a shard's write path.
func New(cfg *Config, shard int, stream Stream, follow Follower) (*Shard, error) {
	acks, err := newAckInbox(cfg.Conn, fmt.Sprintf("%s-%d", api.Unique(), shard))
	if err != nil {
		return nil, fmt.Errorf("subscribe to acks: %w", err)
	}
	w := newWriter(cfg, shard, stream, follow)
	w.publisher = publisher{conn: cfg.Conn, acks: acks, name: batchName(), stage: func() {}, from: batchFrom}
	if cfg.Staged {
		w.publisher.from = stagedFrom
	}
	if cfg.Stage != nil {
		w.publisher.stage = func() { cfg.Stage(shard) }
	}
	ln := newLane(stream.Leads, w, &relay{shard: shard, conn: cfg.Conn, leaders: cfg.Leaders, follow: follow, log: cfg.Log})
	ln.most, ln.turns.wait = cmp.Or(cfg.Waiting, maxQueued), cmp.Or(cfg.Hold, holdFor)
	w.source = ln
	in := &intake{shard: shard, conn: cfg.Conn, leaders: cfg.Leaders, lane: ln, log: cfg.Log}
	return &Shard{lane: ln, intake: in, acks: acks, vitals: w.vitals}, nil
}

// Run writes until ctx ends. Then it stops taking other nodes' rounds, finishes the current
// round, and answers the commands that wait with a retryable error.
func (s *Shard) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { s.lane.run(ctx) })
	wg.Go(func() { s.lane.sweep(ctx) })
	s.intake.takeIn(ctx)
	wg.Wait()
}

// Submit queues a command and calls done exactly once, from any goroutine, with the ack or a
// [*wire.Error]. It does not block.
func (s *Shard) Submit(c *Command, done func(wire.Ack, error)) {
	c.done = done
	s.lane.submit(c)
}

// Refused records a command that was refused before it came here, so that it keeps its place
// among its sender's commands.
func (s *Shard) Refused(c *Command, err error) { s.lane.note(c, err) }

// Interrupt ends the wait for the shard's leader, because another node leads now.
func (s *Shard) Interrupt() { s.lane.interrupt() }

// Vitals returns the signs of whether the stream accepts the messages that this node publishes.
func (s *Shard) Vitals() *Vitals { return s.vitals }

// Close ends the subscription that New has begun. Run must have returned, or must never have been
// called.
func (s *Shard) Close() error {
	// The subscription has ended already if the connection has.
	if err := s.acks.sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) {
		return err
	}
	return nil
}

// batchName returns the prefix for the ids of a writer's batches. Other writers of the shard
// have another prefix, and so does the same writer after a restart.
func batchName() string { return api.Unique()[:8] }
