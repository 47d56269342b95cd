package jetstream

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

func receiptsOf(tb testing.TB, l *Log, user, channel string) []wire.Receipt {
	tb.Helper()
	cursors, err := l.Receipts(tb.Context(), user, channel)
	if err != nil {
		tb.Fatalf("receipts for %s: %v", user, err)
	}
	return cursors
}

func ownReceipt(tb testing.TB, l *Log, user, channel string) wire.Receipt {
	tb.Helper()
	own, err := l.OwnReceipt(user, channel)
	if err != nil {
		tb.Fatal(err)
	}
	return own
}

// awaitMessage waits until this node shows an acknowledged message.
func awaitMessage(tb testing.TB, l *Log, ack wire.Ack) {
	tb.Helper()
	if err := l.awaitPos(tb.Context(), ack.Shard, ack.Pos); err != nil {
		tb.Fatal(err)
	}
}

const aliceAndBob = "alice~bob"

func TestReceipts(t *testing.T) {
	l := alone(t)
	for i := range 3 {
		awaitMessage(t, l, mustSend(t, l, "alice", text("bob", fmt.Sprint("c", i), "hi")))
	}
	if err := l.Read(t.Context(), "bob", aliceAndBob, 2); err != nil {
		t.Fatal(err)
	}
	if got := ownReceipt(t, l, "bob", aliceAndBob).Read; got != 2 {
		t.Errorf("bob has read %d at once, want 2", got)
	}
	err := l.Received(t.Context(), "alice", []wire.ChannelSeq{{Channel: "bob~carol", Seq: 1}, {Channel: "alice~dave", Seq: 1}, {Channel: aliceAndBob, Seq: 1 << 60}})
	if err != nil {
		t.Fatal(err)
	}
	want := []wire.Receipt{{User: "alice", Read: 3, Delivered: 3}, {User: "bob", Read: 2, Delivered: 2}}
	for _, user := range []string{"alice", "bob"} {
		eventually(t, "both receipts", func() bool { return cmp.Equal(want, receiptsOf(t, l, user, aliceAndBob)) })
	}
}

// TestReceipts_outsidersAreRefused shows that a user who is not a member learns nothing and
// moves no cursor. They cannot tell such a channel from one that does not exist.
func TestReceipts_outsidersAreRefused(t *testing.T) {
	l := alone(t)
	awaitMessage(t, l, mustSend(t, l, "alice", text("bob", "c", "hi")))
	for _, channel := range []string{aliceAndBob, "carol~dave"} {
		_, receipts := l.Receipts(t.Context(), "eve", channel)
		for what, err := range map[string]error{"read": l.Read(t.Context(), "eve", channel, 1), "receipts": receipts} {
			if !errors.Is(err, &wire.Error{Code: wire.CodeForbidden}) {
				t.Errorf("%s in %s: %v, want it forbidden", what, channel, err)
			}
		}
		if err := l.Received(t.Context(), "eve", []wire.ChannelSeq{{Channel: channel, Seq: 1}}); err != nil {
			t.Errorf("received in %s: %v", channel, err)
		}
		m, err := l.ReceiptsOf(channel, []string{"eve", "bob"})
		if err != nil {
			t.Fatal(err)
		}
		eve := func(r wire.Receipt) bool { return r.User == "eve" }
		if m.Sight("eve") != SeesNothing || len(m.For(SeesNothing)) != 0 || slices.ContainsFunc(m.For(SeesRead), eve) {
			t.Errorf("moved in %s: %+v", channel, m)
		}
		if got := ownReceipt(t, l, "eve", channel); got != (wire.Receipt{User: "eve"}) {
			t.Errorf("eve moved %+v", got)
		}
	}
}

// bothRead returns a log in which alice and bob have read their messages to each other.
func bothRead(t *testing.T) *Log {
	t.Helper()
	l := alone(t)
	awaitMessage(t, l, mustSend(t, l, "alice", text("bob", "c", "hi")))
	for _, user := range []string{"alice", "bob"} {
		if err := l.Read(t.Context(), user, aliceAndBob, 1); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both receipts", func() bool {
		return len(receiptsOf(t, l, "alice", aliceAndBob)) == 2 && len(receiptsOf(t, l, "bob", aliceAndBob)) == 2
	})
	return l
}

