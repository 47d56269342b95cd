package receipts

import (
	"fmt"
	"testing"

	"natterjack/embed/embedtest"
)

// TestStore_nodeDies: a node stops without warning while cursors move on all nodes. The others
// go on to store and follow, and have lost nothing that was stored before.
func TestStore_nodeDies(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	stores, stops := make([]*Store, len(nodes)), make([]func(), len(nodes))
	for i, n := range nodes {
		stores[i], stops[i] = start(t, n, len(nodes))
	}
	const users = 40
	channels := []string{"alice~bob", "alice~carol", "alice~dave", "alice~erin"}
	say := func(s *Store, seq uint64) {
		for _, channel := range channels {
			for i := range users {
				move(t, s, channel, fmt.Sprint("u", i), Mark{Read: seq})
			}
		}
	}
	agree := func(s *Store, seq uint64) {
		t.Helper()
		for _, channel := range channels {
			for i := range users {
				await(t, "the cursors", func() bool { return stored(t, s, channel, fmt.Sprint("u", i)).Read == seq })
			}
		}
	}
	for i, s := range stores {
		say(s, uint64(i+1))
	}
	for _, s := range stores {
		agree(s, uint64(len(stores)))
	}
	nodes[0].Stop(t)
	stops[0]()
	for i, s := range stores[1:] {
		say(s, uint64(10+i))
	}
	for _, s := range stores[1:] {
		agree(s, 11)
	}
}
