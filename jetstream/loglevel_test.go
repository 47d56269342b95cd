package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// pinsAreNew returns the level that a command needs in a version in which pins have just been
// added to the log.
func pinsAreNew(cmd wire.Command) int {
	if _, pins := cmd.(wire.Pin); pins {
		return 2
	}
	return 1
}

// TestDialect_rollingUpgrade upgrades the last of three nodes. Until then no event is stored
// that the old node does not know, and everything else goes on through every node. Afterwards
// such events are stored, and no old node can start.
func TestDialect_rollingUpgrade(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	logs, stops, dirs := make([]*Log, 3), make([]func(), 3), make([]string, 3)
	run1 := func(i, level int) {
		dirs[i] = t.TempDir()
		cfg := Config{Replicas: 3, Limits: hurried(), level: level, levelOf: func(wire.Command) int { return 1 }}
		if level == 2 {
			cfg.levelOf = pinsAreNew
		}
		logs[i] = buildWith(t, cfg, nodes[i], dirs[i])
		stops[i] = run(t, logs[i])
		<-logs[i].Ready()
	}
	run1(0, 1) // the log has the level of the first node
	run1(1, 2)
	run1(2, 2)
	group, err := logs[1].CreateGroup(t.Context(), "own", &wire.CreateGroup{ClientID: "g", Name: "toads"})
	if err != nil {
		t.Fatal(err)
	}
	mustSend(t, logs[1], "own", in(group.ID, "c1", "one"))
	pin := wire.Pin{Channel: group.ID, Seq: 1, ClientID: "p"}
	refused := func() bool {
		_, err := logs[1].Change(t.Context(), "own", pin)
		return errors.Is(err, &wire.Error{Code: wire.CodeUnavailable})
	}
	if logs[1].dialect.log.Load() != 1 {
		t.Fatal("the log is newer than its oldest node")
	}
	for i, l := range logs { // an old leader takes commands that it knows from new nodes, and the other way round
		mustSend(t, l, "own", in(group.ID, "c2"+string(rune('a'+i)), "two"))
	}
	if leads := nodes[0].LeadsStream(StreamName(logs[0].layout.shardOf(group.ID))); !leads && !refused() {
		t.Error("pinned, although not all nodes know what that is")
	}
	stops[0]()
	run1(0, 2)
	eventually(t, "all nodes to write what all of them know", func() bool { return !refused() })
	stops[0]()
	_, err = New(t.Context(), Config{
		Conn: nodes[0].Conn, Engine: nodes[0], ViewDir: dirs[0], Replicas: 3, Logger: slog.New(slog.DiscardHandler),
		level: 1, levelOf: pinsAreNew,
	})
	if err == nil || !strings.Contains(err.Error(), "start a newer version") {
		t.Errorf("an old node starts on a newer log: %v", err)
	}
}

// TestDialect_waits shows that the log is raised only after all nodes have spoken a higher
// level for a while.
func TestDialect_waits(t *testing.T) {
	l := alone(t)
	const next = logLevel + 1
	d := newDialect(l.js, &Config{level: next, levelOf: pinsAreNew}, logLevel)
	old := map[string]*peer{"a": {speaks: next}, "b": {speaks: logLevel}}
	for range 2 * raiseAfter {
		if err := d.tick(context.Background(), true, old); err != nil || d.log.Load() != logLevel {
			t.Fatalf("at level %d, %v", d.log.Load(), err)
		}
	}
	all := map[string]*peer{"a": {speaks: next}, "b": {speaks: next + 1}}
	for n := range raiseAfter {
		want := int64(logLevel)
		if n == raiseAfter-1 {
			want = next
		}
		if err := d.tick(context.Background(), true, all); err != nil || d.log.Load() != want {
			t.Fatalf("after %d ticks at level %d, %v", n+1, d.log.Load(), err)
		}
	}
}
