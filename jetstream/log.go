package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/internal/lending"
	"natterjack/jetstream/internal/write"
	"natterjack/jetstream/operation"
	"natterjack/jetstream/receipts"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Log is a node's access to the channels: it sends, reads and follows. All methods may be
// called concurrently while [Log.Run] runs.
type Log struct {
	node
	delivery
	health
	peers

	layout     layout
	limits     wire.Limits
	about      Profiles
	rates      *rates
	growth     *growth
	view       *view.View
	receipts   *receipts.Store
	operations *operation.Table
	shards     []*shard
	leaders    *write.Leaders
	dialect    *dialect
	census     *census
	keeper     keeper
	doubts     chan struct{} // places of the commands that wait in awaitSaid
	ready      chan struct{}
}

// node holds the things that a log runs on.
type node struct {
	self   string // this run of this node: a name that no other run has
	conn   *nats.Conn
	js     jetstream.JetStream
	engine Engine
	stage  func(stream string) // of a single node; see [Config.Stage]
	log    *slog.Logger
}

// delivery holds the tails that cursors read from, and the parts that tell users of changes.
type delivery struct {
	readers   *readers
	shelf     shelf
	holes     atomic.Uint64
	sight     sight
	owners    owners
	news      *news
	present   present
	tickets   tickets
	receivers receivers
}

// health tells whether this node may lead, and whether its users are well off here.
type health struct {
	level   level
	clock   clock
	room    *room
	rebuild rebuild
	pulse   *pulse
}

// peers are the parts by which nodes help each other's copies and views.
type peers struct {
	teller *copies.Teller
	lender *lending.Lender // nil if no other node could borrow
	damage copies.Tally    // damage of this node's copies
}

// New waits for JetStream until ctx ends, makes missing streams and opens the view. It does not
// start to follow or to write: [Log.Run] does.
func New(ctx context.Context, cfg Config) (*Log, error) {
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	teller, err := copies.Tell(cfg.Conn, cfg.Engine, cfg.Engine.Name(), api.Unique(), cfg.Logger.With("component", "jetstream"))
	if err != nil {
		return nil, err
	}
	streams, said, err := openAll(ctx, js, &cfg)
	if err != nil {
		return nil, errors.Join(err, teller.Close())
	}
	l := &Log{
		node:   node{self: api.Unique(), conn: cfg.Conn, js: js, engine: cfg.Engine, stage: cfg.Stage, log: cfg.Logger.With("component", "jetstream")},
		layout: streams, limits: cfg.Limits, about: cfg.Profiles, rates: newRates(cfg.Limits), growth: newGrowth(cfg.Limits), delivery: delivery{readers: newReaders(), news: newNews()},
		health:  health{clock: clock{now: cfg.Now}, room: newRoom(cfg.ViewDir, cfg.StoreDir), pulse: newPulse(), rebuild: rebuild{most: farBehind}},
		dialect: newDialect(js, &cfg, streams.level), peers: peers{teller: teller}, census: said,
		keeper: keeper{js: js, replicas: cmp.Or(cfg.Replicas, 1)}, ready: make(chan struct{}),
		doubts: make(chan struct{}, maxDoubts),
	}
	if l.clock.now == nil {
		l.clock.now = time.Now
	}
	if cfg.Shards != 0 && cfg.Shards != streams.shards {
		l.log.InfoContext(ctx, "the log keeps the shards that it was made with", "shards", streams.shards, "configured", cfg.Shards)
	}
	l.view, err = l.openView(ctx, &cfg)
	if err != nil {
		return nil, errors.Join(err, said.close(), teller.Close())
	}
	l.receipts = l.newReceipts(cfg.Logger)
	l.leaders = write.NewLeaders(l.self, streams.shards, func(shard int) { l.shards[shard].write.Interrupt() })
	writing := l.writing(&cfg)
	tails := make([]*tail, streams.shards)
	for n := range tails {
		s, err := l.newShard(n, &cfg, writing)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.shards, tails[n] = append(l.shards, s), s.tail
	}
	l.shelf = shelves{l.view, tails}
	if l.engine.Clustered() {
		if l.lender, err = lending.Lend(l.conn, lendable{l}, l.borrowed(l.viewOptions(&cfg)), api.Unique(), l.log); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	l.operations = l.answerable()
	return l, nil
}

func (l *Log) viewOptions(cfg *Config) view.Options {
	return view.Options{
		Shards: l.layout.shards, ShardOf: l.layout.shardOf, Epoch: l.layout.epoch, Logger: l.log, Watched: func() bool { return !l.readers.none() },
		CacheBytes: cfg.Cache / 2, StateBytes: cfg.Cache / 2, Files: cfg.ViewFiles,
		Clock: func() (time.Time, bool) { return l.clock.now(), l.Clock() == nil }, Looks: cfg.looks,
	}
}

// openView opens the view, and empties it if it is ahead of its stream. The stream has then
// lost its end, for example because a disk was restored from a backup. The view holds events
// that are gone, and their positions will be given out again.
func (l *Log) openView(ctx context.Context, cfg *Config) (*view.View, error) {
	dir, opts := cfg.ViewDir, l.viewOptions(cfg)
	stop := func() {}
	if l.engine.Clustered() {
		stop = l.yield(ctx)
	}
	v, err := view.Open(dir, opts)
	if err == nil && l.engine.Clustered() {
		v, err = l.takeView(ctx, v, dir, opts, cfg.takeAbove)
	}
	stop()
	if err != nil {
		return nil, fmt.Errorf("open view: %w", err)
	}
	for shard := range l.layout.shards {
		have := v.Position(shard)
		ok, err := reaches(ctx, l.js, shard, have)
		if err != nil {
			return nil, errors.Join(err, v.Close())
		}
		if !ok {
			l.log.ErrorContext(ctx, "view is ahead of its stream and will be rebuilt", "shard", shard, "position", have)
			if err := errors.Join(v.Close(), os.RemoveAll(dir)); err != nil {
				return nil, err
			}
			return view.Open(dir, opts)
		}
	}
	return v, nil
}

// Close closes the view. Run must have returned, or must never have been called.
func (l *Log) Close() error {
	var errs []error
	for _, s := range l.shards {
		errs = append(errs, s.write.Close())
	}
	if l.lender != nil {
		errs = append(errs, l.lender.Close())
	}
	return errors.Join(append(errs, l.teller.Close(), l.census.close(), l.view.Close())...)
}

// Epoch returns the name of this log. Positions of another epoch have no meaning here.
func (l *Log) Epoch() string { return l.layout.epoch }

// Shards returns the number of shards.
func (l *Log) Shards() int { return l.layout.shards }

// Progress returns a number that changes whenever the view of this node has taken in an event.
func (l *Log) Progress() (sum uint64) {
	for _, pos := range l.positions() {
		sum += pos
	}
	return sum
}

// positions returns this node's position in each shard.
func (l *Log) positions() []uint64 {
	p := make([]uint64, l.layout.shards)
	for shard := range p {
		p[shard] = l.view.Position(shard)
	}
	return p
}
