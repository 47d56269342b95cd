package tell

import (
	"fmt"
	"testing"
	"time"

	"natterjack/server/wire"
)

// BenchmarkDecide decides about a message in a group of 500, all of whom are told somewhere. It
// stores nothing.
func BenchmarkDecide(b *testing.B) {
	n := start(b)
	members := []string{}
	for i := range 499 {
		user := fmt.Sprintf("user%03d", i)
		members = append(members, user)
		n.subscribe(user, "a.example", user)
	}
	g, err := n.Operations().Answer(b.Context(), caller("alice"), wire.CreateGroup{Name: "Team", Members: members, ClientID: "g"})
	if err != nil {
		b.Fatal(err)
	}
	id := g.(wire.Channel).Channel.ID
	ack := n.say("alice", id, "hello")
	n.settle(time.Second)
	e := wire.Event{Record: wire.Record{Kind: wire.KindMessage, Seq: ack.Seq}, Channel: id, Pos: 1}
	for b.Loop() {
		m, err := n.teller.moment()
		if err != nil {
			b.Fatal(err)
		}
		m.free = true
		p, err := n.teller.decideOne(m, &e)
		if err != nil || len(p.tells) != 1 || len(p.tells["a.example"]) != 499 {
			b.Fatalf("%+v, %v", p, err)
		}
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*499/b.Elapsed().Seconds(), "decisions/s")
}
