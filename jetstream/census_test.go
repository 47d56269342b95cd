package jetstream

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"natterjack/embed/embedtest"
)

// memory implements [Memory] as a data directory does.
type memory struct {
	mu    sync.Mutex
	epoch string
}

func (m *memory) Epoch() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epoch
}

func (m *memory) Remember(epoch string, _ int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch = epoch
	return nil
}

// opening opens a log until ctx ends, and sends the result to the returned channel.
func opening(ctx context.Context, t *testing.T, node *embedtest.Node, replicas int, m *memory) chan error {
	t.Helper()
	cfg := Config{
		Conn: node.Conn, Engine: node, ViewDir: t.TempDir(), Shards: 2, Replicas: replicas, Limits: hurried(), Memory: m,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	opened := make(chan error, 1)
	var one sync.WaitGroup
	one.Go(func() {
		l, err := New(ctx, cfg)
		if err == nil {
			err = l.Close()
		}
		opened <- err
	})
	t.Cleanup(one.Wait)
	return opened
}

func wants(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("got %v, want it to say %q", err, w)
		}
	}
}

func TestCensus_aloneWithItsStoreEmptied(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	wants(t, <-opening(t.Context(), t, node, 1, &memory{epoch: "before"}), "refusing to begin a new log", "before")
}

// TestCensus_waitsForAll shows that a log is begun only once the last member has said that it
// remembers none.
func TestCensus_waitsForAll(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	some, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	first, second := opening(some, t, nodes[0], 3, &memory{}), opening(some, t, nodes[1], 3, &memory{})
	wants(t, <-first, "heard of n1, n2; missing n3")
	wants(t, <-second, "heard of n1, n2; missing n3")

	memories := [3]*memory{{}, {}, {}}
	opened := make([]chan error, 3)
	for i, n := range nodes {
		opened[i] = opening(t.Context(), t, n, 3, memories[i])
	}
	for i := range opened {
		if err := <-opened[i]; err != nil || memories[i].Epoch() == "" || memories[i].Epoch() != memories[0].Epoch() {
			t.Errorf("n%d: %v, and remembers %q, where n1 remembers %q", i+1, err, memories[i].Epoch(), memories[0].Epoch())
		}
	}
	if err := <-opening(t.Context(), t, nodes[2], 3, &memory{}); err != nil {
		t.Errorf("an empty member of a cluster that has a log: %v", err)
	}
}

// TestCensus_somebodyRemembers starts a cluster that has no streams, in which one member
// remembers a log. All members refuse to begin a log, also those that remember none.
func TestCensus_somebodyRemembers(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	opened := make([]chan error, 3)
	for i, m := range []*memory{{epoch: "before"}, {}, {}} {
		opened[i] = opening(t.Context(), t, nodes[i], 3, m)
	}
	for i := range opened {
		wants(t, <-opened[i], "refusing to begin a new log", "of n1 remembers the log before", "natterjack grow")
	}
}

// TestCensus_waitsForWhatIsBrought shows that a member begins no log while another member is
// about to bring one.
func TestCensus_waitsForWhatIsBrought(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 2, embedtest.NoSync)
	brings, err := Bring(nodes[0].Conn, nodes[0].Name())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = brings.Unsubscribe() }()
	// The error is that of the last attempt. On a busy machine n1 may be late with that answer, and
	// then it only counts as missing.
	eventually(t, "the reason", func() bool {
		some, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		err := <-opening(some, t, nodes[1], 2, &memory{})
		if err == nil {
			t.Fatal("a log was begun")
		}
		return strings.Contains(err.Error(), "n1 is about to bring its log")
	})
}
