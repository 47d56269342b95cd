package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/internal/lending"
	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/operation"
	"natterjack/jetstream/receipts"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Engine is what the log asks of the embedded NATS server beside it.
type Engine interface {
	// LeadsStream reports whether this node's server leads the stream, or is alone.
	LeadsStream(stream string) bool
	// Name is the server's name, unique in its cluster.
	Name() string
	// Peers are the other members of the cluster, as far as their names are known, and how many members there are, this one included: 0
	// where it is alone.
	Peers() (others []string, size int)
	// Clustered reports whether the server is a member of a cluster, whatever has become of that.
	Clustered() bool
	// Storage is how many bytes are stored and how many may be, 0 where there is no limit. The error is that nothing can be stored any
	// more until the server is made anew.
	Storage() (used, most uint64, err error)

	copies.Holder
}

// Config is what a [Log] is made of. Shards counts only when the streams are first made; afterwards the streams say themselves. They
// follow Replicas.
type Config struct {
	Conn     *nats.Conn // in process; may do everything in the chat account
	Engine   Engine
	ViewDir  string              // deleted and made anew where it is not of this log
	StoreDir string              // of the engine, for how much room there is; not looked at where empty
	Stage    func(stream string) // called before each batch to a stream of one replica; nil where the engine needs no help
	Cache    int64               // bytes of the view kept in memory; as the machine has memory where 0
	Shards   int                 // 4 where 0
	Replicas int                 // 1 where 0
	Limits   wire.Limits         // rates that are not set are those of [wire.DefaultLimits]
	// Waiting is how many commands may wait for a shard on this node; 20,000 where 0.
	Waiting int
	// Hold is how long what is refused for now holds back what its sender says next in the channel; 2 s
	// where 0.
	Hold   time.Duration
	Memory Memory // nil where nothing is remembered from one start to the next
	Logger *slog.Logger
	Now    func() time.Time // [time.Now] where nil

	scrubAfter func() (time.Duration, error) // [view.View.ScrubAfter] where nil; tests do not wait
	takeAbove  uint64                        // the constant where 0
	level      int                           // [logLevel] where 0, with [levelOf]; tests are of another version
	levelOf    func(wire.Command) int
}

// Memory is what a node remembers of its log when it does not run.
type Memory interface {
	// Epoch is that of the log, or empty.
	Epoch() string
	// Remember takes down which log the node has, or refuses it.
	Remember(epoch string, shards int) error
}

// Log is a node's hold on the channels: it sends, reads and follows. All methods may be called concurrently once
// [Log.Run] runs.
type Log struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	engine  Engine
	layout  layout
	limits  wire.Limits
	waiting int // see [Config], as hold
	hold    time.Duration
	rates   *rates
	log     *slog.Logger
	view    *view.View
	readers *readers
	shelf   shelf // what cursors read
	holes   atomic.Uint64
	teller  *copies.Teller
	lender  *lending.Lender // nil where there is nobody to lend to
	damage  copies.Tally    // of this node's copies
	sight   sight
	level   level
	clock   clock
	room    *room
	dirs    []string // that must have room
	writers *writers
	pulse   *pulse
	dialect *dialect

	scrubAfter func() (time.Duration, error) // see [view.View.ScrubAfter]
	stage      func(stream string)           // see [Config]; may be nil
	ready      chan struct{}
	census     *census
	keeper     keeper

	rebuild rebuild

	receipts *receipts.Store

	operations *operation.Table

	// One of each per shard.
	tails     []*tail
	followers []*follower
	lanes     []*lane
	erasers   []*eraser
	partings  []*partings
	acks      []*ackInbox
	vitals    []*vitals
	known     []highest // what this node has acknowledged, or a client that came from another one has seen
}

