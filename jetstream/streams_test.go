package jetstream

import (
	"bytes"
	"fmt"
	"testing"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestNew_keepsItsShards opens a log with another number of shards than it was created with.
// The channels stay in their shards.
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
	if key := again.Derive("label"); !bytes.Equal(key, first.Derive("label")) || bytes.Equal(key, again.Derive("another")) {
		t.Error("opened again it has another key, or one key for all labels")
	}
	if retry := mustSend(t, again, "alice", text("bob", "c", "hi")); retry != ack {
		t.Errorf("a retry is acked with %+v, and was before with %+v", retry, ack)
	}
	page, _, err := again.History(t.Context(), "bob", &wire.History{Channel: aliceAndBob})
	if err != nil || len(page) != 1 {
		t.Errorf("%d messages, %v", len(page), err)
	}
}

// TestParseLayout_withoutKey shows that no key can be guessed of a log that stores none.
func TestParseLayout_withoutKey(t *testing.T) {
	spread := evenSlots(1)
	meta := map[string]string{metaEpoch: "e", metaSlots: spread.String(), metaLevel: "1"}
	var keys [2]string
	for i := range keys {
		l, err := parseLayout(meta, 1)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = l.key
	}
	if keys[0] == "" || keys[0] == keys[1] {
		t.Errorf("%q", keys)
	}
}

// TestChannelOf_isTheInverseOfSubject shows that channelOf inverts Subject. Other subjects have
// no channel, not even a channel's subject with another channel's slot.
func TestChannelOf_isTheInverseOfSubject(t *testing.T) {
	for _, id := range []string{aliceAndBob, "~alice", "gabcdefghijklmnopqrstuvwx"} {
		subject := Subject(id)
		if got := channelOf(subject); got != id {
			t.Errorf("%s is of %q, want %q", subject, got, id)
		}
		if n := testing.AllocsPerRun(100, func() { channelOf(subject) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		other := (wire.SlotOf(id) + 1) % wire.Slots
		for _, foreign := range []string{
			"", "chat", "chat.", "chat.1", "chat.1.", subject + ".x", "x" + subject, "chat.01." + id, "chat.-1." + id, "chat.256." + id,
			fmt.Sprintf("chat.%d.%s", other, id), fmt.Sprintf("chat.0%d.%s", wire.SlotOf(id), id),
		} {
			if got := channelOf(foreign); got != "" {
				t.Errorf("%s is of %q", foreign, got)
			}
		}
	}
}
