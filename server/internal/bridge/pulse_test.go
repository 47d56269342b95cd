package bridge

import (
	"bufio"
	"bytes"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// mostAbsent is how long after a client was last heard presence does without it at the latest:
// 60 s, less the time that a user may take to come back, and a second to tell others.
const mostAbsent = 54 * time.Second

// attendance is a Presence that notes when the one user is there.
type attendance struct {
	nobody

	mu     sync.Mutex
	there  int
	states []wire.PresenceState // of those that came
	left   []departure
}

// departure is a session that has left, or that presence does without.
type departure struct{ at, heard time.Time }

func (a *attendance) Enter(_ string, state wire.PresenceState) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.there++
	a.states = append(a.states, state)
}

func (a *attendance) Leave(_ string, _ wire.PresenceState, heard time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.there--
	a.left = append(a.left, departure{time.Now(), heard})
}

// now returns how many sessions are there.
func (a *attendance) now() int {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.there
}

func (a *attendance) is(t *testing.T, there int, left int) {
	t.Helper()
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.there != there || len(a.left) != left {
		t.Fatalf("%d sessions are there, %d have left; want %d and %d", a.there, len(a.left), there, left)
	}
}

// TestPulse_frozen lets clients answer for a while and then do nothing any more. They stay
// connected, but presence does without them soon, and knows when they were last heard. When they
// are heard again, they are there again, in the state in which they were.
func TestPulse_frozen(t *testing.T) {
	type client struct {
		sign func()            // shows that the client is there
		told func(user string) // checks that it is told of typing
	}
	overWebSocket := func(t *testing.T, r *rig) client {
		t.Helper()
		c := r.connect(t, "alice/24h")
		c.send(`{"type":"set_presence","ref":1,"state":"away"}`)
		awaitFrame[wire.Done](c)
		return client{
			func() { c.send(pongFrame) },
			func(user string) {
				for awaitFrame[wire.Typing](c).User != user {
				}
			},
		}
	}
	overStream := func(t *testing.T, r *rig) client {
		t.Helper()
		frames := r.frames(t, "alice/24h")
		session := decode[wire.Welcome](t, <-frames).Session
		post := func(command string) {
			r.lines(t, wire.PathFrames, command, "Authorization", "Bearer alice/24h", wire.HeaderSession, session)
		}
		post(`{"type":"set_presence","ref":1,"state":"away"}`)
		return client{
			func() { post(pongFrame) },
			func(user string) {
				for {
					if f, ok := decode[wire.Frame](t, <-frames).(wire.Typing); ok && f.User == user {
						return
					}
				}
			},
		}
	}
	for name, open := range map[string]func(t *testing.T, r *rig) client{"websocket": overWebSocket, "stream": overStream} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var there attendance
				r := newRig(t, Config{Log: &fakeLog{}, Presence: &there})
				c := open(t, r)
				for range 10 {
					time.Sleep(r.pingInterval() - time.Second)
					c.sign()
				}
				there.is(t, 1, 0)
				heard := time.Now()
				for time.Since(heard) < mostAbsent && there.now() > 0 { // frames that it gets prove nothing
					r.Typed("alice~bob", "bob")
					time.Sleep(time.Second)
				}
				there.is(t, 0, 1)
				if d := there.left[0]; !d.heard.Equal(heard) {
					t.Errorf("last heard at %v, not at %v", d.heard, heard)
				}
				if n := r.Sessions(); n != 1 {
					t.Errorf("%d sessions", n)
				}
				r.Typed("alice~carol", "carol")
				c.told("carol")
				c.sign()
				there.is(t, 1, 1)
				if last := there.states[len(there.states)-1]; last != wire.PresenceAway {
					t.Errorf("it is back as %s", last)
				}
			})
		})
	}
}

// frames opens a stream, and reads it until the test ends. As with real sockets, it takes
// everything although nothing answers.
func (r *rig) frames(tb testing.TB, token string) <-chan []byte {
	tb.Helper()
	resp := r.post(tb, wire.PathStream, `{"type":"connect","v":1,"token":"`+token+`"}`)
	frames := make(chan []byte, 1<<10)
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(frames)
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			if data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); ok {
				frames <- bytes.Clone(data)
			}
		}
	})
	tb.Cleanup(func() {
		_ = resp.Body.Close()
		reading.Wait()
	})
	return frames
}

