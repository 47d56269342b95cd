package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

const patience = 30 * time.Second

// hurried returns the limits for tests that are not about rates. Commands are practically never
// refused for their rate.
func hurried() wire.Limits {
	l := wire.DefaultLimits()
	l.UserCommandsPerS, l.ChannelEventsPerS = 100_000, 100_000
	l.GroupsPerMin, l.MembersPerMin = 100_000, 100_000
	return l
}

// start runs a log over a node until the test ends or stop is called.
func start(tb testing.TB, node *embedtest.Node, dir string, replicas int) (l *Log, stop func()) {
	tb.Helper()
	return startWithin(tb, hurried(), node, dir, replicas)
}

func startWithin(tb testing.TB, limits wire.Limits, node *embedtest.Node, dir string, replicas int) (l *Log, stop func()) {
	tb.Helper()
	l = build(tb, limits, node, dir, replicas)
	stop = run(tb, l)
	select {
	case <-l.Ready():
	case <-time.After(patience):
		tb.Fatal("the log did not become ready")
	}
	return l, stop
}

// build makes a log that does not run.
func build(tb testing.TB, limits wire.Limits, node *embedtest.Node, dir string, replicas int) *Log {
	tb.Helper()
	return buildWith(tb, Config{Replicas: replicas, Limits: limits}, node, dir)
}

func buildWith(tb testing.TB, cfg Config, node *embedtest.Node, dir string) *Log {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	cfg.Conn, cfg.Engine, cfg.ViewDir = node.Conn, node, dir
	cfg.Logger = slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	l, err := New(ctx, cfg)
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	return l
}

// run runs a log until the test ends or stop is called.
func run(tb testing.TB, l *Log) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = l.Run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := l.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	tb.Cleanup(stop)
	return stop
}

func alone(tb testing.TB) *Log {
	tb.Helper()
	l, _ := start(tb, embedtest.Start(tb, embedtest.NoSync), tb.TempDir(), 1)
	return l
}

func text(to, clientID, s string) wire.Send {
	return wire.Send{To: to, ClientID: clientID, Content: wire.Content{Text: s}}
}

func in(channel, clientID, s string) wire.Send {
	return wire.Send{Channel: channel, ClientID: clientID, Content: wire.Content{Text: s}}
}

// mustSend sends as an SDK does. It sends again as long as the answer is retryable.
func mustSend(tb testing.TB, l *Log, user string, cmd wire.Change) wire.Ack {
	tb.Helper()
	ack, err := insist(tb.Context(), l, user, cmd)
	if err != nil {
		tb.Fatalf("send %s: %v", cmd.Key(), err)
	}
	return ack
}

func insist(ctx context.Context, l *Log, user string, cmd wire.Change) (ack wire.Ack, err error) {
	err = persist(ctx, func(ctx context.Context) (err error) {
		ack, err = l.Change(ctx, user, cmd)
		return err
	})
	return ack, err
}

// persist asks a node again as long as it answers that it cannot answer now.
func persist(ctx context.Context, ask func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil || !wire.AsError(err, 0).Retryable || pause.For(ctx, 5*time.Millisecond) != nil {
			return err
		}
	}
}

// reader stands for a session: it reads whenever it is woken.
type reader struct {
	cursor Cursor
	woken  chan struct{}
	seen   []wire.Event
}

func (r *reader) Wake(bool) {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

func follow(tb testing.TB, l *Log, user string, resume *wire.Resume) (*reader, Start) {
	tb.Helper()
	r := &reader{woken: make(chan struct{}, 1)}
	s, err := l.Follow(&r.cursor, user, resume, r)
	if err != nil {
		tb.Fatalf("follow: %v", err)
	}
	tb.Cleanup(r.cursor.Close)
	return r, s
}

// read reads until n events have been seen in total. It fails the test if that takes too long
// or if there are more.
func (r *reader) read(tb testing.TB, n int) []wire.Event {
	tb.Helper()
	deadline := time.After(patience)
	for len(r.seen) < n {
		select {
		case <-r.woken:
			r.drain(tb)
		case <-deadline:
			tb.Fatalf("saw %d events of %d", len(r.seen), n)
		}
	}
	if len(r.seen) > n {
		tb.Fatalf("saw %d events, want %d", len(r.seen), n)
	}
	return r.seen
}

// readTo reads until the message with a client id has come. Events of other shards may not have
// come by then.
func (r *reader) readTo(tb testing.TB, clientID string) []wire.Event {
	tb.Helper()
	deadline := time.After(patience)
	for !slices.ContainsFunc(r.seen, func(e wire.Event) bool { return e.ClientID == clientID }) {
		select {
		case <-r.woken:
			r.drain(tb)
		case <-deadline:
			tb.Fatalf("did not see %s among %d events", clientID, len(r.seen))
		}
	}
	return r.seen
}

func (r *reader) drain(tb testing.TB) {
	tb.Helper()
	for more := true; more; {
		entries, again, err := r.cursor.Next(nil, 4096)
		if err != nil {
			tb.Fatalf("next: %v", err)
		}
		for _, e := range entries {
			f, err := wire.DecodeFrame(e.Frame())
			if err != nil {
				tb.Fatalf("frame %s: %v", e.Frame(), err)
			}
			r.seen = append(r.seen, f.(wire.Event))
		}
		more = again
	}
}

// messages returns the events of kind message, and checks them. In each channel seq must be
// dense, pos must ascend, and no client id may come twice.
func messages(tb testing.TB, events []wire.Event) []wire.Event {
	tb.Helper()
	var out []wire.Event
	seq, pos, ids := map[string]uint64{}, map[string]uint64{}, map[string]bool{}
	for _, e := range events {
		if e.Pos <= pos[e.Channel] {
			tb.Fatalf("channel %s: pos %d after %d", e.Channel, e.Pos, pos[e.Channel])
		}
		pos[e.Channel] = e.Pos
		if e.Kind != wire.KindMessage {
			continue
		}
		if last, ok := seq[e.Channel]; ok && e.Seq != last+1 {
			tb.Fatalf("channel %s: seq %d after %d", e.Channel, e.Seq, last)
		}
		seq[e.Channel] = e.Seq
		if key := fmt.Sprintf("%s/%s/%s", e.Channel, e.Sender, e.ClientID); ids[key] {
			tb.Fatalf("%s is there twice", key)
		} else {
			ids[key] = true
		}
		out = append(out, e)
	}
	return out
}
