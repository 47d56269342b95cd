package jetstream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/receipts"
	"natterjack/server/wire"
)

// unread returns how many messages a node counts as unread by a user.
func unread(tb testing.TB, l *Log, user, channel string) uint64 {
	tb.Helper()
	c, err := l.wholeChannel(tb.Context(), user, channel)
	if err != nil {
		tb.Fatal(err)
	}
	return c.Channel.Unread
}

// TestReceipts_elsewhere has bob receive messages from one node and report them as read to
// others at once. Some of the channels are new to those nodes. No report is lost, and none is
// refused for good.
func TestReceipts_elsewhere(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	r, _ := follow(t, logs[0], "bob", nil)
	const channels, each = 20, 3
	go func() {
		for n := range channels * each {
			_, err := insist(t.Context(), logs[n%3], fmt.Sprint("user-", n%channels), text("bob", fmt.Sprint("c", n), "hi"))
			if err != nil {
				t.Errorf("send: %v", err)
				return
			}
		}
	}()
	for messages := 0; messages < channels*each; {
		select {
		case <-r.woken:
			r.seen = nil
			r.drain(t)
		case <-time.After(patience):
			t.Fatalf("saw %d messages", messages)
		}
		for _, e := range r.seen {
			if e.Kind != wire.KindMessage {
				continue
			}
			messages++
			l, at := logs[1+messages%2], []wire.ChannelSeq{{Channel: e.Channel, Seq: e.Seq}}
			if err := persist(t.Context(), func(ctx context.Context) error { return l.Read(ctx, "bob", e.Channel, e.Seq) }); err != nil {
				t.Errorf("read %s up to %d: %v", e.Channel, e.Seq, err)
			}
			if err := persist(t.Context(), func(ctx context.Context) error { return l.Received(ctx, "bob", at) }); err != nil {
				t.Errorf("received %s up to %d: %v", e.Channel, e.Seq, err)
			}
		}
	}
	for n := range channels {
		channel := wire.DirectChannel("bob", fmt.Sprint("user-", n))
		for _, l := range logs {
			eventually(t, "bob to have read all", func() bool { return unread(t, l, "bob", channel) == 0 && storedRead(t, l, "bob", channel) == each })
		}
	}
}

// TestReceipts_shorterLog restores a log that ends before what bob has read. Messages that are
// sent to it after that are unread.
func TestReceipts_shorterLog(t *testing.T) {
	for name, streams := range map[string]func(shard int) []string{
		"log of the same epoch": func(shard int) []string { return []string{StreamName(shard)} },
		"and receipts with it":  func(shard int) []string { return []string{StreamName(shard), receipts.StreamName(shard)} },
	} {
		t.Run(name, func(t *testing.T) {
			node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
			l, stop := start(t, node, dir, 1)
			const before, after = 50, 20
			for n := range before {
				awaitMessage(t, l, mustSend(t, l, "alice", text("bob", fmt.Sprint("c", n), "hi")))
			}
			if err := l.Read(t.Context(), "bob", aliceAndBob, before); err != nil {
				t.Fatal(err)
			}
			eventually(t, "bob's cursor", func() bool { return storedRead(t, l, "bob", aliceAndBob) == before })
			stop()
			for shard := range l.Shards() {
				for _, name := range streams(shard) {
					lose(t, l.js, name)
				}
			}
			l, _ = start(t, node, dir, 1)
			for n := range after {
				awaitMessage(t, l, mustSend(t, l, "alice", text("bob", fmt.Sprint("d", n), "hi")))
			}
			eventually(t, "what is said after that to be unread", func() bool { return unread(t, l, "bob", aliceAndBob) == after })
		})
	}
}

// lose empties a stream, as if it were restored from before its first message.
func lose(t *testing.T, js jetstream.JetStream, name string) {
	t.Helper()
	s, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), s.CachedInfo().Config); err != nil {
		t.Fatal(err)
	}
}
