package chaos_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"natterjack/internal/nodetest"
)

// people returns the crowd of most tests.
func people() scale {
	return sometimes(
		scale{
			devices: 200, directs: 60, rate: 100,
			groups: []int{100, 60, 40, 25, 25, 25, 10, 10, 10, 10, 10, 10, 5, 5, 5, 5, 5, 5, 5, 5, 3, 3, 3, 3, 3, 3, 3, 3},
		},
		scale{devices: 30, directs: 10, rate: 60, groups: []int{15, 8, 5, 5, 3, 3, 3}},
	)
}

// stage is a cluster with users who talk on it until hush is called. Its methods are the
// faults. Each of them leaves all nodes running.
type stage struct {
	t       *testing.T
	plan    *rand.Rand
	cluster *cluster
	crowd   *crowd
	probes  *probes
	hush    func()
}

func newStage(t *testing.T, binary func() (string, error), s scale) *stage {
	t.Helper()
	plan := newPlan(t)
	return newStageOn(t, plan, newCluster(t, 3, plan, binary), s)
}

// newStageOn starts users who talk on a cluster.
func newStageOn(t *testing.T, plan *rand.Rand, c *cluster, s scale) *stage {
	t.Helper()
	st := &stage{t: t, plan: plan, cluster: c}
	st.crowd = newCrowd(t, c, plan, s)
	st.probes = newProbes(st.crowd)
	talking, hush := context.WithCancel(t.Context())
	st.hush = hush
	st.crowd.gather(talking, s)
	st.probes.talk(talking)
	st.crowd.meet(talking, 300*time.Millisecond)
	return st
}

// finish ends the talk and checks everything that was shown.
func (st *stage) finish() {
	st.t.Helper()
	st.hush()
	st.cluster.awaitWhole(st.t.Context())
	st.crowd.verify()
}

// between returns a random time from a range of milliseconds.
func (st *stage) between(from, to int) time.Duration {
	return time.Duration(from+st.plan.IntN(to-from)) * time.Millisecond
}

// random waits for a random time.
func (st *stage) random() {
	st.t.Helper()
	st.pause(st.between(200, 2500))
}

func (st *stage) pause(d time.Duration) {
	st.t.Helper()
	if err := wait(st.t.Context(), d); err != nil {
		st.t.Fatal(err)
	}
}

func (st *stage) anyNode() *nodetest.Node {
	return st.cluster.nodes[st.plan.IntN(len(st.cluster.nodes))]
}

// calm waits until messages get through between all nodes but one. So later interruptions are
// caused by that node. It returns the leaders of the shards.
func (st *stage) calm(but *nodetest.Node) (leaders [shards]string) {
	st.t.Helper()
	st.probes.await(st.t.Context(), time.Now(), st.cluster.others(but))
	return st.cluster.leaders(st.t.Context())
}

// busiest returns the node that leads the most shards if most is set, and otherwise the node that
// leads the fewest.
func (st *stage) busiest(most bool) *nodetest.Node {
	st.t.Helper()
	leads := map[string]int{}
	for _, name := range st.cluster.leaders(st.t.Context()) {
		leads[name]++
	}
	byCount := func(a, b *nodetest.Node) int { return leads[a.Name] - leads[b.Name] }
	if most {
		return slices.MaxFunc(st.cluster.nodes, byCount)
	}
	return slices.MinFunc(st.cluster.nodes, byCount)
}

// without checks how long delivery between the other nodes was interrupted after a node was
// lost.
func (st *stage) without(victim *nodetest.Node, moment time.Time, leaders [shards]string) {
	st.t.Helper()
	silent := st.probes.after(st.t.Context(), moment, st.cluster.others(victim))
	leaderLives.hold(st.t, silent, func(shard int) bool { return leaders[shard] != victim.Name })
	leaderDies.hold(st.t, silent, func(shard int) bool { return leaders[shard] == victim.Name })
}
