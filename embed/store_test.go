package embed_test

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed"
	"natterjack/embed/embedtest"
)

// TestLookAt examines the stores of servers of both kinds, before and after there are streams.
func TestLookAt(t *testing.T) {
	alone, members := embedtest.Start(t, embedtest.NoSync), embedtest.Cluster(t, 2, embedtest.NoSync)
	look := func(n *embedtest.Node, want embed.Store) {
		t.Helper()
		if s, err := embed.LookAt(n.StoreDir()); err != nil || s != want {
			t.Errorf("%s has %+v, %v, want %+v", n.Name(), s, err, want)
		}
	}
	if s, err := embed.LookAt(t.TempDir()); err != nil || s != (embed.Store{}) {
		t.Errorf("nothing is %+v, %v", s, err)
	}
	look(alone, embed.Store{})
	look(members[0], embed.Store{Member: true})
	for _, n := range []*embedtest.Node{alone, members[0]} {
		js, err := jetstream.New(n.Conn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}); err != nil {
			t.Fatal(err)
		}
	}
	look(alone, embed.Store{Streams: true})
}
