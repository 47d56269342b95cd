package chaos_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/internal/nodetest"
)

// TestReplace loses each node's disk in turn. The node comes back under its name with an empty
// directory, and gets everything again from the other nodes.
func TestReplace(t *testing.T) {
	onlyInFull(t)
	st := newStage(t, shipped, scale{devices: 60, directs: 20, rate: 100, groups: []int{30, 20, 10, 5, 5, 3, 3}})
	for _, victim := range st.cluster.nodes {
		st.cluster.awaitWhole(t.Context())
		leaders := st.calm(victim)
		moment := time.Now()
		victim.Kill()
		victim.Empty()
		t.Logf("%s is lost with its disk", victim.Name)
		st.without(victim, moment, leaders)
		victim.Start()
		t.Logf("%s is ready again after %v", victim.Name, time.Since(moment).Round(time.Millisecond))
	}
	st.finish()
}

// TestResize grows a cluster of three to five nodes, with five copies of everything, and
// shrinks it to three again. Users go on talking meanwhile.
func TestResize(t *testing.T) {
	onlyInFull(t)
	plan := newPlan(t)
	c := newCluster(t, 3, plan, shipped)
	all := append(slices.Clone(c.nodes), c.aside(2, plan, shipped)...)
	nodetest.Form(all, 3)
	st := newStageOn(t, plan, c, scale{devices: 60, directs: 20, rate: 100, groups: []int{30, 20, 10, 5, 5, 3, 3}})

	all[3].Start()
	all[4].Start()
	t.Log("n4 and n5 are members")
	nodetest.Form(all, 5)
	c.nodes, c.later = all, nil
	st.roll()
	c.awaitWhole(t.Context())
	t.Log("all have a copy of everything")

	nodetest.Form(all[:3], 3)
	for _, n := range all[3:] {
		n.Configure(3) // otherwise it would ask for five copies when started again
	}
	c.nodes = all[:3]
	st.roll()
	c.awaitCopies(t.Context(), 3)
	for _, n := range all[3:] {
		c.evacuate(t.Context(), n.Name)
		c.awaitWithout(t.Context(), n.Name)
		t.Logf("%s has no copy of anything", n.Name)
		n.Stop()
		c.remove(t.Context(), n.Name)
	}
	st.random()
	st.finish()
}

// roll stops and starts each of the nodes in turn.
func (st *stage) roll() {
	st.t.Helper()
	for _, n := range st.cluster.nodes {
		n.Stop()
		n.Start()
	}
}

// evacuate asks the cluster to move all copies away from a node, until it takes that on.
func (c *cluster) evacuate(ctx context.Context, node string) {
	c.tb.Helper()
	c.eventually(ctx, func(ctx context.Context) error { return c.system(ctx, "$JS.API.SERVER.EVACUATE", node) }, "%s to be evacuated", node)
}

// notAMember is the engine's code for a server that is not, or no longer, in the cluster.
const notAMember = 10044

// remove asks the cluster to remove a node, until the cluster says that it is not a member. The
// first answer comes when that is done, so it may be late, or lost in an election.
func (c *cluster) remove(ctx context.Context, node string) {
	c.tb.Helper()
	c.eventually(ctx, func(ctx context.Context) error {
		err := c.system(ctx, "$JS.API.SERVER.REMOVE", node)
		if refused, ok := errors.AsType[*jetstream.APIError](err); ok && refused.ErrorCode == notAMember {
			return nil
		}
		return cmp.Or(err, errors.New("it is a member"))
	}, "%s to be removed", node)
}

// system sends the cluster an operator's request about a node, once.
func (c *cluster) system(ctx context.Context, subject, node string) error {
	var urls []string
	for _, n := range c.nodes {
		urls = append(urls, fmt.Sprintf("nats://sys:%s@127.0.0.1:%d", nodetest.Password, n.NATS))
	}
	conn, err := nats.Connect(strings.Join(urls, ","))
	if err != nil {
		return err
	}
	defer conn.Close()
	m, err := conn.RequestWithContext(ctx, subject, fmt.Appendf(nil, `{"peer":%q}`, node))
	if err != nil {
		return err
	}
	var answer struct {
		Success bool                `json:"success"`
		Error   *jetstream.APIError `json:"error"`
	}
	switch err := json.Unmarshal(m.Data, &answer); {
	case err != nil:
		return err
	case answer.Error != nil:
		return answer.Error
	case !answer.Success:
		return fmt.Errorf("%s", m.Data)
	default:
		return nil
	}
}

// awaitCopies waits until each stream has the given number of copies, all of them level.
func (c *cluster) awaitCopies(ctx context.Context, copies int) {
	c.tb.Helper()
	c.eachStream(ctx, fmt.Sprint("have copies: ", copies), func(info *jetstream.StreamInfo) error {
		for _, r := range info.Cluster.Replicas {
			if r.Offline || !r.Current {
				return fmt.Errorf("%s is not current", r.Name)
			}
		}
		if info.Cluster.Leader == "" || len(info.Cluster.Replicas) != copies-1 || info.Config.Replicas != copies {
			return errors.New("it has others")
		}
		return nil
	})
}

// awaitWithout waits until no stream has a copy on a node, and all streams have three copies.
func (c *cluster) awaitWithout(ctx context.Context, node string) {
	c.tb.Helper()
	c.eachStream(ctx, "be without "+node, func(info *jetstream.StreamInfo) error {
		if info.Cluster.Leader == node || slices.ContainsFunc(info.Cluster.Replicas, func(r *jetstream.PeerInfo) bool { return r.Name == node }) {
			return errors.New("it is not")
		}
		return nil
	})
	c.awaitCopies(ctx, 3)
}

func (c *cluster) eachStream(ctx context.Context, what string, holds func(*jetstream.StreamInfo) error) {
	c.tb.Helper()
	names := []string{"KV_PRESENCE", "KV_REVOKED"}
	for shard := range shards {
		names = append(names, streamName(shard), fmt.Sprint("RECEIPTS_", shard))
	}
	for _, name := range names {
		c.eventually(ctx, func(ctx context.Context) error {
			s, err := c.js.Stream(ctx, name)
			if err != nil {
				return err
			}
			return holds(s.CachedInfo())
		}, "%s to %s", name, what)
	}
}