// New waits for JetStream until ctx ends, makes the streams where they are missing, opens the view, and starts nothing.
func New(ctx context.Context, cfg Config) (*Log, error) {
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	teller, err := copies.Tell(cfg.Conn, cfg.Engine, cfg.Engine.Name(), unique(), cfg.Logger.With("component", "jetstream"))
	if err != nil {
		return nil, err
	}
	streams, said, err := openAll(ctx, js, &cfg)
	if err != nil {
		return nil, errors.Join(err, teller.Close())
	}
	l := &Log{
		conn: cfg.Conn, js: js, engine: cfg.Engine, layout: streams, limits: cfg.Limits, waiting: cfg.Waiting, hold: cfg.Hold, rates: newRates(cfg.Limits),
		log: cfg.Logger.With("component", "jetstream"), readers: newReaders(), room: newRoom(), pulse: newPulse(), dialect: newDialect(js, &cfg, streams.level), ready: make(chan struct{}),
		stage: cfg.Stage, teller: teller, census: said, keeper: keeper{js: js, replicas: cmp.Or(cfg.Replicas, 1)},
		rebuild: rebuild{most: farBehind},
	}
	if cfg.Shards != 0 && cfg.Shards != streams.shards {
		l.log.InfoContext(ctx, "the log keeps the shards that it was made with", "shards", streams.shards, "configured", cfg.Shards)
	}
	l.view, err = l.openView(ctx, &cfg)
	if err != nil {
		return nil, errors.Join(err, said.close(), teller.Close())
	}
	l.receipts = l.newReceipts(cfg.Logger)
	if l.scrubAfter = cfg.scrubAfter; l.scrubAfter == nil {
		l.scrubAfter = l.view.ScrubAfter
	}
	l.writers = newWriters(unique(), streams.shards, func(shard int) { l.lanes[shard].interrupt() })
	if l.clock.now = cfg.Now; l.clock.now == nil {
		l.clock.now = time.Now
	}
	if l.dirs = []string{cfg.ViewDir}; cfg.StoreDir != "" {
		l.dirs = append(l.dirs, cfg.StoreDir)
	}
	for shard := range streams.shards {
		if err := l.addShard(shard); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	l.shelf = shelves{l.view, l.tails}
	if l.engine.Clustered() {
		if l.lender, err = lending.Lend(l.conn, lendable{l}, l.borrowed(l.viewOptions(&cfg)), unique(), l.log); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	l.operations = l.answerable()
	return l, nil
}

func (l *Log) viewOptions(cfg *Config) view.Options {
	return view.Options{
		Shards: l.layout.shards, ShardOf: l.layout.shardOf, Epoch: l.layout.epoch, Logger: l.log, Watched: func() bool { return !l.readers.none() },
		CacheBytes: cfg.Cache / 2, StateBytes: cfg.Cache / 2,
	}
}

// openView opens the view, and empties it where it is ahead of its stream: then the stream has lost its end (a disk restored
// from a backup, say), and the view holds events that are gone, under positions that will be given again.
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

func (l *Log) addShard(shard int) error {
	acks, err := newAckInbox(l.conn, fmt.Sprintf("%s-%d", unique(), shard))
	if err != nil {
		return fmt.Errorf("subscribe to acks: %w", err)
	}
	t := &tail{floor: l.view.Position(shard)}
	f := &follower{shard: shard, js: l.js, engine: l.engine, view: l.view, tail: t, readers: l.readers, sight: &l.sight, log: l.log}
	f.copy = copies.NewReader(l.conn, l.js, l.engine, StreamName(shard), l.engine.Name(), &l.damage, l.log)
	leads := func() bool { return l.engine.LeadsStream(StreamName(shard)) }
	stage, from := l.staging(shard)
	w := &writer{
		shard: shard, js: l.js, view: l.view, stream: publisher{conn: l.conn, acks: acks, name: batchName(), stage: stage, from: from}, follow: f, limits: l.limits,
		leader: &lease{shard: shard, js: l.js, name: l.engine.Name(), leads: leads, pulse: l.pulse},
		log:    l.log, pace: newPace(l.limits), ahead: newAhead(), room: l.room, now: l.clock.now, vitals: new(vitals), dialect: l.dialect,
	}
	l.tails = append(l.tails, t)
	l.followers = append(l.followers, f)
	l.acks = append(l.acks, acks)
	l.vitals = append(l.vitals, w.vitals)
	ln := newLane(leads, w, &forwarder{shard: shard, conn: l.conn, writers: l.writers, follow: f, log: l.log})
	w.source = ln
	ln.most, ln.turns.wait = cmp.Or(l.waiting, maxQueued), cmp.Or(l.hold, holdFor)
	l.lanes = append(l.lanes, ln)
	er := &eraser{shard: shard, conn: l.conn, view: l.view, leads: leads, wake: make(chan struct{}, 1), after: l.scrubAfter, log: l.log}
	f.erase = er.wake
	l.erasers = append(l.erasers, er)
	f.partings = l.newPartings(shard, leads)
	l.partings = append(l.partings, f.partings)
	l.known = append(l.known, highest{})
	return nil
}

// unique is a name that nobody had before: that of an inbox, which a token of a subject can be.
func unique() string { return nats.NewInbox()[len(nats.InboxPrefix):] }

// batchName begins the ids of a writer's batches: other writers of the shard have another, and so has the one before a restart.
func batchName() string { return unique()[:8] }

// Run follows and writes until ctx ends; then it stops taking other nodes' rounds, finishes the ones at hand, answers what
// still waits with a retryable error, and returns.
func (l *Log) Run(ctx context.Context) error {
	announcements, err := l.conn.Subscribe(announceSubject("*"), l.writers.heard)
	if err != nil {
		return fmt.Errorf("subscribe to writers: %w", err)
	}
	var following, writing sync.WaitGroup
	followCtx, stopFollowing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFollowing()
	for _, f := range l.followers {
		following.Go(func() { f.run(followCtx) })
	}
	for shard, ln := range l.lanes {
		writing.Go(func() { ln.run(ctx) })
		writing.Go(func() { ln.sweep(ctx) })
		writing.Go(func() { l.takeIn(ctx, shard) })
		writing.Go(func() { l.erasers[shard].run(ctx) })
		writing.Go(func() { l.partings[shard].run(ctx) })
	}
	writing.Go(func() { l.receipts.Run(ctx) })
	writing.Go(func() { l.keepConfigured(ctx) })
	writing.Go(func() { l.watchLevel(ctx) })
	writing.Go(func() { l.watchRoom(ctx) })
	writing.Go(func() { l.watchClock(ctx) })
	writing.Go(func() { l.pulse.run(ctx) })
	warmed := l.warm(ctx, &writing)
	writing.Go(func() { l.awaitReady(ctx, warmed) })
	writing.Wait()
	stopFollowing() // last: a writer that finishes its round may wait for the view
	following.Wait()
	for _, f := range l.followers {
		f.telling.Wait()
	}
	if err := announcements.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) { // then it has ended already
		return err
	}
	return nil
}

// warmFirst is how long a start may take longer for long lists of channels to be read ahead.
const warmFirst = 250 * time.Millisecond

// warm has the view read ahead for those whose first question would be felt: in a hurry while nobody is served, and then beside that. It
// returns a channel that is closed when it is done.
func (l *Log) warm(ctx context.Context, wg *sync.WaitGroup) (warmed <-chan struct{}) {
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		if err := l.view.Warm(ctx, l.ready); err != nil {
			l.log.WarnContext(ctx, "long lists of channels are not all in memory", "error", err)
		}
	})
	return done
}

