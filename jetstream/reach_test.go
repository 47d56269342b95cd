package jetstream

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func TestReaches_single(t *testing.T) {
	l := alone(t)
	ack := mustSend(t, l, "alice", text("bob", "c", "hi"))
	for pos, want := range map[uint64]bool{0: true, ack.Pos: true, ack.Pos + 1: false} {
		if got, err := reaches(t.Context(), l.js, ack.Shard, pos); got != want || err != nil {
			t.Errorf("pos %d of %d: %v, %v", pos, ack.Pos, got, err)
		}
	}
}

// TestReaches_cluster shows that a leader that is in touch is believed, and that one that may
// have lost the lead is not.
func TestReaches_cluster(t *testing.T) {
	t.Parallel()
	nodes, logs, stops := cluster(t)
	l := logs[0]
	ack := mustSend(t, l, "alice", text("bob", "c", "hi"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if ok, err := reaches(ctx, l.js, ack.Shard, ack.Pos+1); ok || err != nil {
		t.Errorf("a pos that is not there yet: %v, %v", ok, err)
	}
	for i := range nodes[1:] {
		stops[i+1]()
		nodes[i+1].Stop(t)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if ok, err := reaches(ctx, l.js, ack.Shard, ack.Pos+1); ok || err == nil {
		t.Errorf("without a quorum it was believed that the stream ends: %v, %v", ok, err)
	}
}

func TestLeadsMost(t *testing.T) {
	near, far := &jetstream.PeerInfo{Active: time.Second}, &jetstream.PeerInfo{Active: time.Minute}
	gone := &jetstream.PeerInfo{Offline: true}
	for _, test := range []struct {
		name     string
		leader   string
		replicas []*jetstream.PeerInfo
		want     bool
	}{
		{"all near", "n1", []*jetstream.PeerInfo{near, near}, true},
		{"one near", "n1", []*jetstream.PeerInfo{far, near}, true},
		{"none near", "n1", []*jetstream.PeerInfo{far, gone}, false},
		{"half of four", "n1", []*jetstream.PeerInfo{near, far, gone}, false},
		{"most of four", "n1", []*jetstream.PeerInfo{near, near, gone}, true},
		{"no leader", "", []*jetstream.PeerInfo{near, near}, false},
	} {
		if got := leadsMost(&jetstream.ClusterInfo{Leader: test.leader, Replicas: test.replicas}); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// TestStoredAt shows that an event is told from another one at the same pos by the time when the
// stream stored it, and that an erased one is believed.
func TestStoredAt(t *testing.T) {
	l := alone(t)
	ack := mustSend(t, l, "alice", text("bob", "c", "hi"))
	stream, err := l.js.Stream(t.Context(), StreamName(ack.Shard))
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetMsg(t.Context(), ack.Pos)
	if err != nil {
		t.Fatal(err)
	}
	wants := func(what string, at time.Time, want bool) {
		t.Helper()
		if got, err := l.storedAt(t.Context(), StreamName(ack.Shard), ack.Pos, at); got != want || err != nil {
			t.Errorf("%s: %t, %v", what, got, err)
		}
	}
	wants("the same event", time.Unix(0, m.Time.UnixNano()), true)
	wants("another event", m.Time.Add(time.Nanosecond), false)
	if err := stream.DeleteMsg(t.Context(), ack.Pos); err != nil {
		t.Fatal(err)
	}
	wants("an erased event", m.Time, true)
}
