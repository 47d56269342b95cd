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

// Engine is what the log needs from the embedded NATS server beside it.
type Engine interface {
	// LeadsStream reports whether this node's server leads the stream, or is alone.
	LeadsStream(stream string) bool
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

// Config is what a [Log] is made of. Shards counts only when the streams are first made. Later
// the streams keep their own number. The number of replicas follows Replicas.
type Config struct {
	Conn     *nats.Conn // in process; may do everything in the chat account
	Engine   Engine
	ViewDir  string              // deleted and made anew if it belongs to another log
	StoreDir string              // the engine's directory, watched for free room unless empty
	Stage    func(stream string) // called before each batch to a stream of one replica; nil if the engine needs no help
	Cache    int64               // bytes of the view kept in memory; 0 for a share of the machine's memory
	Shards   int                 // 0 for 4
	// ViewFiles is how many files the view may have open. 0 means 1,000.
	ViewFiles int
	Replicas int                 // 0 for 1
	Limits   wire.Limits         // rates that are not set are taken from [wire.DefaultLimits]
	// Waiting is how many commands may wait for a shard on this node. 0 means 20,000.
	Waiting int
	// Hold is how long a command that is refused for now holds back its sender's next commands
	// in the channel. 0 means 2 s.
	Hold   time.Duration
	Memory Memory // nil if nothing is remembered from one start to the next
	Logger *slog.Logger
	Now    func() time.Time // nil for [time.Now]

	scrubAfter func() (time.Duration, error) // nil for [view.View.ScrubAfter]; for tests that do not wait
	takeAbove  uint64                        // 0 for the constant
	level      int                           // 0 for [logLevel] with [levelOf]; for tests of another version
	levelOf    func(wire.Command) int
}

// Memory is what a node remembers about its log between runs.
type Memory interface {
	// Epoch returns the epoch of the log, or an empty string.
	Epoch() string
	// Remember records which log the node has, or refuses it.
	Remember(epoch string, shards int) error
}

// Log is a node's access to the channels: it sends, reads and follows. All methods may be
// called concurrently while [Log.Run] runs.
type Log struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	engine  Engine
	layout  layout
	limits  wire.Limits
	waiting int // see [Config]; hold too
	hold    time.Duration
	rates   *rates
	log     *slog.Logger
	view    *view.View
	readers *readers
	shelf   shelf // what cursors read
	holes   atomic.Uint64
	teller  *copies.Teller
	lender  *lending.Lender // nil if no other node could borrow
	damage  copies.Tally    // damage of this node's copies
	sight   sight
	level   level
	clock   clock
	room    *room
	dirs    []string // directories that must have room
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
	known     []highest // highest pos that this node has acknowledged, or that a client from another node has seen
}

// New waits for JetStream until ctx ends, makes missing streams and opens the view. It does not
// start to follow or to write: [Log.Run] does.
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
		CacheBytes: cfg.Cache / 2, StateBytes: cfg.Cache / 2, Files: cfg.ViewFiles,
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

// unique returns a name that is never used twice. It is the name of an inbox, and may be a
// token of a subject.
func unique() string { return nats.NewInbox()[len(nats.InboxPrefix):] }

// batchName returns the prefix for the ids of a writer's batches. Other writers of the shard
// have another prefix, and so does the same writer after a restart.
func batchName() string { return unique()[:8] }

// Run follows and writes until ctx ends. Then it stops taking other nodes' rounds, finishes the
// current ones, and answers waiting commands with a retryable error. Then it returns.
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
	// The subscription has then ended already.
	if err := announcements.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) {
		return err
	}
	return nil
}

// warmFirst is how much longer a start may take so that long lists of channels are read ahead.
const warmFirst = 250 * time.Millisecond

// warm makes the view read ahead for the users whose first request would be noticeably slow. It
// hurries until the node is ready, and then runs beside the requests. It returns a channel that
// is closed when it is done.
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

// Ready returns a channel that is closed once every shard's view has caught up with the end
// that its stream had when Run began. It does not wait for the receipts to be level. By then,
// the long lists of channels that could be read quickly are in memory too.
func (l *Log) Ready() <-chan struct{} { return l.ready }

// awaitReady closes ready, or gives up when ctx ends.
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

// Close closes the view. Run must have returned, or must never have been called.
func (l *Log) Close() error {
	var errs []error
	for _, a := range l.acks {
		// The subscription has then ended already.
		if err := a.sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) {
			errs = append(errs, err)
		}
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

// positions returns this node's position in each shard.
func (l *Log) positions() []uint64 {
	p := make([]uint64, l.layout.shards)
	for shard := range p {
		p[shard] = l.view.Position(shard)
	}
	return p
}
