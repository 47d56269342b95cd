package jetstream

import (
	"testing"
	"time"
)

// TestLevel_nodesDie stops one node of three, and then another. An election must send no users
// away. A node without a quorum must send its users to other nodes until there is a quorum
// again.
func TestLevel_nodesDie(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for an election")
	}
	nodes, logs, stops := cluster(t)
	turned := make(chan bool, 10)
	for _, l := range logs[:2] {
		l.WatchLevel(func(away bool) { turned <- away })
	}
	mustSend(t, logs[0], "alice", text("bob", "before", "hi"))
	stops[2]()
	nodes[2].Stop(t)
	for i := range 20 {
		mustSend(t, logs[0], "alice", text(string(rune('a'+i))+"lbert", "after", "hi"))
	}
	<-time.After(3 * levelEvery) // the peer must have been level for longer than this node is behind
	select {
	case away := <-turned:
		t.Fatalf("an election turned users away: %t", away)
	default:
	}
	logs[1].WatchLevel(func(bool) {})
	stops[1]()
	nodes[1].Stop(t)
	if away := await(t, turned); !away {
		t.Error("users are taken by whoever has not turned them away")
	}
	if logs[0].Level() == nil {
		t.Error("a node without a quorum says that it is level")
	}
	nodes[1].Launch(t)
	nodes[1].Await(t)
	start(t, nodes[1], t.TempDir(), 3)
	if away := await(t, turned); away {
		t.Error("users are turned away once more")
	}
	if err := logs[0].Level(); err != nil {
		t.Error(err)
	}
}

func await[T any](tb testing.TB, c <-chan T) (v T) {
	tb.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		tb.Fatal("nothing came")
	}
	return v
}
