package write

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/nats-io/nats.go"

	"natterjack/server/wire"
)

// away is a committer whose first round returns only when its context ends.
type away struct {
	rounds int
	why    error
}

func (a *away) commit(ctx context.Context, round []*Command) []*Command {
	a.rounds++
	if a.rounds == 1 {
		<-ctx.Done()
		a.why = context.Cause(ctx)
		return round
	}
	for _, c := range round {
		c.done(wire.Ack{}, nil)
	}
	return nil
}

// TestLane_interrupt shows that a round that waits for a writer that is gone is tried with the
// new writer at once.
func TestLane_interrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		remote := &away{}
		l := newLane(func() bool { return false }, &script{}, remote)
		defer runLane(t, l)()
		l.interrupt() // there is no try to interrupt yet
		answered := make(chan error, 1)
		l.submit(wish("1", func(_ wire.Ack, err error) { answered <- err }))
		synctest.Wait()
		l.interrupt()
		if err := <-answered; err != nil || !errors.Is(remote.why, errElected) || remote.rounds != 2 {
			t.Errorf("answered %v after %d rounds, the first ended by %v", err, remote.rounds, remote.why)
		}
	})
}

// TestLane_refusesAtOnce shows that a node that does not write refuses commands even while a
// round of its own is on another node. Otherwise two nodes that take each other for the writer
// would wait for each other.
func TestLane_refusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane(func() bool { return false }, &script{}, &away{})
		defer runLane(t, l)()
		l.submit(wish("own", func(wire.Ack, error) {}))
		synctest.Wait()
		var refused error
		served := wish("served", func(_ wire.Ack, err error) { refused = err })
		served.served = true
		l.submit(served)
		if !errors.Is(refused, elsewhere()) {
			t.Errorf("answered %v while a round is away", refused)
		}
		l.interrupt()
	})
}

func TestLeaders(t *testing.T) {
	var changes []int
	w := NewLeaders("self", 3, func(shard int) { changes = append(changes, shard) })
	if _, known := w.elsewhere(1); known {
		t.Error("knows a leader before one has spoken")
	}
	for _, msg := range []*nats.Msg{
		{Subject: "leads.1", Data: []byte("a")},
		{Subject: "leads.1", Data: []byte("a")},
		{Subject: "leads.1", Data: []byte("b")},
		{Subject: "leads.2", Data: []byte("self")},
		{Subject: "leads.3", Data: []byte("a")}, // there is no such shard
		{Subject: "leads.x", Data: []byte("a")},
		{Subject: "leads.0"},
	} {
		w.heard(msg)
	}
	if node, known := w.elsewhere(1); node != "b" || !known {
		t.Errorf("shard 1 is led by %q, %v", node, known)
	}
	if _, known := w.elsewhere(2); known {
		t.Error("takes itself for another node")
	}
	if len(changes) != 3 {
		t.Errorf("changes %v, want one for each new leader", changes)
	}
}
