package embed_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

const (
	patience = 30 * time.Second
	streams  = 4
)

func name(i int) string { return fmt.Sprintf("S%d", i) }

// makeStreams makes replicated streams, each with a durable consumer.
func makeStreams(t *testing.T, n *embedtest.Node) {
	t.Helper()
	js, err := jetstream.New(n.Conn)
	if err != nil {
		t.Fatal(err)
	}
	for i := range streams {
		s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: name(i), Subjects: []string{name(i)}, Replicas: 3})
		if err != nil {
			t.Fatalf("make stream: %v", err)
		}
		if _, err := s.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "D"}); err != nil {
			t.Fatalf("make consumer: %v", err)
		}
	}
}

// leaders returns the nodes that report to lead a stream.
func leaders(nodes []*embedtest.Node, stream string) (led []string) {
	for _, n := range nodes {
		if n.LeadsStream(stream) {
			led = append(led, n.Name())
		}
	}
	return led
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestLeadsStream(t *testing.T) {
	if n := embedtest.Start(t); !n.LeadsStream("S0") {
		t.Error("a server that is alone does not lead")
	}
	nodes := embedtest.Cluster(t, 3)
	makeStreams(t, nodes[0])
	for i := range streams {
		eventually(t, "one leader", func() bool { return len(leaders(nodes, name(i))) == 1 })
	}
	if led := leaders(nodes, "missing"); led != nil {
		t.Errorf("%v lead a stream that does not exist", led)
	}
	if err := nodes[0].NATS().ShutdownJetStream(); err != nil { // as the server does when its disk is full
		t.Fatal(err)
	}
	if led := leaders(nodes[:1], name(0)); led != nil {
		t.Errorf("%v leads without JetStream", led)
	}
}

func TestStepDown_Alone(t *testing.T) {
	if err := embedtest.Start(t).StepDown(t.Context()); err != nil {
		t.Errorf("StepDown: %v", err)
	}
}

// TestStepDown_WritesGoOn writes to every stream while each node in turn steps down and
// restarts. When StepDown returns, no leadership is left and another node leads. No
// acknowledged message is lost.
func TestStepDown_WritesGoOn(t *testing.T) {
	nodes := embedtest.Cluster(t, 3)
	makeStreams(t, nodes[0])
	for turn, stopping := range nodes {
		others := append([]*embedtest.Node{}, nodes[:turn]...)
		others = append(others, nodes[turn+1:]...)
		stopWriting := write(t, others[0])
		if err := stopping.StepDown(t.Context()); err != nil {
			t.Fatalf("%s: StepDown: %v", stopping.Name(), err)
		}
		for i := range streams {
			if stopping.LeadsStream(name(i)) {
				t.Errorf("%s still leads %s", stopping.Name(), name(i))
			}
			eventually(t, "another leads", func() bool { return len(leaders(others, name(i))) == 1 })
		}
		if stopping.NATS().JetStreamIsLeader() {
			t.Errorf("%s still leads the metadata", stopping.Name())
		}
		stopping.Restart(t)
		stopWriting()
	}
}

// write publishes one message after another to each stream until stop is called. stop waits for
// one more acknowledgement in each stream, and checks that every acknowledged message is
// stored.
func write(t *testing.T, n *embedtest.Node) (stop func()) {
	t.Helper()
	js, err := jetstream.New(n.Conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	acked := make([]atomic.Uint64, streams)
	for i := range acked {
		writers.Go(func() {
			for ctx.Err() == nil {
				// A proposal that a step-down drops is never answered.
				once, done := context.WithTimeout(ctx, time.Second)
				if ack, err := js.Publish(once, name(i), []byte("x")); err == nil {
					acked[i].Store(ack.Sequence)
				}
				done()
			}
		})
	}
	return func() {
		t.Helper()
		for i := range acked {
			before := acked[i].Load()
			eventually(t, "another write", func() bool { return acked[i].Load() > before })
		}
		cancel()
		writers.Wait()
		for i := range acked {
			s, err := js.Stream(t.Context(), name(i))
			if err != nil {
				t.Fatalf("stream %s: %v", name(i), err)
			}
			if last, want := s.CachedInfo().State.LastSeq, acked[i].Load(); last < want {
				t.Errorf("%s ends at %d, was acknowledged up to %d", name(i), last, want)
			}
		}
	}
}

func TestStepDown_LastOfItsCluster(t *testing.T) {
	nodes := embedtest.Cluster(t, 3)
	makeStreams(t, nodes[0])
	for _, n := range nodes {
		if err := n.StepDown(t.Context()); err != nil {
			t.Errorf("%s: StepDown: %v", n.Name(), err)
		}
		n.Stop(t)
	}
}

func TestReady_NoQuorum(t *testing.T) {
	nodes := embedtest.Cluster(t, 3)
	nodes[1].Stop(t)
	nodes[2].Stop(t)
	nodes[0].Stop(t)
	nodes[0].Launch(t)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, errors.New("patience ended"))
	defer cancel()
	err := nodes[0].Ready(ctx)
	if err == nil || !strings.Contains(err.Error(), "patience ended") || !strings.Contains(err.Error(), "meta") {
		t.Errorf("Ready without a quorum: %v", err)
	}
}
