package natter_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	natter "natterjack/clients/go"
	"natterjack/clients/internal/servertest"
	"natterjack/internal/nodetest"
)

// TestRealServerTooFast has two users send more to a group than it takes, and one of them more
// than one user may. Every message is stored, late, and each user's messages keep their order.
func TestRealServerTooFast(t *testing.T) {
	t.Parallel()
	binary, err := servertest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	nodes := nodetest.New(t, binary, nodetest.Options{
		Size: 1, Plan: rand.New(rand.NewPCG(1, rand.Uint64())), Limits: "channel_events_per_s: 30, user_commands_per_s: 50",
	})
	nodetest.StartAll(nodes)
	s := &servertest.Server{URL: nodes[0].URL, Data: nodes[0].SignIn()}
	alice, bob := connect(t, s, "alice", natter.WebSocket), connect(t, s, "bob", natter.WebSocket)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	group, err := alice.CreateGroup(ctx, "all", []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	const each, others = 40, 100
	var talking sync.WaitGroup
	for name, c := range map[string]*natter.Client{"alice": alice, "bob": bob} {
		talking.Go(func() {
			var last uint64
			for i := range each {
				ack, err := c.Send(ctx, group.ID, fmt.Sprint(i))
				if err != nil || ack.Seq <= last {
					t.Errorf("%s, message %d: seq %d after %d, %v", name, i, ack.Seq, last, err)
					return
				}
				last = ack.Seq
			}
		})
	}
	for i := range others {
		talking.Go(func() {
			if _, err := alice.SendTo(ctx, fmt.Sprint("user", i), "hi"); err != nil {
				t.Errorf("to user%d: %v", i, err)
			}
		})
	}
	talking.Wait()
	page, err := bob.History(ctx, group.ID, natter.Around{Limit: 100})
	if err != nil || len(page.Events) != 2*each || page.Events[2*each-1].Seq != 2*each {
		t.Errorf("%d messages are stored, %v", len(page.Events), err)
	}
}

// TestRealServerRefusesInOrder has a client send many messages to a channel at once, on each
// transport. The server refuses most of them at first. All are stored, in the order in which
// they were sent.
func TestRealServerRefusesInOrder(t *testing.T) {
	t.Parallel()
	binary, err := servertest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	nodes := nodetest.New(t, binary, nodetest.Options{
		Size: 1, Plan: rand.New(rand.NewPCG(1, rand.Uint64())), Limits: "channel_events_per_s: 10, in_flight: 4",
	})
	nodetest.StartAll(nodes)
	s := &servertest.Server{URL: nodes[0].URL, Data: nodes[0].SignIn()}
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, s, name, transport)
			ctx, cancel := context.WithTimeout(t.Context(), long)
			defer cancel()
			const n = 30
			var sending sync.WaitGroup
			var done atomic.Int64
			for i := range n {
				sending.Go(func() {
					defer done.Add(1)
					if ack, err := c.SendTo(ctx, "bob", fmt.Sprint(i)); err != nil || ack.Seq != uint64(i+1) {
						t.Errorf("message %d: %+v, %v", i, ack, err)
					}
				})
				for ctx.Err() == nil && int(done.Load())+c.UnderWay() <= i { // so that the next is sent after it
					runtime.Gosched()
				}
			}
			sending.Wait()
		})
	}
}
