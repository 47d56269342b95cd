package natter_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/clients/internal/servertest"
	"natterjack/server/wire"
)

// long is longer than any step of these tests takes.
const long = 2 * time.Minute

var transports = map[string]natter.Transport{
	"websocket": natter.WebSocket, "stream": natter.Stream, "poll": natter.Poll,
}

// connect runs a client of a real server until the test ends.
func connect(t *testing.T, s *servertest.Server, user string, tr natter.Transport) *natter.Client {
	t.Helper()
	return connectLive(t, s, user, tr, natter.Live{})
}

func connectLive(t *testing.T, s *servertest.Server, user string, tr natter.Transport, live natter.Live) *natter.Client {
	t.Helper()
	c, err := natter.New(natter.Options{
		URLs: []string{s.URL}, Tokens: natter.SignIn{User: user, URLs: []string{s.URL}, Data: s.Data}, Transport: tr,
		BackoffMax: time.Second, Live: live,
	})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(context.Background()); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	if _, err := c.Session(ctx); err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	return c
}

func TestRealServer(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), long)
			defer cancel()
			alice, bob := connect(t, s, "alice-"+name, transport), connect(t, s, "bob-"+name, transport)
			g, err := alice.CreateGroup(ctx, "reptiles", []string{"bob-" + name})
			if err != nil {
				t.Fatal(err)
			}
			const n = 30
			for i := range n {
				ack, err := alice.Send(ctx, g.ID, fmt.Sprint(i))
				if err != nil || ack.Seq != uint64(i+1) {
					t.Fatalf("send %d: %+v, %v", i, ack, err)
				}
			}
			for _, c := range []*natter.Client{alice, bob} {
				texts(t, ctx, c, g.ID, n)
			}
			page, err := bob.History(ctx, g.ID, natter.Around{Before: 11, Limit: 10, Changes: true})
			if err != nil || len(page.Events) != 10 || page.More || page.Events[9].Content.Text != "9" {
				t.Errorf("history: %+v, %v", page, err)
			}
			if c := page.Changes; len(c) != 1 || c[0].Meta == nil || c[0].Meta.Action != wire.ActionCreated {
				t.Errorf("changes: %+v", c)
			}
			if list, err := bob.Channels(ctx, 0); err != nil || len(list.Channels) != 1 || list.Channels[0].Seq != n {
				t.Errorf("channels: %+v, %v", list, err)
			}
			outsider := connect(t, s, "carol-"+name, transport)
			if _, err := outsider.Send(ctx, g.ID, "let me in"); !errors.Is(err, &natter.Error{Code: wire.CodeForbidden}) {
				t.Errorf("an outsider's send: %v", err)
			}
		})
	}
}

// texts reads the events of a channel: the messages 0 to n-1, once and in order.
func texts(t *testing.T, ctx context.Context, c *natter.Client, channel string, n int) {
	t.Helper()
	next := 0
	for ev, err := range c.Events(ctx) {
		switch {
		case errors.Is(err, natter.ErrFatal) || errors.Is(err, natter.ErrReset):
			t.Fatal(err)
		case err != nil || ev.Channel != channel || ev.Kind != wire.KindMessage:
			continue
		case ev.Content.Text != fmt.Sprint(next) || ev.Seq != uint64(next+1):
			t.Fatalf("event %d is %+v", next, ev)
		}
		if next++; next == n {
			return
		}
	}
}

// A server that is killed again and again loses no message, stores none twice, and fails no
// send.
func TestRealServerKilled(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), long)
			defer cancel()
			s := servertest.Start(t)
			alice, bob := connect(t, s, "alice", transport), connect(t, s, "bob", transport)
			channel, err := alice.Direct(ctx, "bob")
			if err != nil {
				t.Fatal(err)
			}
			const n, kills = 400, 3
			acked := make(chan int, n)
			var wg sync.WaitGroup
			wg.Go(func() {
				defer close(acked)
				for i := range n {
					ack, err := alice.SendTo(ctx, "bob", fmt.Sprint(i))
					if err != nil || ack.Seq != uint64(i+1) {
						t.Errorf("send %d: %+v, %v", i, ack, err)
						return
					}
					acked <- i
				}
			})
			wg.Go(func() { texts(t, ctx, bob, channel, n) })
			for range kills {
				for range n / (kills + 1) {
					<-acked
				}
				s.Kill(t)
				s.Again(t)
			}
			wg.Wait()
			texts(t, ctx, alice, channel, n)
		})
	}
}
