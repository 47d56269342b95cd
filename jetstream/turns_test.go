package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

// held asks a lane's turns about a user's command, as a writer does.
func held(l *lane, ch, user, id string, change wire.Command) error {
	c := &command{channel: ch, user: user, clientID: id, change: change, done: func(wire.Ack, error) {}}
	l.enter(c)
	if err := l.turns.held(c); err != nil {
		return err
	}
	c.answer(wire.Ack{}, nil)
	return nil
}

func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane(func() bool { return true }, &script{}, nil)
		full := wire.Errorf(wire.CodeStorageFull, "").After(time.Minute)
		l.note(wish("1", nil), full)
		check := func(id string, want error) {
			t.Helper()
			if err := held(l, "a~b", "a", id, wire.Send{}); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", id, err, want)
			}
		}
		check("2", full)
		check("3", full)
		check("2", full) // out of turn
		for what, err := range map[string]error{
			"another channel": held(l, "a~c", "a", "2", wire.Send{}),
			"another user":    held(l, "a~b", "b", "2", wire.Send{}),
			"a deletion":      held(l, "a~b", "a", "4", wire.Delete{}),
		} {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		check("1", nil)
		check("4", full)
		check("2", nil)
		check("3", nil)
		check("4", nil)
		check("5", nil)

		l.note(wish("6", nil), full)
		check("7", full)
		time.Sleep(holdFor - time.Millisecond)
		check("8", full)
		time.Sleep(time.Millisecond)
		check("9", nil) // its sender has had time to hear that 6 was refused
		time.Sleep(holdFor + commandTimeout + time.Millisecond)
		l.turns.tick(time.Now())
		if l.turns.some.Load() || len(l.turns.of)+len(l.turns.made) > 0 {
			t.Error("what is over is not forgotten")
		}
	})
}

func TestTurns_areBounded(t *testing.T) {
	l := newLane(func() bool { return true }, &script{}, nil)
	for i := range maxHolds + 100 {
		c := wish("1", nil)
		c.channel = fmt.Sprint(i)
		l.note(c, storageFull())
	}
	for i := range maxLine + 100 {
		l.note(wish(fmt.Sprint(i), nil), storageFull())
	}
	if n, line := len(l.turns.of), len(l.turns.of[memberOf{"a~b", "a"}].line); n != maxHolds || line != maxLine || len(l.turns.made) != maxHolds {
		t.Errorf("%d turns of %d made, a line of %d", n, len(l.turns.made), line)
	}
}

// pipeline sends n messages without waiting, as many at a time as a session may. It repeats
// refused ones at once, the first refused first. It returns their seqs, and how many refusals
// there were.
func pipeline(tb testing.TB, l *Log, user, ch string, n int) (seqs []uint64, refused int) {
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
			l.Submit(user, in(ch, fmt.Sprint(i), "x"), func(ack wire.Ack, err error) { answers <- answer{i, ack, err} })
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
		logs := make([]*Log, len(nodes))
		for i, node := range nodes {
			logs[i] = buildWith(t, Config{Replicas: 3, Limits: hurried(), Hold: patience}, node, t.TempDir())
			run(t, logs[i])
		}
		for _, l := range logs {
			<-l.Ready()
		}
		mustSend(t, logs[0], "bob", text("alice", "first", "x"))
		shard := logs[0].layout.shardOf("alice~bob")
		for i, l := range logs {
			if !l.shards[shard].lane.leads() {
				continue
			}
			l.shards[shard].lane.mu.Lock()
			l.shards[shard].lane.most = 3
			l.shards[shard].lane.mu.Unlock()
			seqs, refused := pipeline(t, logs[(i+1)%3], "alice", "alice~bob", 150)
			if refused == 0 {
				t.Error("nothing was refused")
			}
			ascending(t, append([]uint64{1}, seqs...))
			return
		}
		t.Fatal("no node leads the shard")
	})
}
