package jetstream

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

// TestLease_last leaves the leader of a stream alone, and publishes. The stream's own state tells
// nothing of the message, which the leader has taken in. But Last gives no answer before it is
// known what becomes of it.
func TestLease_last(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	js, err := jetstream.New(nodes[0].Conn)
	if err != nil {
		t.Fatal(err)
	}
	spread := evenSlots(1)
	if _, err = openStream(t.Context(), js, streamConfig(0, &spread, 3, nil)); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(nodes, func(n *embedtest.Node) bool { return n.LeadsStream(StreamName(0)) })
	if at < 0 {
		t.Fatal("nobody leads")
	}
	l := &lease{conn: nodes[at].Conn, subject: spread.subject(0), name: nodes[at].Name(), leads: func() bool { return true }, pulse: newPulse()}
	if l.js, err = jetstream.New(l.conn); err != nil {
		t.Fatal(err)
	}
	if _, err = l.js.Publish(t.Context(), Subject("a~b"), nil); err != nil {
		t.Fatal(err)
	}
	ask := func(within time.Duration) (uint64, error) {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		return l.Last(ctx)
	}
	if last, err := ask(patience); last != 1 || err != nil {
		t.Fatalf("the last of one is %d, %v", last, err)
	}
	others := slices.Delete(slices.Clone(nodes), at, at+1)
	for _, n := range others {
		n.Stop(t)
	}
	if err := l.conn.Publish(Subject("a~b"), nil); err != nil {
		t.Fatal(err)
	}
	if last, err := ask(time.Second); err == nil {
		t.Errorf("the last is %d, and a message is on its way", last)
	}
	if last, err := lastPos(t.Context(), l.js, 0); last != 1 || err != nil {
		t.Errorf("the state says %d, %v", last, err) // or the test shows nothing
	}
	for _, n := range others {
		n.Launch(t)
	}
	for _, n := range others {
		n.Await(t)
	}
	for began := time.Now(); ; {
		last, err := ask(2 * time.Second)
		if err == nil {
			if stored, err := lastPos(t.Context(), l.js, 0); stored != last || err != nil {
				t.Errorf("the last is %d, and %d are stored, %v", last, stored, err)
			}
			return
		}
		if time.Since(began) > patience {
			t.Fatal(err)
		}
	}
}
