package chaos_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"natterjack/internal/nodetest"
)

// aside returns further nodes, members of one cluster, that the clients know of.
func (c *cluster) aside(size int, plan *rand.Rand, binary func() (string, error)) []*nodetest.Node {
	c.tb.Helper()
	path, err := binary()
	if err != nil {
		c.tb.Fatal(err)
	}
	c.later = nodetest.New(c.tb, path, nodetest.Options{Size: size, Plan: plan, Limits: limits, Shards: shards, SignIn: c.nodes[0].SignIn()})
	return c.later
}

// TestGrow takes the log of a node that is alone into a cluster of three while users talk.
// Their sends wait from the stop of the old node until the first of the three is ready. No send
// fails, no device has to start afresh, and no event is lost or duplicated.
func TestGrow(t *testing.T) {
	onlyInFull(t)
	plan, binary := newPlan(t), shipped
	c := newCluster(t, 1, plan, binary)
	alone, members := c.nodes[0], c.aside(3, plan, binary)
	crowd := scale{devices: 60, directs: 20, rate: 100, groups: []int{30, 20, 10, 5, 5, 3, 3}}
	cr := newCrowd(t, c, plan, crowd)
	talking, hush := context.WithCancel(t.Context())
	defer hush()
	cr.gather(talking, crowd)
	st := &stage{t: t, plan: plan, cluster: c, crowd: cr}
	st.pause(5 * time.Second)

	members[1].Begin() // they wait for the log
	members[2].Begin()
	st.random()
	moment := time.Now()
	alone.Stop()
	said := members[0].Do("grow", "--from", alone.Data())
	t.Logf("nobody could write for %v at least; grow said:\n%s", time.Since(moment), said)
	members[1].AwaitReady()
	t.Logf("%s is ready %v after the stop", members[1].Name, time.Since(moment))
	members[0].Start()
	members[2].AwaitReady()
	c.nodes, c.later = members, nil
	c.ops.Close()
	c.connect()
	st.pause(5 * time.Second)
	hush()
	c.awaitWhole(t.Context())
	cr.verify()
}
