package jetstream

import (
	"errors"
	"os"
	"slices"
	"testing"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// storedRead returns how far this node's view knows a user to have read.
func storedRead(tb testing.TB, l *Log, user, channel string) uint64 {
	tb.Helper()
	r, err := l.view.Receipt(channel, user)
	if err != nil {
		tb.Fatal(err)
	}
	return r.Read
}

// TestPartings shows that a user's cursor is deleted when they are removed, on this node and in the
// stream. When they come back they start at the messages that they are shown then. Members' cursors
// stay, also when the view is rebuilt and passes the removal again.
func TestPartings(t *testing.T) {
	t.Parallel()
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	l, stop := start(t, node, dir, 1)
	channel := toads(t, l)
	shard := l.layout.shardOf(channel)
	add := wire.AddMembers{Channel: channel, Members: []string{"bob"}}
	mustSend(t, l, "own", add)
	mustSend(t, l, "own", in(channel, "c3", "three"))
	read := func(user string, seq uint64) {
		t.Helper()
		if err := l.Read(t.Context(), user, channel, seq); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the cursor to be stored", func() bool { return storedRead(t, l, user, channel) == seq })
	}
	read("bob", 3)
	read("ann", 2)
	mustSend(t, l, "own", wire.RemoveMember{Channel: channel, User: "bob"})
	eventually(t, "bob to be forgotten", func() bool { return ownReceipt(t, l, "bob", channel) == wire.Receipt{User: "bob"} })
	mustSend(t, l, "own", in(channel, "c4", "four"))
	mustSend(t, l, "own", add)
	mustSend(t, l, "own", in(channel, "c5", "five"))
	c, err := l.wholeChannel(t.Context(), "bob", channel)
	if err != nil || c.Channel.Unread != 1 {
		t.Errorf("bob, who is back, has %d unread, %v", c.Channel.Unread, err)
	}
	if seen := receiptsOf(t, l, "ann", channel); slices.ContainsFunc(seen, func(r wire.Receipt) bool { return r.User == "bob" }) {
		t.Errorf("ann sees %+v", seen)
	}
	read("bob", 5)
	stop()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	l, _ = start(t, node, dir, 1)
	if err := errors.Join(l.shards[shard].partings.forget(t.Context()), l.awaitReceipts(t.Context())); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string]uint64{"ann": 2, "bob": 5} {
		if got := ownReceipt(t, l, user, channel).Read; got != want {
			t.Errorf("%s has read up to %d after the view was rebuilt, want %d", user, got, want)
		}
	}
}
