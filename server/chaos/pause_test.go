package chaos_test

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

// TestPause stops the node that leads most shards as SIGSTOP does, for longer than the others wait for it, and then one that leads few: both
// come back believing that no time has passed.
func TestPause(t *testing.T) {
	st := newStage(t, shipped, people())
	for _, most := range []bool{true, false}[:sometimes(2, 1)] {
		if err := wait(t.Context(), st.between(500, 2000)); err != nil {
			t.Fatal(err)
		}
		leaders := st.cluster.leaders(t.Context())
		victim := st.busiest(leaders, most)
		st.probes.await(t.Context(), time.Now(), st.cluster.others(victim))
		moment := time.Now()
		victim.signal(syscall.SIGSTOP)
		t.Logf("stop: %s, leaders were %v", victim.name, leaders)
		silent := st.probes.after(t.Context(), moment, st.cluster.others(victim))
		leaderLives.hold(st.probes, silent, func(shard int) bool { return leaders[shard] != victim.name })
		leaderDies.hold(st.probes, silent, func(shard int) bool { return leaders[shard] == victim.name })
		if err := wait(t.Context(), time.Until(moment.Add(sometimes(20*time.Second, 8*time.Second)))); err != nil {
			t.Fatal(err)
		}
		victim.signal(syscall.SIGCONT)
		st.cluster.awaitWhole(t.Context())
	}
	st.finish()
}

// busiest is the node that leads most shards, or fewest.
func (st *stage) busiest(leaders [shards]string, most bool) *node {
	leads := map[string]int{}
	for _, name := range leaders {
		leads[name]++
	}
	byCount := func(a, b *node) int { return leads[a.name] - leads[b.name] }
	if most {
		return slices.MaxFunc(st.cluster.nodes, byCount)
	}
	return slices.MinFunc(st.cluster.nodes, byCount)
}
