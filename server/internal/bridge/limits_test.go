package bridge

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

func TestDispatch_tooFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}, Limits: wire.Limits{CommandsPerS: 10}})
		c := r.connect(t, "alice")
		var frames []string
		for ref := range 30 {
			frames = append(frames, fmt.Sprintf(`{"type":"send","ref":%d,"to":"bob","client_id":"c","content":{"text":"x"}}`, ref+1))
		}
		c.send(strings.Join(frames, "\n"))
		for ref := range uint64(19) { // the connect frame used one of the burst
			if ack := expect[wire.Ack](c); ack.Ref.Ref != ref+1 {
				t.Fatalf("got %+v", ack)
			}
		}
		e := expect[*wire.Error](c)
		c.checkError(e, wire.CodeTooFast, 20)
		for ref := uint64(21); ref <= 30; ref++ {
			c.expectError(wire.CodeTooFast, ref)
		}
		time.Sleep(time.Duration(e.RetryAfter) * time.Millisecond)
		c.send(frames[0])
		expect[wire.Ack](c)
	})
}

// TestCharge makes the log report that a user is too fast. Every command that does not go to
// the log itself must ask for this, and must then not be executed.
func TestCharge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fast := false
		r := newRig(t, Config{Log: &fakeLog{charge: func(user string) error {
			if fast && user == "alice" {
				return wire.Errorf(wire.CodeTooFast, "too many").After(time.Second)
			}
			return nil
		}}})
		alice, bob := r.connect(t, "alice"), r.connect(t, "bob")
		commands := []string{
			`{"type":"get_presence","ref":7,"users":["bob"]}`, `{"type":"set_typing","ref":7,"channel":"alice~bob"}`,
			`{"type":"list_sessions","ref":7}`, `{"type":"sign_out","ref":7,"session":"x"}`,
			`{"type":"set_presence","ref":7,"state":"away"}`, `{"type":"follow_presence","ref":7,"users":["bob"]}`,
			`{"type":"watch","ref":7,"channels":["alice~bob"]}`,
		}
		for _, fast = range []bool{false, true} {
			for _, cmd := range commands {
				for user, c := range map[string]*client{"alice": alice, "bob": bob} {
					c.send(cmd)
					e, refused := decode[wire.Frame](t, c.next()).(*wire.Error)
					if refused = refused && e.Code == wire.CodeTooFast; refused != (fast && user == "alice") {
						t.Errorf("%s by %s, too fast %v: refused %v", cmd, user, fast, refused)
					}
				}
			}
		}
		if got := r.post(t, wire.PathFrames, `{"type":"pong"}`, "Authorization", "Bearer alice"); got.StatusCode != http.StatusTooManyRequests {
			t.Errorf("a request: %s", got.Status)
		}
	})
}

func TestDispatch_inFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h held
		r := newRig(t, Config{Log: &fakeLog{submit: h.submit}, Limits: wire.Limits{InFlight: 3}})
		c := r.connect(t, "alice")
		send := func(ref int) {
			c.send(fmt.Sprintf(`{"type":"send","ref":%d,"to":"bob","client_id":"c","content":{"text":"x"}}`, ref))
		}
		for ref := range 4 {
			send(ref + 1)
		}
		e := expect[*wire.Error](c)
		if c.checkError(e, wire.CodeTooFast, 4); e.RetryAfter == 0 {
			t.Error("no retry_after")
		}
		h.release()
		for range 3 {
			expect[wire.Ack](c)
		}
		send(5)
		synctest.Wait()
		h.release()
		if ack := expect[wire.Ack](c); ack.Ref.Ref != 5 {
			t.Errorf("got %+v", ack)
		}
	})
}

// TestCall_atMostSoManyAtOnce gives a session more blocking commands than it may execute at
// once.
func TestCall_atMostSoManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		barrier := &barrier{release: make(chan struct{})}
		r := newRig(t, Config{Log: &fakeLog{history: barrier.history}})
		c := r.connect(t, "alice")
		for ref := range 3 * maxCallers {
			c.send(fmt.Sprintf(`{"type":"history","ref":%d,"channel":"alice~bob"}`, ref))
		}
		synctest.Wait()
		close(barrier.release)
		seen := map[uint64]bool{}
		for range 3 * maxCallers {
			seen[expect[wire.Page](c).Ref.Ref] = true
		}
		if len(seen) != 3*maxCallers || barrier.most != maxCallers {
			t.Errorf("%d answered, %d at once", len(seen), barrier.most)
		}
	})
}

// TestCall_timesOut lets the log never answer. The client must be told in time, and the session
// goes on.
func TestCall_timesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		barrier := &barrier{release: make(chan struct{})}
		r := newRig(t, Config{Log: &fakeLog{history: barrier.history}})
		c := r.connect(t, "alice")
		start := time.Now()
		c.send(`{"type":"history","ref":2,"channel":"alice~bob"}`)
		c.expectError(wire.CodeTimeout, 2)
		if took := time.Since(start); took != callTimeout {
			t.Errorf("took %v", took)
		}
		c.send(`{"type":"list_channels","ref":3}`)
		expect[wire.Channels](c)
	})
}

func TestHub_boundsConnections(t *testing.T) {
	r := newRig(t, Config{Log: &fakeLog{}, MaxSessions: 3})
	for range 3 {
		r.dial(t)
	}
	_, resp, err := r.tryDial(t)
	if err == nil || resp == nil || resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("the fourth got %v, %v", resp, err)
	}
}

// TestHub_forgets opens and closes many sessions at once, and checks that they leave nothing
// behind.
func TestHub_forgets(t *testing.T) {
	r := newRig(t, Config{Log: &fakeLog{}})
	var working sync.WaitGroup
	for i := range 8 {
		working.Go(func() {
			for range 20 {
				c := r.connect(t, fmt.Sprint("u", i%3))
				_ = c.ws.CloseNow()
			}
		})
	}
	working.Wait()
	eventually(t, func() bool { return r.Sessions() == 0 })
	if len(r.hub.users) != 0 || len(r.hub.all()) != 0 {
		t.Errorf("left: %v, %d sessions", r.hub.users, len(r.hub.all()))
	}
}
