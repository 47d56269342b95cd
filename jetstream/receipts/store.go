package receipts

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Config configures a [Store]. The streams must exist.
type Config struct {
	Conn   *nats.Conn
	JS     jetstream.JetStream
	View   *view.View
	Shards int
	// ShardOf returns the shard of a channel. If it is nil, slots are spread evenly.
	ShardOf func(channel string) int
	Epoch   string // of the log
	Node    string // this node's name
	// Leads reports whether this node leads a stream.
	Leads func(stream string) bool
	// End asks for the pos at which a shard's log ends, and Await waits until the view has
	// applied it that far.
	End   func(ctx context.Context, shard int) (pos uint64, err error)
	Await func(ctx context.Context, shard int, pos uint64) error
	// Reaches reports whether a stream goes as far as a sequence. It returns an error if it
	// cannot tell before ctx ends.
	Reaches func(ctx context.Context, stream string, seq uint64) (bool, error)
	// Room returns the reason why nothing can be stored on this node, or nil.
	Room   func() error
	Logger *slog.Logger
}

// levelWithin is how long after a start callers may wait for the cursors to be level.
const levelWithin = 2 * time.Second

// Listener is told of cursors that move. It is called from the goroutines that move them, so it
// must return at once.
type Listener interface {
	// OwnMoved means that the user has read further than this node knew, up to own. If the user
	// said so on this node, it is not stored yet.
	OwnMoved(channel, user string, own Mark)
	// Moved means that the part of the user's cursor that others may see has moved.
	Moved(channel, user string)
	// Sent means that the user has sent a message, perhaps on another node. So the user has
	// read the channel up to that message.
	Sent(channel, user string)
}

// Store stores all cursors of a node. All methods may be called concurrently.
type Store struct {
	cfg      Config
	shards   []*shard
	level    *milestone
	begun    *milestone
	listener atomic.Pointer[Listener]
}

// shard holds a store's parts for one shard.
type shard struct {
	memory   *memory
	stream   *publisher
	writer   *writer
	follower *follower
	checker  *checker
	cleaner  *cleaner
}

// New makes a store and starts nothing.
func New(cfg Config) *Store {
	cfg.Logger = cfg.Logger.With("component", "receipts")
	if cfg.ShardOf == nil {
		cfg.ShardOf = func(channel string) int { return wire.SlotOf(channel) * cfg.Shards / wire.Slots }
	}
	s := &Store{cfg: cfg, level: newMilestone(cfg.Shards), begun: newMilestone(cfg.Shards)}
	for n := range cfg.Shards {
		s.shards = append(s.shards, s.newShard(n))
	}
	return s
}

func (s *Store) newShard(n int) *shard {
	cfg, log := &s.cfg, s.cfg.Logger
	sh := &shard{memory: newMemory(cfg.View.Receipt), stream: &publisher{shard: n, epoch: cfg.Epoch, conn: cfg.Conn}}
	applied := make(chan struct{}, 1)
	sh.writer = newWriter(n, sh.memory, sh.stream, cfg.Room, log)
	sh.checker = &checker{shard: n, cfg: cfg, stream: sh.stream, log: log, due: make(chan struct{}, 1)}
	sh.cleaner = &cleaner{shard: n, cfg: cfg, stream: sh.stream, applied: applied, log: log, above: cleanAbove}
	sh.follower = &follower{
		shard: n, cfg: cfg, memory: sh.memory, told: s.tell, log: log,
		begun: s.begun.one(), level: s.level.one(), checks: sh.checker.due, applied: applied,
	}
	return sh
}

// Run writes and follows until ctx ends. It then writes the moves that it has accepted by that
// time, and returns.
func (s *Store) Run(ctx context.Context) {
	for _, m := range []*milestone{s.begun, s.level} {
		late := time.AfterFunc(levelWithin, m.reach)
		defer late.Stop()
	}
	var wg sync.WaitGroup
	for _, sh := range s.shards {
		wg.Go(func() { sh.writer.run(ctx) })
		wg.Go(func() { sh.follower.run(ctx) })
		wg.Go(func() { sh.checker.run(ctx) })
		wg.Go(func() { sh.cleaner.run(ctx) })
	}
	wg.Wait()
}

// Level returns a channel that is closed when the view has everything that was stored when Run
// began, or two seconds after that. No caller waits longer for it: the listener is told of cursors
// that come later.
func (s *Store) Level() <-chan struct{} { return s.level.reached }

// Begun returns a channel that is closed when every shard knows which records it has to check, or
// two seconds after Run began. That takes a moment, however much is stored. A message that is sent
// before that may count as read by users who have read a message that the log has lost.
func (s *Store) Begun() <-chan struct{} { return s.begun.reached }

// Listen sets the listener, in place of the one before.
func (s *Store) Listen(l Listener) { s.listener.Store(&l) }

// Move moves a user's cursor in a channel up to a mark, and returns before the move is stored.
// A move back changes nothing. The error is a [*wire.Error] if the move could not be stored,
// because the store is full or its stream takes no writes.
func (s *Store) Move(channel, user string, to Mark) error {
	before, after, err := s.of(channel).writer.accept(key{channel, user}, to)
	if l := s.listener.Load(); l != nil && after.Read > before.Read {
		(*l).OwnMoved(channel, user, after)
	}
	return err
}

// Sent tells the listener that a user has sent a message. Nothing is stored: the message itself
// says that its sender has read up to it.
func (s *Store) Sent(channel, user string) {
	if l := s.listener.Load(); l != nil {
		(*l).Sent(channel, user)
	}
}

// Own returns a user's cursor as the user sees it: the higher of the position set on this node and
// the stored one.
func (s *Store) Own(channel, user string) (Mark, error) {
	return s.of(channel).memory.own(key{channel, user})
}

// Ahead returns a user's own cursor as far as memory knows it. It has every move that the view does
// not have yet.
func (s *Store) Ahead(channel, user string) Mark {
	return s.of(channel).memory.peek(key{channel, user})
}

func (s *Store) of(channel string) *shard { return s.shards[s.cfg.ShardOf(channel)] }

// tell tells the listener of cursors that have risen.
func (s *Store) tell(risen []rise) {
	l := s.listener.Load()
	if l == nil {
		return
	}
	for _, r := range risen {
		(*l).Moved(r.channel, r.user)
		if r.Read > r.own.Read {
			(*l).OwnMoved(r.channel, r.user, r.merge(r.own))
		}
	}
}
