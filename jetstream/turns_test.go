package jetstream

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

// pipeline sends n messages without waiting, as many at a time as a session may. It repeats
// refused ones at once, the first refused first. It returns their seqs, and how many refusals
// there were.
func pipeline(tb testing.TB, l *Log, user, channel string, n int) (seqs []uint64, refused int) {
	tb.Helper()
	type answer struct {
		n   int
		ack wire.Ack
		err error
	}
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	answers := make(chan answer, wire.DefaultLimits().InFlight)
	waiting := make([]int, n) // ascending
	for i := range waiting {
		waiting[i] = i
	}
	seqs = make([]uint64, n)
	for out := 0; len(waiting)+out > 0; {
		for ; out < cap(answers) && len(waiting) > 0; out++ {
			i := waiting[0]
			waiting = waiting[1:]
			l.Submit(user, in(channel, fmt.Sprint(i), "x"), func(ack wire.Ack, err error) { answers <- answer{i, ack, err} })
		}
		select {
		case a := <-answers:
			if out--; a.err == nil {
				seqs[a.n] = a.ack.Seq
				continue
			}
			if !wire.AsError(a.err, 0).Retryable {
				tb.Fatalf("message %d: %v", a.n, a.err)
			}
			refused++
			at, _ := slices.BinarySearch(waiting, a.n)
			waiting = slices.Insert(waiting, at, a.n)
			_ = pause.For(ctx, 100*time.Microsecond) // otherwise a sender who is refused at once would only retry
		case <-ctx.Done():
			tb.Fatalf("%d messages are not stored", len(waiting)+out)
		}
	}
	return seqs, refused
}

func ascending(t *testing.T, seqs []uint64) {
	t.Helper()
	for i, seq := range seqs {
		if seq != uint64(i+1) {
			t.Fatalf("message %d has seq %d; all: %v", i, seq, seqs)
		}
	}
}

// TestSend_refusedKeepsOrder pipelines through a lane with room for very few commands, on one
// node and through another.
func TestSend_refusedKeepsOrder(t *testing.T) {
	t.Parallel()
	t.Run("alone", func(t *testing.T) {
		l := buildWith(t, Config{Replicas: 1, Limits: hurried(), Waiting: 3, Hold: patience}, embedtest.Start(t, embedtest.NoSync), t.TempDir())
		run(t, l)
		<-l.Ready()
		mustSend(t, l, "bob", text("alice", "first", "x"))
		seqs, refused := pipeline(t, l, "alice", "alice~bob", 150)
		if refused == 0 {
			t.Error("nothing was refused")
		}
		ascending(t, append([]uint64{1}, seqs...))
	})
	t.Run("relayed", func(t *testing.T) {
		nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
		cfg := Config{Replicas: 3, Limits: hurried(), Hold: patience}
		first := buildWith(t, cfg, nodes[0], t.TempDir()) // makes the streams
		shard := first.layout.shardOf("alice~bob")
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		leader := slices.IndexFunc(nodes, func(n *embedtest.Node) bool { return n.LeadsStream(StreamName(shard)) })
		if leader < 0 {
			t.Fatal("no node leads the shard")
		}
		logs := make([]*Log, len(nodes))
		for i, node := range nodes {
			cfg.Waiting = 0
			if i == leader {
				cfg.Waiting = 3
			}
			logs[i] = buildWith(t, cfg, node, t.TempDir())
			run(t, logs[i])
		}
		for _, l := range logs {
			<-l.Ready()
		}
		mustSend(t, logs[0], "bob", text("alice", "first", "x"))
		seqs, refused := pipeline(t, logs[(leader+1)%3], "alice", "alice~bob", 150)
		if refused == 0 {
			t.Error("nothing was refused")
		}
		ascending(t, append([]uint64{1}, seqs...))
	})
}
