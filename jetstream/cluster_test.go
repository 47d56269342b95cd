package jetstream

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// cluster starts three nodes with a log each.
func cluster(tb testing.TB) (nodes []*embedtest.Node, logs []*Log, stops []func()) {
	tb.Helper()
	nodes = embedtest.Cluster(tb, 3, embedtest.NoSync)
	logs, stops = make([]*Log, 3), make([]func(), 3)
	for i := range nodes {
		logs[i], stops[i] = start(tb, nodes[i], tb.TempDir(), 3)
	}
	return nodes, logs, stops
}

// TestCluster_anyNodeServesAnybody sends through every node at once. The readers on all nodes
// must see the same messages in the same order.
func TestCluster_anyNodeServesAnybody(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	const each = 40
	group, err := logs[0].CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(3)})
	if err != nil {
		t.Fatal(err)
	}
	readers := make([]*reader, 3)
	for i, l := range logs {
		if err := l.awaitPos(t.Context(), l.layout.shardOf(group.ID), 1); err != nil {
			t.Fatal(err)
		}
		readers[i], _ = follow(t, l, "u1", nil)
	}
	sendAll(t, logs, group.ID, each)
	want := messages(t, readers[0].read(t, 3*each))
	for _, r := range readers[1:] {
		if diff := cmp.Diff(want, messages(t, r.read(t, 3*each))); diff != "" {
			t.Error(diff)
		}
	}
}

// TestCluster_nodeDies stops a node abruptly while all three send, like a crash. The other two
// nodes go on.
func TestCluster_nodeDies(t *testing.T) {
	t.Parallel()
	nodes, logs, stops := cluster(t)
	const each = 600
	group, err := logs[0].CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(3)})
	if err != nil {
		t.Fatal(err)
	}
	r, _ := follow(t, logs[1], "u1", nil)
	var sending sync.WaitGroup
	sending.Go(func() { sendAll(t, logs[1:], group.ID, each) })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i := range 20 { // the node's own sends, one of which may be in progress when it dies
		_, _ = insist(ctx, logs[0], "u0", in(group.ID, fmt.Sprint("early", i), "before it dies"))
	}
	stops[0]()
	nodes[0].Stop(t)
	died := time.Now()
	sending.Wait()
	t.Logf("the rest was sent %v after the node died", time.Since(died).Round(time.Millisecond))
	last := mustSend(t, logs[2], "u2", in(group.ID, "last", "end"))
	seen := messages(t, r.readTo(t, "last"))
	have := map[string]bool{}
	for _, m := range seen {
		have[m.Sender+m.ClientID] = true
	}
	for _, u := range []int{0, 1} {
		for n := range each {
			if key := fmt.Sprintf("u%dc%d", u, n); !have[key] {
				t.Errorf("%s was acknowledged and not read", key)
			}
		}
	}
	if seen[len(seen)-1].Seq != last.Seq {
		t.Errorf("last seq %d, want %d", seen[len(seen)-1].Seq, last.Seq)
	}
}

// sendAll sends a number of messages through every log, as user u<number of the log>.
func sendAll(tb testing.TB, logs []*Log, channel string, each int) {
	tb.Helper()
	var wg sync.WaitGroup
	for i, l := range logs {
		wg.Go(func() {
			for n := range each {
				if _, err := insist(tb.Context(), l, fmt.Sprint("u", i), in(channel, fmt.Sprint("c", n), "hi")); err != nil {
					tb.Errorf("log %d message %d: %v", i, n, err)
				}
			}
		})
	}
	wg.Wait()
}
