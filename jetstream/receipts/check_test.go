package receipts

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// TestCheck: a new view, whose log turns out shorter than the log that users had read, moves the
// cursors back on every node and in the stream. It leaves cursors alone that are within the log. A
// view that continues from its stored position checks nothing.
func TestCheck(t *testing.T) {
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	s, stop := rig{node: node, dir: dir}.start(t)
	const channel, lost = "alice~bob", "alice~carol"
	move(t, s, channel, "alice", Mark{Read: 2, Delivered: 9})
	move(t, s, channel, "bob", Mark{Read: 50})
	move(t, s, lost, "alice", Mark{Read: 1})
	await(t, "the cursors", func() bool { return len(all(t, s, channel, lost)) == 3 })
	stop()

	level := make(chan struct{})
	s, _ = rig{node: node, end: 3, await: func(ctx context.Context, _ int, _ uint64) error {
		select {
		case <-level:
		case <-ctx.Done():
		}
		return ctx.Err()
	}}.start(t)
	if err := messages(s.cfg.View, channel, 5); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, s, channel, "bob"); got.Read != 50 {
		t.Errorf("bob is at %v before it is known how far the log goes", got)
	}
	close(level) // the last two messages are sent by the time of the check
	want := map[key]Mark{{channel, "alice"}: {2, 3}, {channel, "bob"}: {3, 3}}
	await(t, "the cursors to be brought back", func() bool { return cmp.Equal(want, all(t, s, channel, lost)) })
	move(t, s, channel, "bob", Mark{Read: 20}) // there are more messages by then
	want[key{channel, "bob"}] = Mark{20, 20}
	await(t, "bob", func() bool { return cmp.Equal(want, all(t, s, channel, lost)) })
	for n := range shards {
		await(t, "the check to be over", func() bool { return s.cfg.View.ReceiptsToCheck(n) == view.ReceiptsCheck{} })
	}
	other, _ := start(t, node, 1)
	if diff := cmp.Diff(want, all(t, other, channel, lost)); diff != "" {
		t.Errorf("a new node has (-want +got):\n%s", diff)
	}
}

// messages applies the beginning of a channel to a view.
func messages(v *view.View, channel string, n uint64) error {
	var events []view.Event
	for seq := range n {
		record, err := wire.EncodeRecord(&wire.Record{Kind: wire.KindMessage, Version: seq + 1, Sender: "alice", Seq: seq + 1, Content: &wire.Content{Text: "hi"}})
		if err != nil {
			return err
		}
		events = append(events, view.Event{Pos: seq + 1, Channel: channel, Record: record})
	}
	_, err := v.Apply(wire.SlotOf(channel)*shards/wire.Slots, events, 0)
	return err
}
