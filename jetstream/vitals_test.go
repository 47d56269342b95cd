package jetstream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/internal/write"
	"natterjack/server/wire"
)

// silence makes a stream acknowledge nothing, or makes it speak again. To its leader a silent
// stream looks like one that takes nothing although it has its quorum. If the lead is handed on
// meanwhile, no node answers, so silence asks again.
func silence(t *testing.T, l *Log, shard int, silent bool) {
	t.Helper()
	if _, err := pause.Until(t.Context(), StreamName(shard), func(ctx context.Context) (jetstream.Stream, error) {
		s, err := l.js.Stream(ctx, StreamName(shard))
		if err != nil {
			return nil, err
		}
		cfg := s.CachedInfo().Config
		cfg.NoAck = silent
		return l.js.UpdateStream(ctx, cfg)
	}); err != nil {
		t.Fatal(err)
	}
}

// TestVitals_streamTakesNothing silences a stream. After a while another node leads it. Once the
// stream speaks again, everything continues.
func TestVitals_streamTakesNothing(t *testing.T) {
	t.Parallel()
	nodes, logs, _ := cluster(t)
	ack := mustSend(t, logs[0], "alice", text("bob", "before", "hi"))
	at := -1
	for i, n := range nodes {
		if n.LeadsStream(StreamName(ack.Shard)) {
			at = i
		}
	}
	if at < 0 {
		t.Fatal("nobody leads")
	}
	silence(t, logs[at], ack.Shard, true)
	began := time.Now()
	for i := 0; nodes[at].LeadsStream(StreamName(ack.Shard)); i++ {
		if time.Since(began) > patience {
			t.Fatal("it leads a stream that takes nothing, and goes on")
		}
		done := make(chan error, 1)
		logs[at].Submit("alice", text("bob", fmt.Sprint("try", i), "hi"), func(_ wire.Ack, err error) { done <- err })
		_ = await(t, done) // any answer
	}
	t.Logf("another leads after %v", time.Since(began).Round(time.Millisecond))
	silence(t, logs[at], ack.Shard, false)
	mustSend(t, logs[at], "alice", text("bob", "after", "hi"))
}

// TestVitals_dead silences a stream of a single node for long. That stream counts as dead
// then, but not earlier, and not because of one failure.
func TestVitals_dead(t *testing.T) {
	t.Parallel()
	l := alone(t)
	ack := mustSend(t, l, "alice", text("bob", "before", "hi"))
	mustSend(t, l, "alice", text("bob", "more", "hi"))
	if err := l.Dead(0); err != nil {
		t.Error(err)
	}
	silence(t, l, ack.Shard, true)
	began := time.Now()
	for i := 0; l.Dead(write.StuckAfter) == nil; i++ {
		if time.Since(began) > patience {
			t.Fatal("a stream that takes nothing is not dead")
		}
		done := make(chan error, 1)
		l.Submit("alice", text("bob", fmt.Sprint("try", i), "hi"), func(_ wire.Ack, err error) { done <- err })
		_ = await(t, done) // any answer
	}
	if took := time.Since(began); took < write.StuckAfter {
		t.Errorf("it is dead after %v", took)
	}
	if err := l.Dead(time.Hour); err != nil {
		t.Error(err)
	}
}
