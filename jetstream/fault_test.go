package jetstream

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestSend_engineGone stops the engine under a log. Every sender must get a truthful, retryable
// answer in bounded time.
func TestSend_engineGone(t *testing.T) {
	t.Parallel()
	node := embedtest.Start(t, embedtest.NoSync)
	l, _ := start(t, node, t.TempDir(), 1)
	mustSend(t, l, "alice", text("bob", "before", "hi"))
	node.Stop(t)
	answers := make(chan error)
	for i := range 50 {
		l.Submit("alice", text(fmt.Sprint("u", i), "c", "hi"), func(_ wire.Ack, err error) { answers <- err })
	}
	deadline := time.After(10 * time.Second)
	for range 50 {
		select {
		case err := <-answers:
			if !wire.AsError(err, 0).Retryable {
				t.Errorf("answer %v", err)
			}
		case <-deadline:
			t.Fatal("a sender hangs")
		}
	}
}

// TestLog_endPurged purges the end of a stream, as an operator may. A rebuilt view must not
// wait for the purged messages.
func TestLog_endPurged(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	l, stop := start(t, node, t.TempDir(), 1)
	mustSend(t, l, "alice", text("bob", "c1", "hi"))
	ack := mustSend(t, l, "alice", text("bob", "c2", "hi"))
	stop()
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), StreamName(ack.Shard))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, _ = start(t, node, t.TempDir(), 1)
	if again := mustSend(t, l, "alice", text("bob", "c3", "hi")); again.Pos <= ack.Pos {
		t.Errorf("pos %d after a purge at %d", again.Pos, ack.Pos)
	}
}

// TestLog_viewDeleted deletes the view of a node. The rebuilt view must answer every query as
// before.
func TestLog_viewDeleted(t *testing.T) {
	t.Parallel()
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	l, stop := start(t, node, dir, 1)
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(5)})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		mustSend(t, l, fmt.Sprint("u", n%5), in(group.ID, fmt.Sprint("c", n), "hi"))
		mustSend(t, l, fmt.Sprint("u", n%5), text(fmt.Sprint("u", n%7), fmt.Sprint("d", n), "hi"))
	}
	before := everything(t, l)
	stop()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	l, _ = start(t, node, dir, 1)
	if diff := cmp.Diff(before, everything(t, l)); diff != "" {
		t.Error(diff)
	}
}

// everything returns the answers to all queries of all users: the channels, the histories in
// pages, and the events that a resume from the start replays.
func everything(tb testing.TB, l *Log) map[string]any {
	tb.Helper()
	out := map[string]any{}
	for _, user := range users(7) {
		channels, _, err := l.Channels(tb.Context(), user, &wire.ListChannels{Limit: 100})
		if err != nil {
			tb.Fatal(err)
		}
		out[user] = channels
		for _, channel := range channels {
			for before, more := uint64(0), true; more; {
				var page [][]byte
				page, more, err = l.History(tb.Context(), user, &wire.History{Channel: channel.ID, Before: before, Limit: 30})
				if err != nil || len(page) == 0 {
					tb.Fatalf("history of %s before %d: %d events, %v", channel.ID, before, len(page), err)
				}
				f, err := wire.DecodeFrame(page[0])
				if err != nil {
					tb.Fatal(err)
				}
				out[fmt.Sprint(user, channel.ID, before)], before = page, f.(wire.Event).Seq
			}
		}
		r, start := follow(tb, l, user, &wire.Resume{Epoch: l.Epoch(), Positions: make([]uint64, l.Shards())})
		if !start.Recovered {
			tb.Fatal("not recovered from the start")
		}
		r.drain(tb)
		out["resume "+user] = byShard(r.seen)
	}
	return out
}
