package bridge

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// TestDispatch_firstFrame sends what is no connect frame on a new connection. It is answered
// once, and the connection is closed.
func TestDispatch_firstFrame(t *testing.T) {
	for name, tc := range map[string]struct {
		frame string
		code  wire.Code
	}{
		"a command":     {`{"type":"list_channels","ref":1}`, wire.CodeNotConnected},
		"a pong":        {`{"type":"pong","ref":1}`, wire.CodeNotConnected},
		"rubbish":       {`{"ref":1}`, wire.CodeMalformed},
		"much rubbish":  {strings.Repeat("{\"ref\":1}\n", 5000), wire.CodeMalformed},
		"unknown":       {`{"type":"x","ref":1}`, wire.CodeUnknownType},
		"half of one":   {`{"type":"connect","ref":1,`, wire.CodeMalformed},
		"what is wrong": {`{"type":"connect","ref":1,"v":1,"more":1}`, wire.CodeMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Config{Log: &fakeLog{}})
				c := r.dial(t).listen()
				began := time.Now()
				c.send(tc.frame)
				c.expectError(tc.code, 1)
				c.expectClose(wire.CloseNotConnected)
				if took := time.Since(began); took > time.Second {
					t.Errorf("closed after %v", took)
				}
			})
		})
	}
}

// TestOffence_rubbish sends rubbish as fast as it is read. It is read ever more slowly, the
// session is closed after some seconds, and its user is refused for a while, which doubles.
func TestOffence_rubbish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		bar := firstBar
		for range 3 {
			c := r.connect(t, "mallory")
			began, answers := time.Now(), 0
			go func() {
				for c.ws.Write(t.Context(), websocket.MessageText, []byte(strings.Repeat("{}\n", 1000))) == nil {
				}
			}()
			for {
				select {
				case <-c.closed:
				case <-c.inbox:
					answers++
					continue
				}
				break
			}
			if took := time.Since(began); took < tooFastFor-time.Second/10 || took > 3*tooFastFor {
				t.Errorf("closed after %v", took)
			}
			if most := int(time.Since(began).Seconds()+4) * r.limits.UserCommandsPerS / rubbishCost; answers > most {
				t.Errorf("%d frames are answered, more than %d", answers, most)
			}
			got := r.post(t, wire.PathFrames, `{"type":"list_channels"}`, "Authorization", "Bearer mallory")
			if got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
				t.Errorf("a request afterwards: %s", got.Status)
			}
			if got := r.post(t, wire.PathFrames, `{"type":"list_channels"}`, "Authorization", "Bearer alice"); got.StatusCode != http.StatusOK {
				t.Errorf("a request of another user: %s", got.Status)
			}
			time.Sleep(bar - time.Second)
			d := r.dial(t).listen()
			d.send(`{"type":"connect","ref":9,"v":1,"token":"mallory"}`)
			d.expectError(wire.CodeTooFast, 9)
			<-d.closed
			time.Sleep(2 * time.Second)
			bar *= 2
		}
	})
}

// TestOffence_heeds has a client send more than it may, for long, but wait as it is told. It is
// not closed.
func TestOffence_heeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		c := r.connect(t, "alice")
		began, next := time.Now(), 1
		for time.Since(began) < 30*time.Second {
			const window = 64
			for i := range window {
				c.send(fmt.Sprintf(`{"type":"send","ref":%d,"to":"bob","client_id":"c%d","content":{"text":"x"}}`, next+i, next+i))
			}
			var wait time.Duration
			for range window {
				if e, ok := decode[wire.Frame](t, c.next()).(*wire.Error); ok {
					wait = max(wait, time.Duration(e.RetryAfter)*time.Millisecond)
				} else {
					next++
				}
			}
			time.Sleep(wait)
		}
		if next < 30*r.limits.CommandsPerS/4 {
			t.Errorf("%d commands in %v", next, time.Since(began))
		}
	})
}

// TestFrames_rubbish posts many lines of rubbish.
func TestFrames_rubbish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		post := func(lines int) *http.Response {
			return r.post(t, wire.PathFrames, strings.Repeat("{}\n", lines), "Authorization", "Bearer mallory")
		}
		if got := post(21_504); got.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("21,504 lines: %s", got.Status)
		}
		began, answers := time.Now(), 0
		for range 1000 {
			got := post(400)
			if got.StatusCode == http.StatusTooManyRequests {
				break
			}
			answers += countLines(t, got)
		}
		took := time.Since(began)
		if most := int(took.Seconds()+4) * r.limits.UserCommandsPerS / rubbishCost; answers > most || took > 4*tooFastFor {
			t.Errorf("%d lines of rubbish are answered in %v, want at most %d", answers, took, most)
		}
	})
}

func countLines(t *testing.T, r *http.Response) int {
	t.Helper()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(all, []byte{'\n'})
}

// TestDoor_wrongTokens tries wrong tokens from one address. Soon they are not looked at any
// more. A user whose token was right before comes in from there all the same.
func TestDoor_wrongTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		ask := func(token string) int {
			return r.post(t, wire.PathFrames, `{"type":"list_channels"}`, "Authorization", "Bearer "+token).StatusCode
		}
		if got := ask("alice"); got != http.StatusOK {
			t.Fatalf("alice: %d", got)
		}
		seen := map[int]int{}
		for range 1000 {
			seen[ask("forged")]++
		}
		if seen[http.StatusUnauthorized] > 2*failuresPerS+1 || seen[http.StatusTooManyRequests] == 0 {
			t.Errorf("answers to 1,000 wrong tokens: %v", seen)
		}
		if got := ask("alice"); got != http.StatusOK {
			t.Errorf("alice: %d", got)
		}
		if got := ask("bob"); got != http.StatusTooManyRequests {
			t.Errorf("bob, who is new there: %d", got)
		}
		time.Sleep(time.Second)
		if got := ask("bob"); got != http.StatusOK {
			t.Errorf("bob a second later: %d", got)
		}
	})
}

// TestDoor_connects opens sessions of one user without end. All sessions of a user may come back
// at once.
func TestDoor_connects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		in := 0
		for range 3 * defaultMaxUserSessions {
			c := r.dial(t).listen()
			c.send(`{"type":"connect","ref":9,"v":1,"token":"alice"}`)
			if _, ok := decode[wire.Frame](t, c.next()).(wire.Welcome); ok {
				in++
			}
			_ = c.ws.CloseNow()
		}
		if in < defaultMaxUserSessions || in > defaultMaxUserSessions+5 {
			t.Errorf("%d of %d came in at once", in, 3*defaultMaxUserSessions)
		}
		time.Sleep(time.Second)
		r.connect(t, "alice")
	})
}
