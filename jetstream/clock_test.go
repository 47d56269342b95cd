package jetstream

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"natterjack/embed/embedtest"
)

func TestOffBy(t *testing.T) {
	for _, tt := range []struct{ offsets, want []time.Duration }{
		{nil, nil},
		{[]time.Duration{time.Hour}, nil}, // either clock may be the wrong one
		{[]time.Duration{time.Second, -time.Second}, nil},
		{[]time.Duration{time.Hour, 0}, nil},
		{[]time.Duration{time.Hour, time.Hour}, []time.Duration{time.Hour}},
		{[]time.Duration{3 * time.Second, -3 * time.Second}, []time.Duration{3 * time.Second}},
		{[]time.Duration{-time.Hour, 0, 0, -time.Hour}, nil},
		{[]time.Duration{-time.Hour, -time.Hour, 0, -time.Hour}, []time.Duration{-time.Hour}},
	} {
		want := time.Duration(0)
		if tt.want != nil {
			want = tt.want[0]
		}
		if got := offBy(slices.Clone(tt.offsets)); got != want {
			t.Errorf("%v: off by %v, want %v", tt.offsets, got, want)
		}
	}
}

// TestClock_aheadOfItsPeers runs a node whose clock is an hour ahead. The node reports it, and
// leads nothing until its clock is right.
func TestClock_aheadOfItsPeers(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	logs := make([]*Log, 3)
	var ahead atomic.Int64
	for i, node := range nodes {
		cfg := Config{Replicas: 3, Limits: hurried()}
		if i == 0 {
			cfg.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		}
		logs[i] = buildWith(t, cfg, node, t.TempDir())
		run(t, logs[i])
	}
	for _, l := range logs {
		eventually(t, "ready", func() bool {
			select {
			case <-l.Ready():
				return true
			default:
				return false
			}
		})
	}
	leads := func() (n int) {
		for shard := range logs[0].Shards() {
			if nodes[0].LeadsStream(StreamName(shard)) {
				n++
			}
		}
		return n
	}
	eventually(t, "node 0 leads", func() bool {
		// Node 0 may have to become level before it can lead.
		return leads() > 0 || logs[1].moveLead(t.Context(), 0, nodes[0].Name()) == nil && leads() > 0
	})
	ahead.Store(int64(time.Hour))
	eventually(t, "it leads nothing", func() bool { return leads() == 0 && logs[0].Clock() != nil })
	mustSend(t, logs[0], "alice", text("bob", "1", "hi"))
	for _, l := range logs[1:] {
		if err := l.Clock(); err != nil {
			t.Error(err)
		}
	}
	ahead.Store(0)
	eventually(t, "its clock is right", func() bool { return logs[0].Clock() == nil })
}
