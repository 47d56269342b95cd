package chaos_test

import (
	"testing"
	"time"
)

// onlyInFull skips a long test in the short run. [TestShort] covers a part of most of these
// tests.
func onlyInFull(t *testing.T) {
	t.Helper()
	if !full {
		t.Skipf("takes long; TestShort has a part of most of these, and %s=full runs it", modeEnv)
	}
}

// TestShort runs one fault of each kind on the nodes of one cluster. The full run skips it,
// because the other tests cover it.
func TestShort(t *testing.T) {
	if full {
		t.Skip("the other tests do this and more")
	}
	st := newStage(t, crashable, people())
	st.kill(st.busiest(true))
	points := points(t)
	st.crash(st.anyNode(), points[st.plan.IntN(len(points))], 1+st.plan.IntN(10))
	if st.plan.IntN(2) == 0 {
		st.freeze(st.busiest(true), 7*time.Second)
	} else {
		st.isolate(st.anyNode(), 7*time.Second)
	}
	st.retire(st.busiest(true))
	st.burst(2 * time.Second)
	st.finish()
}

// TestKill kills one node after the other at random moments. Every other time, the next node is
// killed before the one before it has caught up.
func TestKill(t *testing.T) {
	onlyInFull(t)
	st := newStage(t, shipped, people())
	for i := range 8 {
		st.kill(st.anyNode())
		if i%2 == 0 {
			st.cluster.awaitWhole(t.Context())
		}
	}
	st.finish()
}

// TestBlackout kills all nodes at once, three times.
func TestBlackout(t *testing.T) {
	onlyInFull(t)
	st := newStage(t, shipped, people())
	for range 3 {
		st.blackout()
	}
	st.finish()
}

// TestFreeze freezes the node that leads most shards for 15 s, and then one that leads few.
func TestFreeze(t *testing.T) {
	onlyInFull(t)
	st := newStage(t, shipped, people())
	st.freeze(st.busiest(true), 15*time.Second)
	st.random()
	st.freeze(st.busiest(false), 15*time.Second)
	st.finish()
}

// TestRetire stops and starts each node in turn. [TestUpgrade] does the same with a change of
// version.
func TestRetire(t *testing.T) {
	onlyInFull(t)
	st := newStage(t, shipped, people())
	for _, n := range st.cluster.nodes {
		st.random()
		st.retire(n)
	}
	st.finish()
}

// TestCrash makes nodes kill themselves at every named point of the write path.
func TestCrash(t *testing.T) {
	onlyInFull(t)
	st := newStage(t, crashable, people())
	points := points(t)
	st.plan.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	for _, point := range points {
		st.crash(st.anyNode(), point, 1+st.plan.IntN(20))
	}
	st.finish()
}

// TestIsolate leaves a node without a quorum for 15 s.
func TestIsolate(t *testing.T) {
	onlyInFull(t)
	st := newStage(t, shipped, people())
	st.random()
	st.isolate(st.anyNode(), 15*time.Second)
	st.finish()
}
