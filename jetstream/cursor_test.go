package jetstream

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

func TestCursor_everyDeviceSeesTheSame(t *testing.T) {
	l := alone(t)
	devices := make([]*reader, 3)
	for i := range devices {
		devices[i], _ = follow(t, l, "bob", nil)
	}
	for n := range 50 {
		mustSend(t, l, "alice", text("bob", fmt.Sprint("c", n), "hi"))
	}
	want := messages(t, devices[0].read(t, 51))
	for _, d := range devices[1:] {
		if diff := cmp.Diff(want, messages(t, d.read(t, 51))); diff != "" {
			t.Error(diff)
		}
	}
}

// TestCursor_slowReaderReadsTheView lets a reader fall behind the tail. While the reader
// catches up, the tail moves on. The reader must see all messages.
func TestCursor_slowReaderReadsTheView(t *testing.T) {
	l := alone(t)
	slow, _ := follow(t, l, "bob", nil)
	mustSend(t, l, "alice", text("bob", "first", "hi"))
	const n = 300
	for i := range n {
		mustSend(t, l, "alice", text("bob", fmt.Sprint("c", i), "hi"))
		if i%100 == 50 {
			for _, s := range l.shards { // as if the tail were this short
				s.tail.skip(l.view.Position(l.layout.shardOf("alice~bob")))
			}
		}
	}
	events := slow.read(t, n+2)
	if got := len(messages(t, events)); got != n+1 {
		t.Errorf("saw %d messages, want %d", got, n+1)
	}
}

func TestFollow_foreignPositionsStartAfresh(t *testing.T) {
	l := alone(t)
	mustSend(t, l, "alice", text("bob", "c", "hi"))
	for name, resume := range map[string]*wire.Resume{
		"another epoch":         {Epoch: "other", Positions: make([]uint64, l.Shards())},
		"other shards":          {Epoch: l.Epoch(), Positions: make([]uint64, l.Shards()+1)},
		"none":                  nil,
		"positions of the past": {Epoch: l.Epoch(), Positions: slices.Repeat([]uint64{1 << 40}, l.Shards())},
	} {
		if _, s := follow(t, l, "bob", resume); s.Recovered {
			t.Errorf("%s: recovered", name)
		}
	}
}

// TestFollow_aheadOfThisNode shows that a user who comes from a node that was further on is not
// answered from an older state. Receipts of the user for messages that this node has not seen
// yet are kept in full.
func TestFollow_aheadOfThisNode(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	ahead, stop := start(t, node, t.TempDir(), 1)
	for i := range 3 {
		awaitMessage(t, ahead, mustSend(t, ahead, "alice", text("bob", fmt.Sprint("c", i), "hi")))
	}
	resume := &wire.Resume{Epoch: ahead.Epoch(), Positions: ahead.positions()}
	stop()

	behind := build(t, hurried(), node, t.TempDir(), 1)
	if _, s := follow(t, behind, "bob", resume); !s.Recovered {
		t.Error("not recovered")
	}
	said := make(chan error, 1)
	go func() {
		_, unknown := behind.Receipts(t.Context(), "bob", aliceAndBob)
		said <- errors.Join(
			unknown,
			behind.Read(t.Context(), "bob", aliceAndBob, 2),
			behind.Received(t.Context(), "bob", []wire.ChannelSeq{{Channel: aliceAndBob, Seq: 3}}),
		)
	}()
	eventually(t, "somebody waits", func() bool {
		return behind.shards[behind.layout.shardOf(aliceAndBob)].follower.waiting.Load() > 0
	})
	run(t, behind)
	if err := <-said; err != nil {
		t.Fatal(err)
	}
	if got, want := ownReceipt(t, behind, "bob", aliceAndBob), (wire.Receipt{User: "bob", Read: 2, Delivered: 3}); got != want {
		t.Errorf("bob has got as far as %+v, want %+v", got, want)
	}
}

// TestFollow_resumeIsExact resumes at random places of a random log. The events before and
// after the resume must be all events for the user, once and in order.
func TestFollow_resumeIsExact(t *testing.T) {
	t.Parallel()
	node := embedtest.Start(t, embedtest.NoSync)
	l, _ := start(t, node, t.TempDir(), 1)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		witness, s := follow(t, l, "u0", nil)
		defer witness.cursor.Close()
		mine := 0
		for range rapid.IntRange(1, 40).Draw(rt, "messages") {
			from := rapid.IntRange(0, 3).Draw(rt, "from")
			to := rapid.IntRange(0, 3).Draw(rt, "to")
			n++
			mustSend(t, l, fmt.Sprint("u", from), text(fmt.Sprint("u", to), fmt.Sprint("c", n), "hi"))
			if from == 0 || to == 0 {
				mine++
			}
		}
		all := untilMessages(t, witness, mine)
		cut := rapid.IntRange(0, len(all)).Draw(rt, "cut")
		positions := slices.Clone(s.Positions)
		for _, e := range all[:cut] {
			positions[e.Shard] = e.Pos
		}
		if rapid.Bool().Draw(rt, "short tail") {
			for shard, s := range l.shards {
				s.tail.skip(l.view.Position(shard))
			}
		}
		back, s2 := follow(t, l, "u0", &wire.Resume{Epoch: l.Epoch(), Positions: positions})
		defer back.cursor.Close()
		if !s2.Recovered {
			rt.Fatal("not recovered")
		}
		back.drain(t)
		rest := byShard(all[cut:])
		if diff := cmp.Diff(rest, byShard(back.seen)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// untilMessages reads until n messages have come. Events of created channels come with them.
func untilMessages(tb testing.TB, r *reader, n int) []wire.Event {
	tb.Helper()
	for count(r.seen) < n {
		<-r.woken
		r.drain(tb)
	}
	return r.seen
}

func count(events []wire.Event) (n int) {
	for _, e := range events {
		if e.Kind == wire.KindMessage {
			n++
		}
	}
	return n
}

// byShard sorts events by shard, because order is promised only within a shard.
func byShard(events []wire.Event) []wire.Event {
	out := append([]wire.Event{}, events...)
	slices.SortStableFunc(out, func(a, b wire.Event) int { return a.Shard - b.Shard })
	return out
}
