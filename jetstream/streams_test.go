package jetstream

import (
	"testing"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestNew_keepsItsShards opens a log with another number of shards than it was made with: where its channels are has been decided.
func TestNew_keepsItsShards(t *testing.T) {
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	first := buildWith(t, Config{Shards: 3, Limits: hurried()}, node, dir)
	stop := run(t, first)
	ack := mustSend(t, first, "alice", text("bob", "c", "hi"))
	stop()

	again, _ := start(t, node, dir, 1)
	if again.Shards() != 3 || again.Epoch() != first.Epoch() {
		t.Errorf("opened again it has %d shards, and the epoch %s", again.Shards(), again.Epoch())
	}
	if retry := mustSend(t, again, "alice", text("bob", "c", "hi")); retry != ack {
		t.Errorf("a retry is acked with %+v, and was before with %+v", retry, ack)
	}
	page, _, err := again.History(t.Context(), "bob", &wire.History{Channel: aliceAndBob})
	if err != nil || len(page) != 1 {
		t.Errorf("%d messages, %v", len(page), err)
	}
}
