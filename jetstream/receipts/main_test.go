package receipts

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/view"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

const patience = 30 * time.Second

func logger(tb testing.TB) *slog.Logger {
	tb.Helper()
	return slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

const shards = 2

// rig is the configuration with which a store is started.
type rig struct {
	node     *embedtest.Node
	dir      string // of the view; if empty, a new one
	replicas int
	epoch    string
	pause    time.Duration
	end      uint64                                   // of the log
	await    func(context.Context, int, uint64) error // if nil, the view never has the log
}

func (r rig) start(tb testing.TB) (s *Store, stop func()) {
	tb.Helper()
	s, stop = r.build(tb)
	select {
	case <-s.Level():
	case <-time.After(patience):
		tb.Fatal("the store is not level")
	}
	return s, stop
}

func (r rig) build(tb testing.TB) (s *Store, stop func()) {
	tb.Helper()
	js, err := jetstream.New(r.node.Conn)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	for n := range shards {
		cfg := StreamConfig(n, max(1, r.replicas))
		if _, err := pause.Until(ctx, cfg.Name, func(ctx context.Context) (jetstream.Stream, error) {
			return js.CreateOrUpdateStream(ctx, cfg)
		}); err != nil {
			tb.Fatal(err)
		}
	}
	if r.dir == "" {
		r.dir = tb.TempDir()
	}
	if r.epoch == "" {
		r.epoch = "this log"
	}
	if r.await == nil {
		r.await = func(ctx context.Context, _ int, _ uint64) error {
			<-ctx.Done()
			return ctx.Err()
		}
	}
	v, err := view.Open(r.dir, view.Options{Shards: shards, Epoch: r.epoch, Logger: logger(tb)})
	if err != nil {
		tb.Fatal(err)
	}
	s = New(Config{
		Conn: r.node.Conn, JS: js, View: v, Shards: shards, Epoch: r.epoch, Node: r.node.Name(), Logger: logger(tb),
		Leads: r.node.LeadsStream, Await: r.await, Room: func() error { return nil },
		End: func(context.Context, int) (uint64, error) { return r.end, nil },
		Reaches: func(ctx context.Context, stream string, seq uint64) (bool, error) {
			s, err := js.Stream(ctx, stream)
			return err == nil && s.CachedInfo().State.LastSeq >= seq, err
		},
	})
	if r.pause > 0 {
		for _, sh := range s.shards {
			sh.writer.pause = r.pause
		}
	}
	run, cancelRun := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(run) })
	stop = sync.OnceFunc(func() {
		cancelRun()
		running.Wait()
		if err := v.Close(); err != nil {
			tb.Errorf("close view: %v", err)
		}
	})
	tb.Cleanup(stop)
	return s, stop
}

// start runs a store over a node, with a view of its own, until the test ends or stop is
// called.
func start(tb testing.TB, node *embedtest.Node, replicas int) (s *Store, stop func()) {
	tb.Helper()
	return rig{node: node, replicas: replicas}.start(tb)
}

// move moves a cursor. The move must be accepted.
func move(tb testing.TB, s *Store, channel, user string, to Mark) {
	tb.Helper()
	if err := s.Move(channel, user, to); err != nil {
		tb.Fatalf("move %s in %s: %v", user, channel, err)
	}
}

// own returns a user's cursor as the user sees it.
func own(tb testing.TB, s *Store, channel, user string) Mark {
	tb.Helper()
	m, err := s.Own(channel, user)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// stored returns a user's cursor as others see it.
func stored(tb testing.TB, s *Store, channel, user string) Mark {
	tb.Helper()
	r, err := s.cfg.View.Receipt(channel, user)
	if err != nil {
		tb.Error(err)
	}
	return markOf(&r)
}

// all returns the stored cursors of channels.
func all(tb testing.TB, s *Store, channels ...string) map[key]Mark {
	tb.Helper()
	got := map[key]Mark{}
	for _, channel := range channels {
		found, err := s.cfg.View.Receipts(channel)
		if err != nil {
			tb.Error(err)
		}
		for i := range found {
			got[key{channel, found[i].User}] = markOf(&found[i])
		}
	}
	return got
}

// await waits until done returns true.
func await(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			tb.Fatalf("gave up waiting for %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

// group returns the id of a group.
func group(n int) string {
	id := []byte("gaaaaaaaaaaaaaaaaaaaaaaaa")
	for i := len(id) - 1; n > 0; i-- {
		id[i] += byte(n % 26)
		n /= 26
	}
	return string(id)
}

var errTest = errors.New("as the test wants it")
