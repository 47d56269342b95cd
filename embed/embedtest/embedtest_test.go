package embedtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

func TestMain(m *testing.M) {
	ats.Register()
	m.Run()
}

func publish(t *testing.T, n *embedtest.Node, config jetstream.StreamConfig) uint64 {
	t.Helper()
	js, err := jetstream.New(n.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateOrUpdateStream(t.Context(), config); err != nil {
		t.Fatalf("make stream: %v", err)
	}
	ack, err := js.Publish(t.Context(), config.Subjects[0], []byte("x"))
	if err != nil {
		t.Fatalf("publish: %v", err)
	}
	return ack.Sequence
}

func TestStart_InBubble(t *testing.T) {
	for range 3 {
		synctest.Test(t, func(t *testing.T) {
			n := embedtest.Start(t)
			config := jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}, MaxAge: time.Hour}
			if seq := publish(t, n, config); seq != 1 {
				t.Errorf("sequence %d, want 1", seq)
			}
			n.Restart(t)
			if seq := publish(t, n, config); seq != 2 {
				t.Errorf("sequence %d after a restart, want 2", seq)
			}
			time.Sleep(2 * time.Hour)
			js, _ := jetstream.New(n.Conn)
			s, err := js.Stream(t.Context(), "S")
			if err != nil {
				t.Fatal(err)
			}
			if msgs := s.CachedInfo().State.Msgs; msgs != 0 {
				t.Errorf("%d messages two hours later, want them expired", msgs)
			}
		})
	}
}

func TestCluster(t *testing.T) {
	nodes := embedtest.Cluster(t, 3)
	config := jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}, Replicas: 3}
	if seq := publish(t, nodes[0], config); seq != 1 {
		t.Errorf("sequence %d, want 1", seq)
	}
	nodes[1].Restart(t)
	if seq := publish(t, nodes[1], config); seq != 2 {
		t.Errorf("sequence %d through the node that came back, want 2", seq)
	}
}
