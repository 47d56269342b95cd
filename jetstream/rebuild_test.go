package jetstream

import (
	"log/slog"
	"testing"
)

// TestRebuild shows that a view far behind its log keeps its node from leading until the view
// is near the end again.
func TestRebuild(t *testing.T) {
	l := &Log{node: node{log: slog.New(slog.DiscardHandler)}}
	l.rebuild.most = 100
	st := newStanding(2, true)
	for _, step := range []struct {
		ends, at []uint64
		far      bool
	}{
		{ends: []uint64{100, 5}, at: []uint64{0, 0}},
		{ends: []uint64{101, 5}, at: []uint64{100, 5}},
		{ends: []uint64{1000, 5}, at: []uint64{101, 5}, far: true},
		{ends: []uint64{1000, 5}, at: []uint64{800, 5}, far: true},
		{ends: []uint64{1000, 900}, at: []uint64{950, 5}, far: true},
		{ends: []uint64{1000, 900}, at: []uint64{1000, 850}},
	} {
		for shard, end := range step.ends {
			st.ends(shard, end)
		}
		st.tick(step.at)
		for shard, end := range step.ends {
			st.ends(shard, end)
		}
		l.rebuild.look(t.Context(), l, st, step.at)
		if far := l.Rebuilt() != nil; far != step.far {
			t.Errorf("at %v of %v: far behind is %v", step.at, step.ends, far)
		}
	}
}

// TestLog_yield shows that other nodes lead while a view takes long to open.
func TestLog_yield(t *testing.T) {
	t.Parallel()
	nodes, logs, _ := cluster(t)
	eventually(t, "node 0 leads", func() bool {
		if nodes[0].LeadsStream(StreamName(0)) {
			return true
		}
		_ = logs[1].moveLead(t.Context(), 0, nodes[0].Name()) // an election may be under way
		return false
	})
	stop := logs[0].yield(t.Context())
	defer stop()
	eventually(t, "it does not", func() bool { return !nodes[0].LeadsStream(StreamName(0)) })
}
