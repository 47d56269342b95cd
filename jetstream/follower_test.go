package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestFollower_level shows how a follower finds out that it is level when nothing is delivered to
// it. Its replica may lag. So it must stay where it is as long as the stream's leader has the next
// message, and skip only messages that are gone.
func TestFollower_level(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	l, stop := start(t, node, t.TempDir(), 1)
	first := mustSend(t, l, "alice", text("bob", "c1", "hi"))
	last := mustSend(t, l, "alice", text("bob", "c2", "hi"))
	stop()

	lagging, err := New(t.Context(), Config{
		Conn: node.Conn, Engine: node, ViewDir: t.TempDir(), Replicas: 1, Limits: wire.DefaultLimits(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := lagging.Close(); err != nil {
			t.Error(err)
		}
	}()
	f := lagging.shards[first.Shard].follower
	f.level(t.Context())
	if at := lagging.view.Position(first.Shard); at != 0 {
		t.Fatalf("stepped over messages that are there, to %d", at)
	}
	s := streamOf(t.Context(), t, lagging, first.Shard)
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.level(t.Context())
	if at := lagging.view.Position(first.Shard); at != last.Pos {
		t.Errorf("at %d after a purge up to %d", at, last.Pos)
	}
}

func TestGoneUpto(t *testing.T) {
	l := alone(t)
	var shard int
	for i := range 6 { // all in one channel and so in one shard; the channel's creation is pos 1
		shard = mustSend(t, l, "alice", text("bob", fmt.Sprint(i), "hi")).Shard
	}
	s := streamOf(t.Context(), t, l, shard)
	for _, pos := range []uint64{3, 4, 7} {
		if err := s.DeleteMsg(t.Context(), pos); err != nil {
			t.Fatal(err)
		}
	}
	for after, want := range map[uint64]uint64{0: 0, 1: 1, 2: 4, 3: 4, 4: 4, 5: 5, 6: 7, 7: 7, 99: 99} {
		if got, err := goneUpto(t.Context(), l.js, shard, after); got != want || err != nil {
			t.Errorf("after %d nothing is left up to %d, %v, want %d", after, got, err, want)
		}
	}
	if err := s.Purge(t.Context(), jetstream.WithPurgeSequence(3)); err != nil {
		t.Fatal(err)
	}
	if got, err := goneUpto(t.Context(), l.js, shard, 0); got != 4 || err != nil {
		t.Errorf("nothing is left up to %d, %v, want 4", got, err)
	}
}

func streamOf(ctx context.Context, tb testing.TB, l *Log, shard int) jetstream.Stream {
	tb.Helper()
	s, err := l.js.Stream(ctx, StreamName(shard))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
