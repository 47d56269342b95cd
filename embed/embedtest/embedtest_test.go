package embedtest_test

import (
	"crypto/rand"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

// patience bounds every wait. It allows for a loaded machine; waits are usually much shorter.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	ats.Register()
	m.Run()
}

func publish(t *testing.T, n *embedtest.Node, config jetstream.StreamConfig) uint64 {
	t.Helper()
	id := rand.Text()
	js, err := jetstream.New(n.Conn)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; { // a request that meets an election gets no reply
		_, err := js.CreateOrUpdateStream(t.Context(), config)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("make stream: %v", err)
		}
	}
	for deadline := time.Now().Add(patience); ; {
		// The message has an id, so that it is stored once even if only its reply was lost.
		ack, err := js.Publish(t.Context(), config.Subjects[0], []byte("x"), jetstream.WithMsgID(id))
		if err == nil {
			return ack.Sequence
		}
		if time.Now().After(deadline) {
			t.Fatalf("publish: %v", err)
		}
	}
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
