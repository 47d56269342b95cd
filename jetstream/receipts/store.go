package receipts

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/server/wire"
)

// Config is what a [Store] is made of. The streams must be there.
type Config struct {
	Conn    *nats.Conn
	JS      jetstream.JetStream
	Shards  int
	ShardOf func(channel string) int // by slots, evenly, where nil
	Node    string                   // its name
	Logger  *slog.Logger
}

// Listener is told of cursors that move, from the goroutines that move them: it must return at once.
type Listener interface {
	// OwnMoved: the user has read further than this node knew. Where he said it here it is not stored yet.
	OwnMoved(channel, user string)
	// Moved: what others may know of the user has moved.
	Moved(channel, user string)
}

// Store is a node's hold on all cursors. All methods may be called concurrently.
type Store struct {
	shards   []*shard
	shardOf  func(channel string) int
	ready    chan struct{}
	listener atomic.Pointer[Listener]
}

// shard is what there is of one.
type shard struct {
	table    *table
	stream   *publisher
	writer   *writer
	follower *follower
}

// New makes a store and starts nothing.
func New(cfg Config) *Store {
	log := cfg.Logger.With("component", "receipts")
	if cfg.ShardOf == nil {
		cfg.ShardOf = func(channel string) int { return wire.SlotOf(channel) * cfg.Shards / wire.Slots }
	}
	s := &Store{shardOf: cfg.ShardOf, ready: make(chan struct{})}
	behind := new(atomic.Int64)
	behind.Store(int64(cfg.Shards))
	level := func() {
		if behind.Add(-1) == 0 {
			close(s.ready)
		}
	}
	for n := range cfg.Shards {
		sh := &shard{table: newTable(), stream: &publisher{shard: n, conn: cfg.Conn}}
		stored := func(k key, m Mark, rev uint64) { s.stored(sh, k, m, rev) }
		sh.writer = newWriter(n, sh.table, sh.stream, stored, log)
		sh.follower = newFollower(n, &cfg, stored, level, log)
		s.shards = append(s.shards, sh)
	}
	return s
}

// Run writes and follows until ctx ends, writes what it has accepted until then, and returns.
func (s *Store) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, sh := range s.shards {
		wg.Go(func() { sh.writer.run(ctx) })
		wg.Go(func() { sh.follower.run(ctx) })
	}
	wg.Wait()
}

// Ready is closed once the store knows what was stored when Run began.
func (s *Store) Ready() <-chan struct{} { return s.ready }

// Listen has a listener told, in place of the one before.
func (s *Store) Listen(l Listener) { s.listener.Store(&l) }

// Move moves a user's cursor in a channel up to a mark, and returns before that is stored. Going back changes nothing. The
// error is a [*wire.Error], for where too much waits already.
func (s *Store) Move(channel, user string, to Mark) error {
	before, after, err := s.of(channel).writer.accept(key{channel, user}, to)
	if l := s.listener.Load(); l != nil && after.Read > before.Read {
		(*l).OwnMoved(channel, user)
	}
	return err
}

// Own is a user's cursor as he sees it himself: what he said on this node, or more where more is stored.
func (s *Store) Own(channel, user string) Mark {
	sh, k := s.of(channel), key{channel, user}
	waiting := sh.writer.waiting(k) // first: it moves from there to the table
	stored, _ := sh.table.get(k)
	return stored.merge(waiting)
}

// Stored is a user's cursor as others see it.
func (s *Store) Stored(channel, user string) Mark {
	m, _ := s.of(channel).table.get(key{channel, user})
	return m
}

// All calls yield with every cursor stored of a channel, by user, ascending. Yield must not come back to the store.
func (s *Store) All(channel string, yield func(user string, m Mark)) {
	s.of(channel).table.all(channel, yield)
}

func (s *Store) of(channel string) *shard { return s.shards[s.shardOf(channel)] }

// stored takes in what the stream has of a cursor.
func (s *Store) stored(sh *shard, k key, m Mark, rev uint64) {
	waiting := sh.writer.waiting(k)
	before, after := sh.table.apply(k, m, rev)
	sh.writer.settle(k, after)
	l := s.listener.Load()
	if l == nil || after == before {
		return
	}
	(*l).Moved(k.channel, k.user)
	if after.Read > before.merge(waiting).Read {
		(*l).OwnMoved(k.channel, k.user)
	}
}
