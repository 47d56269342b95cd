package jetstream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/receipts"
)

// TestKeep_replicas opens a log with different numbers of replicas, as when a cluster grows and
// shrinks. The streams must follow with all their messages.
func TestKeep_replicas(t *testing.T) {
	t.Parallel()
	nodes, dir := embedtest.Cluster(t, 5, embedtest.NoSync), t.TempDir()
	for _, n := range nodes[1:] { // every node that may lead has a writer
		run(t, buildWith(t, Config{Shards: 1, Limits: hurried()}, n, t.TempDir()))
	}
	sent := 0
	for _, replicas := range []int{1, 3, 5, 3, 1} {
		l := buildWith(t, Config{Shards: 1, Replicas: replicas, Limits: hurried()}, nodes[0], dir)
		stop := run(t, l)
		for range 20 {
			mustSend(t, l, "alice", text("bob", fmt.Sprint(sent), "hi"))
			sent++
		}
		for _, name := range []string{StreamName(0), receipts.StreamName(0)} {
			awaitCopies(t, l.js, name, replicas)
		}
		if last, err := lastPos(t.Context(), l.js, 0); err != nil || last < uint64(sent) {
			t.Errorf("of %d messages the stream has %d, %v", sent, last, err)
		}
		stop()
	}
}

// awaitCopies waits until a stream has the given number of replicas, all of them level.
func awaitCopies(t *testing.T, js jetstream.JetStream, name string, replicas int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		s, err := js.Stream(ctx, name)
		if err == nil {
			info := s.CachedInfo()
			level := 1
			for _, r := range info.Cluster.Replicas {
				if r.Current && r.Lag == 0 {
					level++
				}
			}
			if info.Config.Replicas == replicas && level == replicas && len(info.Cluster.Replicas) == replicas-1 && info.Cluster.Leader != "" {
				return
			}
			err = fmt.Errorf("configured %d, led by %q, %d level", info.Config.Replicas, info.Cluster.Leader, level)
		}
		if pause.For(ctx, 50*time.Millisecond) != nil {
			t.Fatalf("%s has no %d copies: %v", name, replicas, err)
		}
	}
}

// TestKeep_settings changes the settings of a stream. The keeper must change them back to what
// a new stream would have.
func TestKeep_settings(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	l, _ := start(t, node, t.TempDir(), 1)
	for _, name := range []string{StreamName(0), receipts.StreamName(0)} {
		s, err := l.js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		want := s.CachedInfo().Config
		other := want
		other.Description, other.AllowDirect, other.AllowAtomicPublish, other.MaxAge, other.MaxBytes = "", false, false, time.Hour, 1<<30
		if _, err := l.js.UpdateStream(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		if changed, err := l.keeper.all(t.Context(), &l.layout); err != nil || len(changed) != 1 || changed[0] != name {
			t.Errorf("changed %v, %v, want %s", changed, err, name)
		}
		if changed, err := l.keeper.all(t.Context(), &l.layout); err != nil || len(changed) > 0 {
			t.Errorf("changed again: %v, %v", changed, err)
		}
		if s, err = l.js.Stream(t.Context(), name); err != nil || !same(new(s.CachedInfo().Config), &want) {
			t.Errorf("%s is %+v, %v, want %+v", name, s.CachedInfo().Config, err, want)
		}
	}
}

// TestConsumer_withoutACopy shows that a node whose server has no copy of the stream makes only
// one consumer.
func TestConsumer_withoutACopy(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	made, err := nodes[0].Conn.SubscribeSync("$JS.EVENT.ADVISORY.CONSUMER.CREATED.CHAT_0.>")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		l := buildWith(t, Config{Shards: 1, Limits: hurried()}, n, t.TempDir())
		run(t, l)
		<-l.Ready()
	}
	for n := 0; ; n++ {
		if _, err := made.NextMsg(time.Second); err != nil {
			if n != len(nodes) {
				t.Errorf("%d consumers were made, want %d", n, len(nodes))
			}
			return
		}
	}
}
