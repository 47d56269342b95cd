package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"natterjack/internal/nodetest"
	"natterjack/server/wire"
)

// TestUpgrade replaces the nodes of a cluster, one after the other, by nodes of a next version
// that knows a higher level of the log. Users go on talking, and no send fails. The log stays
// at the level that all nodes know until the last node is replaced. After that, no old node can
// come back.
func TestUpgrade(t *testing.T) {
	onlyInFull(t)
	newer, err := next()
	if err != nil {
		t.Fatal(err)
	}
	st := newStage(t, shipped, scale{devices: 60, directs: 20, rate: 100, groups: []int{30, 20, 10, 5, 5, 3, 3, 3}})
	up := newUpgrade(st)
	before := up.level()
	last := len(st.cluster.nodes) - 1
	for i, n := range st.cluster.nodes {
		if i == last {
			up.holds(st.cluster.nodes[0], before)
		}
		st.retire(n, func(n *nodetest.Node) { n.Command[0] = newer })
	}
	st.cluster.eventually(t.Context(), up.pin, "a pin, which all nodes know now")
	if after := up.level(); after == before {
		t.Errorf("the log is still at level %s", before)
	}
	up.refuses(st.cluster.nodes[0])
	st.finish()
}

// upgrade is an upgrade in which pins are new. The test pins messages in a group without other
// members.
type upgrade struct {
	*stage
	token string
	group string
	pins  int
}

func newUpgrade(st *stage) *upgrade {
	st.t.Helper()
	up := &upgrade{stage: st}
	var err error
	if up.token, err = st.cluster.signIn(st.t.Context(), "pinner", st.cluster.nodes[0].URL); err != nil {
		st.t.Fatal(err)
	}
	made, ok := up.must(wire.CreateGroup{ClientID: "group", Name: "pins"}).(wire.Channel)
	if !ok {
		st.t.Fatal("the group for the pins was not made")
	}
	up.group = made.Channel.ID
	up.must(wire.Send{Channel: up.group, ClientID: "first", Content: wire.Content{Text: "to be pinned"}})
	return up
}

// must repeats a command until it is not refused.
func (up *upgrade) must(cmd wire.Command) (answer wire.Frame) {
	up.t.Helper()
	up.cluster.eventually(up.t.Context(), func(ctx context.Context) (err error) {
		answer, err = up.ask(ctx, cmd)
		return err
	}, "%s", cmd.Type())
	return answer
}

func (up *upgrade) ask(ctx context.Context, cmd wire.Command) (wire.Frame, error) {
	f, err := ask(ctx, up.cluster.nodes[0].URL, up.token, cmd)
	if refusal, ok := f.(*wire.Error); ok {
		return nil, refusal
	}
	return f, err
}

// level returns the level of the log.
func (up *upgrade) level() (level string) {
	up.t.Helper()
	up.cluster.eventually(up.t.Context(), func(ctx context.Context) error {
		s, err := up.cluster.js.Stream(ctx, streamName(0))
		if err == nil {
			level = s.CachedInfo().Config.Metadata["natterjack_level"]
		}
		return err
	}, "the level of the log")
	return level
}

// holds checks that a new node which leads the group's shard refuses for now what an old node
// may not know. It waits longer than all nodes would need to agree on a higher level.
func (up *upgrade) holds(n *nodetest.Node, level string) {
	up.t.Helper()
	led := []int{wire.SlotOf(up.group) * shards / wire.Slots, 0} // the leader of the first shard may raise the log
	up.cluster.lead(up.t.Context(), n, led)
	up.cluster.eventually(up.t.Context(), func(ctx context.Context) error {
		if err := up.pin(ctx); !errors.Is(err, &wire.Error{Code: wire.CodeUnavailable}) {
			up.cluster.lead(ctx, n, led)
			return fmt.Errorf("the answer was %v", err) //nolint:errorlint // of no use to anybody but the reader
		}
		return nil
	}, "%s to pin nothing", n.Name)
	up.pause(12 * time.Second)
	if now := up.level(); now != level {
		up.t.Errorf("the log rose from level %s to %s before all nodes know that", level, now)
	}
}

// pin pins the first message.
func (up *upgrade) pin(ctx context.Context) error {
	up.pins++
	_, err := up.ask(ctx, wire.Pin{Channel: up.group, Seq: 1, ClientID: fmt.Sprint("pin.", up.pins)})
	return err
}

// refuses checks that a replaced node does not start as the old version.
func (up *upgrade) refuses(n *nodetest.Node) {
	up.t.Helper()
	old, err := shipped()
	if err != nil {
		up.t.Fatal(err)
	}
	up.retire(n, func(n *nodetest.Node) {
		newer := n.Command[0]
		n.Command[0] = old
		life := n.Begin()
		life.Doom()
		select {
		case <-life.Ready:
			up.t.Errorf("%s is ready as a version that does not know the log", n.Name)
			n.Stop()
		case <-life.Done:
		case <-time.After(patience):
			up.t.Errorf("%s neither starts nor ends", n.Name)
			n.Kill()
		}
		if !strings.Contains(n.Log(), "start a newer version") {
			up.t.Errorf("%s does not say why it does not start", n.Name)
		}
		n.Command[0] = newer
	})
}
