package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/internal/nodetest"
)

// shards is how many the log under test has, whatever the machine.
const shards = 4

// cluster is the nodes under test, usually three, and an operator's connection to them.
type cluster struct {
	tb    testing.TB
	nodes []*nodetest.Node
	later []*nodetest.Node // known to clients, but not members yet
	ops   *nats.Conn
	js    jetstream.JetStream
}

// limits are rate limits so high that they never refuse the test's clients.
const limits = "commands_per_s: 100000, in_flight: 1024, user_commands_per_s: 100000, channel_events_per_s: 100000, groups_per_min: 100000, members_per_min: 100000, user_groups: 100000"

// newCluster starts a cluster of a size; 1 starts a node that is alone. change may change the
// first node before the start.
func newCluster(tb testing.TB, size int, plan *rand.Rand, binary func() (string, error), change ...func(*nodetest.Node)) *cluster {
	tb.Helper()
	path, err := binary()
	if err != nil {
		tb.Fatal(err)
	}
	c := &cluster{tb: tb, nodes: nodetest.New(tb, path, nodetest.Options{Size: size, Plan: plan, Limits: limits, Shards: shards})}
	for _, f := range change {
		f(c.nodes[0])
	}
	began := time.Now()
	nodetest.StartAll(c.nodes)
	tb.Logf("%d nodes were ready after %v", size, time.Since(began).Round(time.Millisecond))
	c.connect()
	return c
}

func (c *cluster) connect() {
	c.tb.Helper()
	var urls []string
	for _, n := range c.nodes {
		urls = append(urls, fmt.Sprintf("nats://operator:%s@127.0.0.1:%d", nodetest.Password, n.NATS))
	}
	var err error
	c.ops, err = nats.Connect(strings.Join(urls, ","), nats.CustomInboxPrefix("_INBOX.operator"), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond),
		nats.PingInterval(2*time.Second), nats.MaxPingsOutstanding(2))
	if err != nil {
		c.tb.Fatalf("connect as operator: %v", err)
	}
	c.tb.Cleanup(c.ops.Close)
	if c.js, err = jetstream.New(c.ops); err != nil {
		c.tb.Fatal(err)
	}
}

// urls returns the URLs of all nodes, including those that join later.
func (c *cluster) urls() (urls []string) {
	for _, n := range slices.Concat(c.nodes, c.later) {
		urls = append(urls, n.URL)
	}
	return urls
}

// others returns all nodes but one.
func (c *cluster) others(but *nodetest.Node) (others []*nodetest.Node) {
	for _, n := range c.nodes {
		if n != but {
			others = append(others, n)
		}
	}
	return others
}

// leaders returns the names of the nodes that lead the shards, once each shard has a leader.
func (c *cluster) leaders(ctx context.Context) (leaders [shards]string) {
	c.tb.Helper()
	for shard := range leaders {
		c.eventually(ctx, func(ctx context.Context) error {
			s, err := c.js.Stream(ctx, streamName(shard))
			if err != nil {
				return err
			}
			if leaders[shard] = s.CachedInfo().Cluster.Leader; leaders[shard] == "" {
				return errors.New("it has none")
			}
			return nil
		}, "leader of shard %d", shard)
	}
	return leaders
}

func streamName(shard int) string { return fmt.Sprint("CHAT_", shard) }

// lead makes a node the leader of some shards. It gives up when ctx or the node ends.
func (c *cluster) lead(ctx context.Context, n *nodetest.Node, some []int) {
	for i := 0; i < len(some) && ctx.Err() == nil && n.Life.Running(); {
		one, cancel := context.WithTimeout(ctx, 2*time.Second)
		s, err := c.js.Stream(one, streamName(some[i]))
		if err == nil && s.CachedInfo().Cluster.Leader == n.Name {
			i++
		} else if err == nil {
			_ = c.stepDown(one, some[i], n.Name) // the next look at the leaders shows the result
		}
		cancel()
		_ = wait(ctx, 20*time.Millisecond)
	}
}

func (c *cluster) stepDown(ctx context.Context, shard int, preferred string) error {
	body := fmt.Sprintf(`{"placement":{"preferred":%q}}`, preferred)
	msg, err := c.ops.RequestWithContext(ctx, "$JS.API.STREAM.LEADER.STEPDOWN."+streamName(shard), []byte(body))
	if err != nil {
		return err
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(msg.Data, &answer); err != nil || answer.Error == nil {
		return err
	}
	return answer.Error
}

// awaitWhole waits until every shard has a leader and two replicas that are level with it.
func (c *cluster) awaitWhole(ctx context.Context) {
	c.tb.Helper()
	for shard := range shards {
		c.eventually(ctx, func(ctx context.Context) error {
			s, err := c.js.Stream(ctx, streamName(shard))
			if err != nil {
				return err
			}
			info := s.CachedInfo().Cluster
			for _, r := range info.Replicas {
				if r.Offline || !r.Current {
					return fmt.Errorf("%s is not current", r.Name)
				}
			}
			if info.Leader == "" || len(info.Replicas) != len(c.nodes)-1 {
				return errors.New("it is not whole")
			}
			return nil
		}, "shard %d to be whole", shard)
	}
}

// eventually repeats try until it succeeds, and fails the test if that takes longer than
// patience.
func (c *cluster) eventually(ctx context.Context, try func(context.Context) error, what string, args ...any) {
	c.tb.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		one, cancelOne := context.WithTimeout(ctx, 2*time.Second)
		err := try(one)
		cancelOne()
		if err == nil {
			return
		}
		if wait(ctx, 50*time.Millisecond) != nil {
			c.tb.Fatalf("waited for %s: %v", fmt.Sprintf(what, args...), err)
		}
	}
}

// wait waits for d or until ctx ends. If ctx ends first, it returns an error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