// sees checks the answers that each user gets, and the frames that each is sent.
func sees(t *testing.T, l *Log, answered, told map[string][]wire.Receipt) {
	t.Helper()
	for user, want := range answered {
		if diff := cmp.Diff(want, receiptsOf(t, l, user, aliceAndBob)); diff != "" {
			t.Errorf("%s sees (-want +got):\n%s", user, diff)
		}
	}
	m, err := l.ReceiptsOf(aliceAndBob, []string{"alice", "bob"})
	if err != nil {
		t.Fatal(err)
	}
	for user, want := range told {
		if diff := cmp.Diff(want, m.For(m.Sight(user))); diff != "" {
			t.Errorf("%s is told (-want +got):\n%s", user, diff)
		}
	}
}

func TestReceipts_discreetShowsNoneAndSeesNone(t *testing.T) {
	l := bothRead(t)
	awaitMessage(t, l, mustSend(t, l, "bob", wire.Set{Name: wire.SettingReceipts, Value: "off"}))
	alice, bob := wire.Receipt{User: "alice", Read: 1, Delivered: 1}, wire.Receipt{User: "bob", Read: 1, Delivered: 1}
	aliceCame, bobCame := wire.Receipt{User: "alice", Delivered: 1}, wire.Receipt{User: "bob", Delivered: 1}
	sees(t, l, map[string][]wire.Receipt{"alice": {alice, bobCame}, "bob": {aliceCame, bob}},
		map[string][]wire.Receipt{"alice": {alice, bobCame}, "bob": {aliceCame, bobCame}})
	if got := ownReceipt(t, l, "bob", aliceAndBob).Read; got != 1 {
		t.Errorf("bob's own cursor is %d, want 1", got)
	}
	awaitMessage(t, l, mustSend(t, l, "bob", wire.Set{Name: wire.SettingReceipts}))
	sees(t, l, map[string][]wire.Receipt{"alice": {alice, bob}, "bob": {alice, bob}}, map[string][]wire.Receipt{"bob": {alice, bob}})
}

func TestReceipts_blockedSeeNothing(t *testing.T) {
	l := bothRead(t)
	awaitMessage(t, l, mustSend(t, l, "bob", wire.Set{Name: wire.SettingBlock + "alice", Value: "1"}))
	alice, bob := wire.Receipt{User: "alice", Read: 1, Delivered: 1}, wire.Receipt{User: "bob", Read: 1, Delivered: 1}
	sees(t, l, map[string][]wire.Receipt{"alice": {alice}, "bob": {bob}}, map[string][]wire.Receipt{"alice": {}, "bob": {}})
}

// TestReceipts_sendingIsReading shows that the sender of a message has read up to it, with no
// receipt said or stored, and that privacy holds for that too.
func TestReceipts_sendingIsReading(t *testing.T) {
	l := alone(t)
	awaitMessage(t, l, mustSend(t, l, "alice", text("bob", "c1", "hi")))
	awaitMessage(t, l, mustSend(t, l, "bob", text("alice", "c2", "hi yourself")))
	alice, bob := wire.Receipt{User: "alice", Read: 1, Delivered: 1}, wire.Receipt{User: "bob", Read: 2, Delivered: 2}
	both := []wire.Receipt{alice, bob}
	all := map[string][]wire.Receipt{"alice": both, "bob": both}
	sees(t, l, all, all)
	if own := ownReceipt(t, l, "bob", aliceAndBob); own != bob {
		t.Errorf("bob's own is %+v", own)
	}
	stored, err := l.view.Receipts(aliceAndBob)
	if err != nil || len(stored) != 0 {
		t.Errorf("stored %+v, %v", stored, err)
	}
	awaitMessage(t, l, mustSend(t, l, "bob", wire.Set{Name: wire.SettingReceipts, Value: "off"}))
	aliceCame, bobCame := wire.Receipt{User: "alice", Delivered: 1}, wire.Receipt{User: "bob", Delivered: 2}
	sees(t, l, map[string][]wire.Receipt{"alice": {alice, bobCame}, "bob": {aliceCame, bob}}, map[string][]wire.Receipt{"alice": {alice, bobCame}})
	awaitMessage(t, l, mustSend(t, l, "bob", wire.Delete{Channel: aliceAndBob, Seq: 2}))
	if own := ownReceipt(t, l, "bob", aliceAndBob); own != bob {
		t.Errorf("after the message was deleted bob's own is %+v", own)
	}
}