// Ready is closed once every shard's view has caught up with its stream as it was when Run began; it waits for no receipts. Long
// lists of channels are in memory then too, as far as they were read in a moment.
func (l *Log) Ready() <-chan struct{} { return l.ready }

// awaitReady closes ready, or gives up with ctx.
func (l *Log) awaitReady(ctx context.Context, warmed <-chan struct{}) {
	first := time.NewTimer(warmFirst)
	defer first.Stop()
	for shard, f := range l.followers {
		for {
			last, err := lastPos(ctx, l.js, shard)
			if err == nil {
				err = f.await(ctx, last)
			}
			if err == nil {
				break
			}
			if ctx.Err() != nil || pause.For(ctx, maxBackoff) != nil {
				return
			}
		}
	}
	select {
	case <-warmed:
	case <-first.C:
	case <-ctx.Done():
		return
	}
	select {
	case <-l.receipts.Begun():
		close(l.ready)
	case <-ctx.Done():
	}
}

// Close closes the view. Run must have returned, or never been called.
func (l *Log) Close() error {
	var errs []error
	for _, a := range l.acks {
		if err := a.sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) { // then it has ended already
			errs = append(errs, err)
		}
	}
	if l.lender != nil {
		errs = append(errs, l.lender.Close())
	}
	return errors.Join(append(errs, l.teller.Close(), l.census.close(), l.view.Close())...)
}

// Epoch names this log: positions of another epoch mean nothing here.
func (l *Log) Epoch() string { return l.layout.epoch }

// Shards is the number of shards.
func (l *Log) Shards() int { return l.layout.shards }

// positions is how far this node's view has got in each shard.
func (l *Log) positions() []uint64 {
	p := make([]uint64, l.layout.shards)
	for shard := range p {
		p[shard] = l.view.Position(shard)
	}
	return p
}
