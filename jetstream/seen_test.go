package jetstream

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestSeen_readsNeverGoBack reads from other nodes, right after the ack.
func TestSeen_readsNeverGoBack(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	for i := range 100 {
		ack := mustSend(t, logs[i%3], "alice", text("bob", fmt.Sprint("c", i), "hi"))
		seen := wire.Seen{Seen: []wire.ShardPos{{Shard: ack.Shard, Pos: ack.Pos}}}
		for n := range 2 {
			l := logs[(i+1+n)%3]
			events, _, err := l.History(t.Context(), "bob", &wire.History{Channel: ack.Channel, Limit: 1, Seen: seen})
			if err != nil || len(events) != 1 {
				t.Fatalf("history: %d events, %v", len(events), err)
			}
			last, err := wire.DecodeFrame(events[0])
			if err != nil || last.(wire.Event).Seq < ack.Seq {
				t.Fatalf("read %s, %v; message %d was acknowledged", events[0], err, ack.Seq)
			}
		}
	}
}

// TestSeen_waitsForTheView sends every reading command to a node that is behind.
func TestSeen_waitsForTheView(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	ahead, stop := start(t, node, t.TempDir(), 1)
	ack := mustSend(t, ahead, "alice", text("bob", "c", "hi"))
	stop()
	seen := wire.Seen{Seen: []wire.ShardPos{{Shard: ack.Shard, Pos: ack.Pos}}}
	behind := build(t, hurried(), node, t.TempDir(), 1)
	ask := map[string]func() error{
		"history": func() error {
			_, _, err := behind.History(t.Context(), "bob", &wire.History{Channel: ack.Channel, Seen: seen})
			return err
		},
		"channels": func() error {
			channels, _, err := behind.Channels(t.Context(), "bob", &wire.ListChannels{Seen: seen})
			if err == nil && !slices.ContainsFunc(channels, func(c wire.ChannelInfo) bool { return c.ID == ack.Channel }) {
				err = fmt.Errorf("%s is not among %d channels", ack.Channel, len(channels)) // there may be that of the forward
			}
			return err
		},
	}
	for _, cmd := range []wire.Command{
		wire.GetChannel{Channel: ack.Channel, Seen: seen},
		wire.GetPins{Channel: ack.Channel, Seen: seen},
		wire.GetVersions{Channel: ack.Channel, Seq: 1, Seen: seen},
		wire.GetReceipts{Channel: ack.Channel, Seen: seen},
		wire.Read{Channel: ack.Channel, Seq: 1, Seen: seen},
		wire.GetSettings{Seen: seen},
		wire.Received{Cursors: []wire.ChannelSeq{{Channel: ack.Channel, Seq: 1}}, Seen: seen},
		wire.Forward{To: "carol", ClientID: "f", From: wire.ChannelSeq{Channel: ack.Channel, Seq: 1}, Seen: seen},
	} {
		ask[cmd.Type()] = func() error {
			_, err := behind.Answer(t.Context(), "bob", cmd)
			return err
		}
	}
	answers := make(chan error, len(ask))
	for name, do := range ask {
		go func() {
			if err := do(); err != nil {
				answers <- fmt.Errorf("%s: %w", name, err)
				return
			}
			answers <- nil
		}()
	}
	eventually(t, "all of them wait", func() bool {
		return int(behind.shards[ack.Shard].follower.waiting.Load()) == len(ask) && len(answers) == 0
	})
	run(t, behind)
	for range ask {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
}

// TestSeen_isBounded shows that a node that stays behind says so, and that it does not wait for
// a position that no log has.
func TestSeen_isBounded(t *testing.T) {
	t.Parallel()
	node := embedtest.Start(t, embedtest.NoSync)
	ahead, stop := start(t, node, t.TempDir(), 1)
	ack := mustSend(t, ahead, "alice", text("bob", "c", "hi"))
	for _, nowhere := range []wire.ShardPos{{Shard: ack.Shard, Pos: 1 << 60}, {Shard: 1000, Pos: 1}} {
		if err := ahead.AwaitSeen(t.Context(), []wire.ShardPos{nowhere}); err != nil {
			t.Errorf("%+v: %v", nowhere, err)
		}
	}
	stop()
	behind := build(t, hurried(), node, t.TempDir(), 1)
	t.Cleanup(func() { _ = behind.Close() })
	seen := wire.Seen{Seen: []wire.ShardPos{{Shard: ack.Shard, Pos: ack.Pos}}}
	_, _, err := behind.History(t.Context(), "bob", &wire.History{Channel: ack.Channel, Seen: seen})
	if !errors.Is(err, &wire.Error{Code: wire.CodeUnavailable}) || !wire.AsError(err, 0).Retryable {
		t.Errorf("a node that stays behind answered %v, want unavailable", err)
	}
}

// TestSeen_createdGroup reads a group on other nodes, right after one has created it.
func TestSeen_createdGroup(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	for i := range 60 {
		g, err := logs[i%3].CreateGroup(t.Context(), "alice", &wire.CreateGroup{ClientID: fmt.Sprint(i), Name: "g"})
		if err != nil || g.At.Pos == 0 {
			t.Fatalf("made %+v, %v", g, err)
		}
		for n := range 2 {
			cmd := wire.GetChannel{Channel: g.ID, Seen: wire.Seen{Seen: []wire.ShardPos{g.At}}}
			if _, err := logs[(i+1+n)%3].Answer(t.Context(), "alice", cmd); err != nil {
				t.Fatalf("group %d on another node: %v", i, err)
			}
		}
	}
}

// TestSaid_notOutOfThePast sends every command that names a channel, or a message, to a node that
// does not know of it yet. The client does not say which events it has seen, as a client over HTTP
// need not.
func TestSaid_notOutOfThePast(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	ahead, stop := start(t, node, t.TempDir(), 1)
	ack := mustSend(t, ahead, "alice", text("bob", "c", "hi"))
	stop()
	behind := build(t, hurried(), node, t.TempDir(), 1)
	at := wire.ChannelSeq{Channel: ack.Channel, Seq: ack.Seq}
	cmds := []wire.Command{
		wire.History{Channel: ack.Channel},
		wire.GetChannel{Channel: ack.Channel},
		wire.GetPins{Channel: ack.Channel},
		wire.GetVersions{Channel: ack.Channel, Seq: 1},
		wire.GetReactions{Channel: ack.Channel, Seq: 1, Emoji: "👍"},
		wire.GetReceipts{Channel: ack.Channel},
		wire.Read{Channel: ack.Channel, Seq: 1},
		wire.Received{Cursors: []wire.ChannelSeq{at}},
		wire.Forward{To: "carol", ClientID: "f", From: at},
	}
	answers := make(chan error, len(cmds)+1)
	for _, cmd := range cmds {
		go func() {
			_, err := ask[wire.Frame](t.Context(), behind, "bob", cmd)
			answers <- wrong(cmd.Type(), err)
		}()
	}
	go func() { answers <- wrong("typing", behind.MayType(t.Context(), "bob", ack.Channel)) }()
	eventually(t, "all of them wait", func() bool { return len(behind.doubts) == cap(answers) })
	run(t, behind)
	for range cap(answers) {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
}

func wrong(name string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// TestSaid_doubtsAreBounded shows that commands about unknown channels do not take all places
// for reading.
func TestSaid_doubtsAreBounded(t *testing.T) {
	l := alone(t)
	for range maxDoubts {
		l.doubts <- struct{}{}
	}
	_, _, err := l.History(t.Context(), "bob", &wire.History{Channel: aliceAndBob})
	if !errors.Is(err, &wire.Error{Code: wire.CodeUnavailable}) {
		t.Errorf("answered %v, want unavailable", err)
	}
}
