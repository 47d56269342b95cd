package duty

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/api"
)

// TestPlace_model has three nodes do the same duty, in any order, with writes whose answers are
// lost and with restarts. The stored position never goes back, and never passes an event that no
// node has done.
func TestPlace_model(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), StreamConfig(1)); err != nil {
		t.Fatal(err)
	}
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		subject := Subject("model", run)
		var nodes [3]place
		var read [3]uint64 // how far each node has read the log
		start := func(i int) {
			nodes[i] = place{conn: node.Conn, subject: subject, epoch: "e", node: fmt.Sprint(i)}
			if err := nodes[i].load(t.Context()); err != nil {
				rt.Fatal(err)
			}
			read[i] = nodes[i].at
		}
		for i := range nodes {
			start(i)
		}
		stored, done := uint64(0), map[uint64]bool{}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			i := rapid.IntRange(0, 2).Draw(rt, "node")
			p := &nodes[i]
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0:
				start(i)
			case 1, 2: // the answer to a write is lost, or the write itself
				if rapid.Bool().Draw(rt, "written") {
					body, _ := json.Marshal(record{Epoch: "e", Pos: p.at, Node: p.node})
					if _, err := api.Replace(t.Context(), p.conn, p.subject, body, p.last); err != nil && !api.Outrun(err) {
						rt.Fatal(err)
					}
				}
				p.sure = false
			case 3, 4, 5:
				if err := p.store(t.Context()); err != nil {
					rt.Fatal(err)
				}
			default:
				for range rapid.IntRange(1, 5).Draw(rt, "events") {
					read[i]++
					done[read[i]] = true
					p.pass(read[i], time.Time{})
				}
			}
			var is record
			if m, err := api.Last(t.Context(), node.Conn, StreamName, subject); err == nil {
				if err := json.Unmarshal(m.Data, &is); err != nil {
					rt.Fatal(err)
				}
			}
			if is.Pos < stored {
				rt.Fatalf("the position went back from %d to %d", stored, is.Pos)
			}
			stored = is.Pos
			for pos := range stored {
				if !done[pos+1] {
					rt.Fatalf("the position is %d, and nobody has done %d", stored, pos+1)
				}
			}
		}
	})
}

// TestPlace_reset has another node store its position just before the log is found to be shorter.
func TestPlace_reset(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), StreamConfig(1)); err != nil {
		t.Fatal(err)
	}
	nodes := [2]place{}
	for i := range nodes {
		nodes[i] = place{conn: node.Conn, subject: Subject("reset", 1), epoch: "e", node: fmt.Sprint(i), at: 500}
		if err := nodes[i].store(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	old := &nodes[1]
	old.pass(600, time.Time{})
	if err := old.store(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := &nodes[0]
	if err := p.reset(t.Context(), 311); err != nil {
		t.Fatal(err)
	}
	if r, _, _, err := p.read(t.Context()); err != nil || r.Pos != 311 || p.at != 311 {
		t.Errorf("the node is at %d, and %d is stored, %v; want 311", p.at, r.Pos, err)
	}
}
