package jetstream

import (
	"fmt"
	"testing"
	"time"

	"natterjack/server/wire"
)

func TestVitals(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var v vitals
	fail := func(after time.Duration) {
		sent := now
		now = now.Add(after)
		v.unanswered(sent, now)
	}
	fail(ackTimeout / 3)
	if now = now.Add(stuckAfter); v.stuck(now) {
		t.Error("what had no time to be acknowledged counts")
	}
	fail(ackTimeout)
	fail(ackTimeout)
	if v.stuck(now) {
		t.Error("two tries are enough")
	}
	fail(ackTimeout)
	if !v.stuck(now) || !v.due(now) || v.due(now.Add(time.Second)) {
		t.Error("a stream that acknowledged nothing for three tries is to be relieved, once")
	}
	if v.stuck(now.Add(stuckFor)) {
		t.Error("it is believed although nobody has tried again")
	}
	if v.dead(now, 0) {
		t.Error("it is dead after a few tries")
	}
	for range deadTries {
		fail(ackTimeout)
	}
	if !v.dead(now, stuckAfter) || v.dead(now, time.Hour) {
		t.Error("it is dead after many tries, and as long as was said")
	}
	if v.acked(); v.stuck(now) || v.dead(now, 0) {
		t.Error("an ack does not count")
	}
}

// TestVitals_streamTakesNothing misdirects the acks of one shard's leader. To the leader this
// looks like a stream that takes nothing although it has its quorum. After a while another node
// leads it, and everything continues.
func TestVitals_streamTakesNothing(t *testing.T) {
	nodes, logs, _ := cluster(t)
	ack := mustSend(t, logs[0], "alice", text("bob", "before", "hi"))
	at := -1
	for i, n := range nodes {
		if n.LeadsStream(StreamName(ack.Shard)) {
			at = i
		}
	}
	if at < 0 {
		t.Fatal("nobody leads")
	}
	logs[at].shards[ack.Shard].acks.prefix = logs[at].conn.NewInbox() + "." // nobody listens there
	began := time.Now()
	for i := 0; nodes[at].LeadsStream(StreamName(ack.Shard)); i++ {
		if time.Since(began) > patience {
			t.Fatal("it leads a stream that takes nothing, and goes on")
		}
		done := make(chan error, 1)
		logs[at].Submit("alice", text("bob", fmt.Sprint("try", i), "hi"), func(_ wire.Ack, err error) { done <- err })
		_ = await(t, done) // any answer
	}
	t.Logf("another leads after %v", time.Since(began).Round(time.Millisecond))
	mustSend(t, logs[at], "alice", text("bob", "after", "hi"))
}

// TestVitals_dead misdirects the acks of a single node for long. Its stream counts as dead
// then, but not earlier, and not because of one failure.
func TestVitals_dead(t *testing.T) {
	l := alone(t)
	ack := mustSend(t, l, "alice", text("bob", "before", "hi"))
	mustSend(t, l, "alice", text("bob", "more", "hi"))
	if err := l.Dead(0); err != nil {
		t.Error(err)
	}
	l.shards[ack.Shard].acks.prefix = l.conn.NewInbox() + "." // nobody listens there
	began := time.Now()
	for i := 0; l.Dead(stuckAfter) == nil; i++ {
		if time.Since(began) > patience {
			t.Fatal("a stream that takes nothing is not dead")
		}
		done := make(chan error, 1)
		l.Submit("alice", text("bob", fmt.Sprint("try", i), "hi"), func(_ wire.Ack, err error) { done <- err })
		_ = await(t, done) // any answer
	}
	if took := time.Since(began); took < stuckAfter {
		t.Errorf("it is dead after %v", took)
	}
	if err := l.Dead(time.Hour); err != nil {
		t.Error(err)
	}
}
