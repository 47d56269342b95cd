package natter

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"natterjack/server/wire"
)

// BenchmarkReceive measures an event of 200 bytes of text on its way from a message to the
// application.
func BenchmarkReceive(b *testing.B) {
	c, err := New(Options{URLs: []string{"http://one"}, Tokens: StaticToken("t")})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	s := &session{c: c, kick: make(chan struct{}, 1), began: time.Now()}
	welcome := line(nil, wire.Welcome{Version: 1, User: "alice", Epoch: "e", Positions: []uint64{0}})
	if err := s.receive(ctx, welcome); err != nil {
		b.Fatal(err)
	}
	ev := said("alice~bob", "bob", "c", 0, 0)
	ev.Content.Text = strings.Repeat("natter ", 28)
	b.ReportAllocs()
	for b.Loop() {
		ev.Seq, ev.Pos = ev.Seq+1, ev.Pos+1
		b.StopTimer()
		message := line(nil, ev)
		b.StartTimer()
		if err := s.receive(ctx, message); err != nil {
			b.Fatal(err)
		}
		if _, ok, _ := c.inbox.tryTake(); !ok {
			b.Fatal("no event")
		}
	}
}

// BenchmarkRound measures one round over an outbox in which every channel has a send to write
// and waits for its ack.
func BenchmarkRound(b *testing.B) {
	o := Options{URLs: []string{"http://one"}, Tokens: StaticToken("t")}.withDefaults()
	out := newOutbox(&o)
	for i := range o.MaxSends {
		r := newRequest(func(ref uint64) wire.Command {
			return wire.Send{Ref: wire.Ref{Ref: ref}, To: fmt.Sprint("bob", i), ClientID: "c", Content: wire.Content{Text: "hi"}}
		})
		r.clientID, r.channel = fmt.Sprint(i), func(user string) string { return fmt.Sprint(user, "~bob", i) }
		if err := out.add(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
	t := terms{user: "alice", limits: wire.DefaultLimits(), seq: func(string) uint64 { return 0 }}
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		_ = out.round(now, t)
	}
}
