package presence

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestMain starts the clock of the NATS server outside of every bubble, and fails if a
// goroutine outlives the tests.
func TestMain(m *testing.M) { embedtest.Main(m) }

const patience = 30 * time.Second

// fast are times for tests in real time.
var fast = times{
	linger: 50 * time.Millisecond, settle: 10 * time.Millisecond, retry: 50 * time.Millisecond,
	renew: 200 * time.Millisecond, lease: 2 * time.Second, tell: 50 * time.Millisecond, look: 50 * time.Millisecond,
}

// open is a privacy that hides the listed users from everybody.
type open struct{ hidden []string }

func (o open) MaySee(_, user string) bool { return !slices.Contains(o.hidden, user) }

// start runs a tracker until the test ends or stop is called.
func start(tb testing.TB, node *embedtest.Node, replicas int, times times) (t *Tracker, stop func()) {
	tb.Helper()
	return startAs(tb, node, node.Name(), replicas, times)
}

// startAs is start with a name. Several trackers on one server stand for several nodes.
func startAs(tb testing.TB, node *embedtest.Node, name string, replicas int, times times) (t *Tracker, stop func()) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	t, err := New(ctx, Config{
		Conn: node.Conn, Node: name, Replicas: replicas, Privacy: open{hidden: []string{"shy"}},
		Logger: slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	t.setTimes(times)
	run, cancelRun := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = t.Run(run) })
	stop = sync.OnceFunc(func() {
		cancelRun()
		running.Wait()
	})
	tb.Cleanup(stop)
	select {
	case <-t.Ready():
	case <-time.After(patience):
		tb.Fatal("the tracker did not become ready")
	}
	return t, stop
}

// eventually waits until ok returns true.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("never came true: %s", what)
		}
	}
}

func (t *Tracker) is(user string) wire.UserPresence { return t.Get("eve", []string{user})[0] }

func mustBecome(tb testing.TB, t *Tracker, user string, state wire.PresenceState) {
	tb.Helper()
	eventually(tb, fmt.Sprintf("%s is %s", user, state), func() bool { return t.is(user).State == state })
}

// writes returns how many messages the bucket has stored.
func writes(tb testing.TB, t *Tracker, filter string) (n uint64) {
	tb.Helper()
	s, err := t.js.Stream(tb.Context(), "KV_"+Bucket)
	if err != nil {
		tb.Fatal(err)
	}
	info, err := s.Info(tb.Context(), jetstream.WithSubjectFilter(subject(filter)))
	if err != nil {
		tb.Fatal(err)
	}
	if filter == ">" {
		return info.State.LastSeq
	}
	for _, each := range info.State.Subjects {
		n += each
	}
	return n
}
