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

// Config is what a [Store] is made of. The streams must be there.
type Config struct {
	Conn   *nats.Conn
	JS     jetstream.JetStream
	View   *view.View
	Shards int
	// ShardOf is where a channel lives: by slots, evenly, where it is nil.
	ShardOf func(channel string) int
	Epoch   string // of the log
	Node    string // its name
	// Leads reports whether this node leads a stream.
	Leads func(stream string) bool
	// End asks where a shard's log ends by now, and Await waits until the view has it as far as that.
	End   func(ctx context.Context, shard int) (pos uint64, err error)
	Await func(ctx context.Context, shard int, pos uint64) error
	// Reaches reports whether a stream goes as far as a sequence, or cannot tell before ctx ends.
	Reaches func(ctx context.Context, stream string, seq uint64) (bool, error)
	// Room is why nothing can be stored on this node, or nil.
	Room   func() error
	Logger *slog.Logger
}

// levelWithin is how long after a start it may be said that the cursors are not level yet.
const levelWithin = 2 * time.Second

// Listener is told of cursors that move, from the goroutines that move them: it must return at once.
type Listener interface {
	// OwnMoved: the user has read further than this node knew, up to own. Where he said it here it is not stored yet.
	OwnMoved(channel, user string, own Mark)
	// Moved: what others may know of the user has moved.
	Moved(channel, user string)
}

// Store is a node's hold on all cursors. All methods may be called concurrently.
type Store struct {
	cfg      Config
	shards   []*shard
	level    *milestone
	begun    *milestone
	listener atomic.Pointer[Listener]
}

// shard is what there is of one.
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

// Run writes and follows until ctx ends, writes what it has accepted until then, and returns.
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

// Level is closed once the view has all that was stored when Run began, or two seconds after that: nobody waits longer for it. What comes
// later the listener is told of.
func (s *Store) Level() <-chan struct{} { return s.level.reached }

// Begun is closed once every shard knows what it has to check, or two seconds after Run began. It takes a moment, whatever is stored. What is
// said in the log before it may count as read by those who have read what the log has lost.
func (s *Store) Begun() <-chan struct{} { return s.begun.reached }

// Listen has a listener told, in place of the one before.
func (s *Store) Listen(l Listener) { s.listener.Store(&l) }

// Move moves a user's cursor in a channel up to a mark, and returns before that is stored. Going back changes nothing. The
// error is a [*wire.Error] where what moves could not be stored, for the store is full or its stream takes no writes.
func (s *Store) Move(channel, user string, to Mark) error {
	before, after, err := s.of(channel).writer.accept(key{channel, user}, to)
	if l := s.listener.Load(); l != nil && after.Read > before.Read {
		(*l).OwnMoved(channel, user, after)
	}
	return err
}

// Own is a user's cursor as he sees it himself: what he said on this node, or more where more is stored.
func (s *Store) Own(channel, user string) (Mark, error) {
	return s.of(channel).memory.own(key{channel, user})
}

// Ahead is what memory knows of a user's own cursor. It is no less than what the view does not have of it yet.
func (s *Store) Ahead(channel, user string) Mark {
	return s.of(channel).memory.peek(key{channel, user})
}

func (s *Store) of(channel string) *shard { return s.shards[s.cfg.ShardOf(channel)] }

// tell tells of cursors that have risen.
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
