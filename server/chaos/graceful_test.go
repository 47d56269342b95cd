package chaos_test

import (
	"testing"
	"time"
)

// TestGraceful stops and starts each node in turn, as a rolling upgrade does. Nobody may notice more than a moment's delay.
func TestGraceful(t *testing.T) {
	st := newStage(t, shipped, people())
	for _, victim := range st.cluster.nodes {
		if err := wait(t.Context(), st.between(500, 2000)); err != nil {
			t.Fatal(err)
		}
		st.cluster.awaitWhole(t.Context())
		st.probes.await(t.Context(), time.Now(), st.cluster.others(victim))
		moment := time.Now()
		took := victim.stop()
		silent := st.probes.after(t.Context(), moment, st.cluster.others(victim))
		t.Logf("%s stopped within %v", victim.name, took.Round(time.Millisecond))
		handedOver.hold(st.probes, silent, func(int) bool { return true })
		victim.start()
	}
	st.finish()
}
