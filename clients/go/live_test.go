package natter_test

import (
	"context"
	"slices"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/clients/internal/servertest"
)

// heard holds the live news that a client was told.
type heard struct {
	receipts chan natter.Receipts
	presence chan natter.UserPresence
	typing   chan string
}

func newHeard() *heard {
	return &heard{make(chan natter.Receipts, 100), make(chan natter.UserPresence, 100), make(chan string, 100)}
}

func (h *heard) live() natter.Live {
	return natter.Live{
		Receipts: func(r natter.Receipts) { h.receipts <- r },
		Presence: func(users []natter.UserPresence) {
			for _, u := range users {
				h.presence <- u
			}
		},
		Typing: func(_, user string) { h.typing <- user },
	}
}

// hear reads live news until the one that the test waits for.
func hear[T any](ctx context.Context, t *testing.T, what string, told <-chan T, is func(T) bool) {
	t.Helper()
	for {
		select {
		case v := <-told:
			if is(v) {
				return
			}
		case <-ctx.Done():
			t.Fatalf("gave up waiting for %s", what)
		}
	}
}

// TestLive shows that two users see each other come online, type and read. This still works
// after the server has died and come back.
func TestLive(t *testing.T) {
	for _, name := range []string{"websocket", "stream"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits most of the time
			testLive(t, transports[name])
		})
	}
}

func testLive(t *testing.T, transport natter.Transport) {
	t.Helper()
	s := servertest.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	told := newHeard()
	bob := connectLive(t, s, "bob", transport, told.live())
	if _, err := bob.SendTo(ctx, "alice", "are you there?"); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.FollowPresence(ctx, "alice"); err != nil {
		t.Fatal(err)
	}
	if err := bob.Watch(ctx, "alice~bob"); err != nil {
		t.Fatal(err)
	}
	alice := connect(t, s, "alice", transport)
	is := func(state natter.PresenceState) func(natter.UserPresence) bool {
		return func(u natter.UserPresence) bool { return u.User == "alice" && u.State == state }
	}
	hear(ctx, t, "alice to come", told.presence, is(natter.Online))
	if err := alice.SetPresence(ctx, natter.Away); err != nil {
		t.Fatal(err)
	}
	hear(ctx, t, "alice to be away", told.presence, is(natter.Away))
	if err := alice.Typing(ctx, "alice~bob"); err != nil {
		t.Fatal(err)
	}
	hear(ctx, t, "alice to write", told.typing, func(user string) bool { return user == "alice" })
	if err := alice.Read(ctx, "alice~bob", 1); err != nil {
		t.Fatal(err)
	}
	hear(ctx, t, "alice to read", told.receipts, func(r natter.Receipts) bool {
		return slices.Contains(r.Cursors, natter.Receipt{User: "alice", Read: 1, Delivered: 1})
	})

	s.Kill(t)
	s.Again(t)
	hear(ctx, t, "alice to be away still", told.presence, is(natter.Away))
	if err := alice.SetPresence(ctx, natter.Invisible); err != nil {
		t.Fatal(err)
	}
	hear(ctx, t, "alice to be gone from sight", told.presence, is(natter.Offline))
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	phone := connect(t, s, "carol", natter.WebSocket)
	laptop, err := natter.New(natter.Options{URLs: []string{s.URL}, Tokens: natter.SignIn{User: "carol", URLs: []string{s.URL}, Data: s.Data}, Agent: "laptop"})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- laptop.Run(ctx) }()
	if _, err := laptop.Session(ctx); err != nil {
		t.Fatal(err)
	}
	sessions, err := phone.Sessions(ctx)
	if err != nil || len(sessions) != 2 {
		t.Fatalf("sessions %+v, %v; want two", sessions, err)
	}
	for _, session := range sessions {
		if session.Agent == "laptop" {
			if err := phone.SignOut(ctx, session.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	begun := time.Now()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("who was signed out ended without a reason")
		}
	case <-ctx.Done():
		t.Fatalf("still signed in after %s", time.Since(begun))
	}
}
