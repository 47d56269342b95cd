package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/internal/counted"
	"natterjack/server/wire"
)

// Upto is how far a sink has a shard. It is an alias, so that sinks need not import this package.
type Upto = struct {
	Pos uint64
	// Stored is when the stream stored the event at Pos, in Unix nanoseconds, or 0 if that is not
	// known. A stream that has lost its end, and has grown again, has another event there.
	Stored int64
}

// Sink is a copy of something that is derived from the log.
type Sink interface {
	// Position returns up to where the sink has a shard, or zero.
	Position(shard int) (Upto, error)
	// Apply takes in events, and stores them with the position of each shard up to which they are:
	// all of it or nothing, durably. The events of a shard are in their order, and the node's view
	// has them. There may be positions alone. Only one call runs at a time. After an error the same
	// events come again, perhaps with more.
	Apply(ctx context.Context, events []wire.Event, upto map[int]Upto) error
}

// Config describes a feed.
type Config struct {
	Name  string      // for the log: "search"
	Kinds []wire.Kind // of the events that the sink wants; all if empty
	// Void are the kinds of the events that the sink gets even if they are void. A sink that asks
	// the view about each event anyway saves a read of each in this way.
	Void []wire.Kind
	Sink Sink
	// Rest is called after the feed has read for a moment, with how long it has, and may wait. It
	// may be nil.
	Rest func(worked time.Duration)
}

// View is the part of a node's view by which events are judged.
type View = counted.View

// Log is the log as feeds on this node see it.
type Log struct {
	JS     jetstream.JetStream
	Shards int
	Node   string // name of this node's server
	View   View
	// Stream returns the name of a shard's stream.
	Stream func(shard int) string
	// Channel returns the channel of a subject, or "" if the subject belongs to no channel.
	Channel func(subject string) string
	// Await waits until the view has applied a shard up to a pos.
	Await func(ctx context.Context, shard int, pos uint64) error
	// Reaches reports whether a stream goes as far as a pos. It returns an error if it cannot
	// tell before ctx ends.
	Reaches func(ctx context.Context, stream string, pos uint64) (bool, error)
	// StoredAt reports whether a stream has stored the event at a pos at a time. It also does so if
	// the event is erased. It returns an error if it cannot tell before ctx ends.
	StoredAt func(ctx context.Context, stream string, pos uint64, at time.Time) (bool, error)
	// Copy returns a reader that explains the holes in a copy of a stream.
	Copy   func(stream string) *copies.Reader
	Logger *slog.Logger
}

// ErrAhead says that a sink has events that the log has lost, because the log was restored from an
// older backup, for example. Their positions will be given out again. The sink is of no use any
// more.
var ErrAhead = errors.New("the copy is ahead of the log, which has lost its end")

// Feed feeds a sink on this node.
type Feed struct {
	cfg    Config
	log    *Log
	slog   *slog.Logger
	shards []*shard
	batch  *batch
}

// New returns a feed and starts nothing.
func New(log *Log, cfg Config) *Feed {
	f := &Feed{cfg: cfg, log: log, slog: log.Logger.With("component", "feed", "feed", cfg.Name), batch: newBatch()}
	for n := range log.Shards {
		f.shards = append(f.shards, newShard(f, n))
	}
	return f
}

// Run feeds the sink until ctx ends. Then it applies the events that it has gathered, and returns.
// It is called once. If the sink is ahead of the log, it returns [ErrAhead].
func (f *Feed) Run(ctx context.Context) error {
	for _, s := range f.shards {
		if err := s.open(ctx); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // told to stop before it had begun
			}
			return fmt.Errorf("feed %s: %w", f.cfg.Name, err)
		}
	}
	var reading, applying sync.WaitGroup
	for _, s := range f.shards {
		reading.Go(func() { s.run(ctx) })
	}
	applying.Go(func() { f.apply(ctx) })
	reading.Wait()
	f.batch.close()
	applying.Wait()
	return nil
}

// Progress returns how far the feed is, in positions of the log. It is level once the sink has
// everything that the streams had some seconds ago. While others write all the time, a sink hardly
// ever has the very last event.
func (f *Feed) Progress() (done, of uint64, level bool) {
	level = true
	for _, s := range f.shards {
		has, end, known := s.progress()
		done, of = done+has, of+end
		// A level feed asks for the earlier end too. Otherwise it would not know it when the next
		// event comes, and would not count as level until it has that event.
		level = known && has >= s.earlier(end) && level
	}
	return done, of, level
}
