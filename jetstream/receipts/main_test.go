package receipts

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"natterjack/embed/embedtest"
)

func TestMain(m *testing.M) {
	ats.Register() // its one goroutine stays
	ignore := goleak.IgnoreCurrent()
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(ignore); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "goroutines outlive the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}

const patience = 30 * time.Second

func logger(tb testing.TB) *slog.Logger {
	tb.Helper()
	return slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

const shards = 2

// start runs a store over a node until the test ends or stop is called.
func start(tb testing.TB, node *embedtest.Node, replicas int) (s *Store, stop func()) {
	tb.Helper()
	return startWith(tb, node, replicas, pause)
}

// startAt starts one that writes more often.
func startAt(tb testing.TB, node *embedtest.Node, pause time.Duration) *Store {
	tb.Helper()
	s, _ := startWith(tb, node, 1, pause)
	return s
}

func startWith(tb testing.TB, node *embedtest.Node, replicas int, pause time.Duration) (s *Store, stop func()) {
	tb.Helper()
	js, err := jetstream.New(node.Conn)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	for n := range shards {
		if _, err := js.CreateOrUpdateStream(ctx, StreamConfig(n, replicas)); err != nil {
			tb.Fatalf("make stream: %v", err)
		}
	}
	s = New(Config{Conn: node.Conn, JS: js, Shards: shards, Node: node.Name(), Logger: logger(tb)})
	for _, sh := range s.shards {
		sh.writer.pause = pause
	}
	run, cancelRun := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(run) })
	stop = sync.OnceFunc(func() {
		cancelRun()
		running.Wait()
	})
	tb.Cleanup(stop)
	select {
	case <-s.Ready():
	case <-time.After(patience):
		tb.Fatal("the store is not ready")
	}
	return s, stop
}

// move moves a cursor, which has to be accepted.
func move(tb testing.TB, s *Store, channel, user string, to Mark) {
	tb.Helper()
	if err := s.Move(channel, user, to); err != nil {
		tb.Fatalf("move %s in %s: %v", user, channel, err)
	}
}

// await waits until it is so.
func await(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			tb.Fatalf("gave up waiting for %s", what)
		}
		<-time.After(time.Millisecond)
	}
}
