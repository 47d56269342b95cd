package pushlog

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

// run runs a store until the test ends.
func run(t *testing.T, node *embedtest.Node, copies int) *Store {
	t.Helper()
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	s := New(&Log{
		Conn: node.Conn, Copies: copies, Keep: func(context.Context, jetstream.StreamConfig) {},
		Open: func(ctx context.Context, cfg jetstream.StreamConfig) error {
			_, err := js.CreateOrUpdateStream(ctx, cfg)
			return err
		},
	})
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(running.Wait)
	<-s.Opened()
	return s
}

func entries(from, n int, id string) (all []Entry) {
	for i := from; i < from+n; i++ {
		all = append(all, Entry{PushLogEntry: wire.PushLogEntry{Seq: uint64(i), Verdict: wire.PushNot, Reason: "muted", ID: id}, Version: 7})
	}
	return all
}

// TestStore reads the stored entries of one user, the newest first, and no more than are kept.
func TestStore(t *testing.T) {
	for name, copies := range map[string]int{"alone": 1, "cluster": 3} {
		t.Run(name, func(t *testing.T) {
			var s *Store
			if copies == 1 {
				s = run(t, embedtest.Start(t, embedtest.NoSync), copies)
			} else {
				s = run(t, embedtest.Cluster(t, copies, embedtest.NoSync)[0], copies)
			}
			all := []Noted{{User: "bob", Entries: entries(0, perMessage+3, "")}, {User: "bob", Told: true, Entries: entries(100, 2, "d")}}
			for i := range 2 * together {
				all = append(all, Noted{User: fmt.Sprint("user", i), Entries: entries(i, 1, "")})
			}
			store(t, s, all)
			got := read(t, s, "bob", false)
			if len(got) != perMessage+5 || got[0].Seq != 101 || got[2].Seq != perMessage+2 || got[len(got)-1].Seq != 0 || got[0].Version != 7 {
				t.Errorf("%d entries: %+v", len(got), got)
			}
			for i := range got[1:] {
				if got[i].Pos <= got[i+1].Pos {
					t.Fatalf("the positions %d and %d do not descend", got[i].Pos, got[i+1].Pos)
				}
			}
			if got := read(t, s, "bob", true); len(got) != 2 {
				t.Errorf("about devices: %+v", got)
			}
			if got := read(t, s, "user17", false); len(got) != 1 || got[0].Seq != 17 {
				t.Errorf("of another user: %+v", got)
			}
			if got := read(t, s, "nobody", false); len(got) != 0 {
				t.Errorf("of nobody: %+v", got)
			}
			all = nil
			for i := range eachMost + 10 {
				all = append(all, Noted{User: "bob", Entries: entries(1000+i, 1, "")})
			}
			store(t, s, all)
			if got := read(t, s, "bob", false); len(got) != eachMost+2 || got[0].Seq != 1000+eachMost+9 {
				t.Errorf("%d entries of too many, the first %+v", len(got), got[0])
			}
			if got := read(t, s, "bob", true); len(got) != 2 {
				t.Errorf("what became of devices was pushed out: %+v", got)
			}
		})
	}
}

// store stores entries. A stream that was made a moment ago may have no leader yet.
func store(t *testing.T, s *Store, all []Noted) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; <-time.After(10 * time.Millisecond) {
		err := s.Append(t.Context(), all)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, s *Store, user string, devices bool) []Entry {
	t.Helper()
	all, err := s.Read(t.Context(), user, devices)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
