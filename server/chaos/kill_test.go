package chaos_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// people is the crowd of most tests.
func people() scale {
	return sometimes(
		scale{
			devices: 200, directs: 60, rate: 100,
			groups: []int{100, 60, 40, 25, 25, 25, 10, 10, 10, 10, 10, 10, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3},
		},
		scale{devices: 30, directs: 10, rate: 60, groups: []int{15, 8, 5, 5, 3, 3, 3}},
	)
}

// stage is what most tests begin with: a cluster, and people who talk on it until hush.
type stage struct {
	plan    *rand.Rand
	cluster *cluster
	crowd   *crowd
	probes  *probes
	hush    func()
}

func newStage(t *testing.T, binary func() (string, error), s scale) *stage {
	t.Helper()
	st := &stage{plan: newPlan(t)}
	st.cluster = newCluster(t, st.plan, binary)
	st.crowd = newCrowd(t, st.cluster, st.plan, s)
	st.probes = newProbes(st.crowd)
	talking, hush := context.WithCancel(t.Context())
	st.hush = hush
	st.crowd.gather(talking, s)
	st.probes.talk(talking)
	st.crowd.meet(talking, 300*time.Millisecond)
	return st
}

// finish ends the talk and judges it.
func (st *stage) finish() {
	st.crowd.tb.Helper()
	st.hush()
	st.cluster.awaitWhole(st.crowd.life)
	st.crowd.verify()
}

// between draws a time from a range of milliseconds.
func (st *stage) between(from, to int) time.Duration {
	return time.Duration(from+st.plan.IntN(to-from)) * time.Millisecond
}

// TestKill kills one node after the other, as kill -9 does, at random moments while people talk through all of them; sometimes the
// next one dies before the one before it has caught up.
func TestKill(t *testing.T) {
	st := newStage(t, shipped, people())
	for i := range sometimes(10, 2) {
		if err := wait(t.Context(), st.between(500, 3000)); err != nil {
			t.Fatal(err)
		}
		victim := st.cluster.nodes[st.plan.IntN(3)]
		others := st.cluster.others(victim)
		leaders := st.cluster.leaders(t.Context())
		st.probes.await(t.Context(), time.Now(), st.cluster.others(victim))
		moment := time.Now()
		victim.kill()
		t.Logf("kill %d: %s", i+1, victim.name)
		silent := st.probes.after(t.Context(), moment, others)
		leaderLives.hold(st.probes, silent, func(shard int) bool { return leaders[shard] != victim.name })
		leaderDies.hold(st.probes, silent, func(shard int) bool { return leaders[shard] == victim.name })
		victim.start()
		if st.plan.IntN(2) == 0 {
			st.cluster.awaitWhole(t.Context())
		}
	}
	st.finish()
}