// TestPulse_readsNothing lets a client take nothing at all. It is gone soon, since it was last
// heard.
func TestPulse_readsNothing(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, r *rig){
		"websocket": func(t *testing.T, r *rig) {
			t.Helper()
			c := r.dial(t)
			c.send(`{"type":"connect","v":1,"token":"alice"}`)
			c.listenOnce()
		},
		"stream": func(t *testing.T, r *rig) { t.Helper(); r.window(t, "alice") },
		"poll": func(t *testing.T, r *rig) {
			t.Helper()
			r.post(t, wire.PathPoll, `{"type":"connect","v":1,"token":"alice"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var there attendance
				r := newRig(t, Config{Log: &fakeLog{}, Presence: &there})
				start := time.Now()
				open(t, r)
				for time.Since(start) < mostAbsent {
					r.Typed("alice~bob", "bob")
					time.Sleep(time.Second)
				}
				there.is(t, 0, 1)
				if d := there.left[0]; !d.heard.Equal(start) {
					t.Errorf("last heard at %v, not at %v", d.heard, start)
				}
			})
		})
	}
}

// TestPulse_hangsUp shows that the end of a connection is the last that is heard of a client.
func TestPulse_hangsUp(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, r *rig) (hangUp func()){
		"websocket": func(t *testing.T, r *rig) func() {
			t.Helper()
			c := r.connect(t, "alice")
			return func() { _ = c.ws.CloseNow() }
		},
		"stream": func(t *testing.T, r *rig) func() { t.Helper(); return r.window(t, "alice").close },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var there attendance
				r := newRig(t, Config{Log: &fakeLog{}, Presence: &there})
				hangUp := open(t, r)
				time.Sleep(10 * time.Second)
				hangUp()
				there.is(t, 0, 1)
				if d := there.left[0]; !d.heard.Equal(d.at) {
					t.Errorf("left at %v, last heard at %v", d.at, d.heard)
				}
			})
		})
	}
}

// TestPulse_sdk shows that a client of the Go SDK is there without a break, over each transport.
// Between two polls it is away for a moment.
func TestPulse_sdk(t *testing.T) {
	for name, over := range map[string]natter.Transport{"websocket": natter.WebSocket, "stream": natter.Stream, "poll": natter.Poll} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var there attendance
				r := newRig(t, Config{Log: &fakeLog{}, Presence: &there})
				c := r.device(t, "alice", over, natter.Live{})
				if _, err := c.Session(t.Context()); err != nil {
					t.Fatal(err)
				}
				for i := range 3600 {
					time.Sleep(time.Second)
					synctest.Wait()
					there.mu.Lock()
					n, left := there.there, len(there.left)
					there.mu.Unlock()
					if n != 1 || left > 0 && over != natter.Poll {
						t.Fatalf("%s after %d s: %d are there, %d have left", name, i, n, left)
					}
				}
			})
		})
	}
}

// TestPresence_shortVisits lets a user poll without waiting, and reconnect all the time. Others
// see that the user is online.
func TestPresence_shortVisits(t *testing.T) {
	for name, visit := range map[string]func(t *testing.T, r *rig){
		"poll": func(t *testing.T, r *rig) {
			t.Helper()
			r.lines(t, wire.PathPoll, `{"type":"connect","v":1,"token":"bob"}`, "Prefer", "wait=0")
		},
		"websocket": func(t *testing.T, r *rig) { t.Helper(); _ = r.connect(t, "bob").ws.CloseNow() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newPeopleRig(t)
			alice := r.connect(t, "alice")
			alice.send(`{"type":"send","to":"bob","client_id":"hi","content":{"text":"hi"}}`)
			eventuallyEvent(alice, "hi")
			alice.send(`{"type":"follow_presence","ref":2,"users":["bob"]}`)
			awaitFrame[wire.Presence](alice)
			seen := make(chan struct{})
			var telling sync.WaitGroup
			telling.Go(func() {
				defer close(seen)
				mustTell(alice, "bob", wire.PresenceOnline)
			})
			defer telling.Wait()
			flap := time.NewTicker(50 * time.Millisecond) // faster visits would be refused
			defer flap.Stop()
			for n := 0; ; n++ {
				select {
				case <-seen:
					return
				case <-flap.C:
					visit(t, r)
				}
				if t.Failed() {
					t.Fatal(fmt.Sprint("not seen after ", n, " visits"))
				}
			}
		})
	}
}
