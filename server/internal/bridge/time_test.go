package bridge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// Tests of timeouts, each in a synctest bubble, over pipes. They use a fake log, which costs less
// than a real one: see [embedtest.EmptyPools].

func TestPing_answeredStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		c := r.connect(t, "alice/24h")
		for range 3 * 60 * 60 / r.limits.PingIntervalS {
			select {
			case frame := <-c.inbox:
				if string(frame) != string(pingFrame) {
					t.Fatalf("got %s", frame)
				}
			case <-time.After(2 * r.pingInterval()):
				t.Fatal("no ping")
			}
			c.send(`{"type":"pong"}`)
		}
		c.send(`{"type":"list_channels","ref":7}`)
		expect[wire.Channels](c)
	})
}

func TestPing_silentIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		c := r.connect(t, "alice")
		start := time.Now()
		<-c.closed
		c.expectClose(wire.CloseSilent)
		if silent, i := time.Since(start), r.pingInterval(); silent < 2*i || silent > 3*i {
			t.Errorf("closed after %v, want two to three intervals of %v", silent, i)
		}
	})
}

func TestPing_anyFrameCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		c := r.connect(t, "alice")
		for i := range 40 {
			time.Sleep(r.pingInterval() / 2)
			c.send(fmt.Sprintf(`{"type":"history","ref":%d,"channel":"alice~bob"}`, i))
			if p := expect[wire.Page](c); p.Ref.Ref != uint64(i) {
				t.Fatalf("page %d, want %d", p.Ref.Ref, i)
			}
		}
	})
}

// TestPong_offTheWire sends pongs in every way in which the bytes can arrive, frames that only
// look like a pong, and commands right behind pongs. Only the pongs may be taken.
func TestPong_offTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		c := r.connect(t, "alice/24h")
		pong, ask := masked(pongFrame), masked(`{"type":"list_channels","ref":2}`)
		for cut := range pong {
			for _, part := range [][]byte{pong[:cut], pong[cut:], append(bytes.Clone(pong), ask...)} {
				if _, err := c.conn.Write(part); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			expect[wire.Channels](c)
			time.Sleep(r.pingInterval())
		}
		for _, other := range []string{`{"type":"pinf"}`, `{"type":"pong"]`} {
			if _, err := c.conn.Write(masked(other)); err != nil {
				t.Fatal(err)
			}
			if e := expect[*wire.Error](c); e.Code != wire.CodeUnknownType && e.Code != wire.CodeMalformed {
				t.Errorf("%s: %+v", other, e)
			}
		}
		c.send(strings.Repeat(pongFrame+"\n", 3*r.limits.CommandsPerS))
		c.expectError(wire.CodeTooFast, 0)
		c.drop()
		for range 3 { // the bucket is empty
			if _, err := c.conn.Write(pong); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestConnect_inTimeOrClosed(t *testing.T) {
	for name, frames := range map[string]string{
		"nothing":       "",
		"a blank frame": "\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Config{Log: &fakeLog{}})
				c := r.dial(t).listen()
				start := time.Now()
				if frames != "" {
					c.send(frames)
				}
				c.expectClose(wire.CloseConnectTimeout)
				if took := time.Since(start); took != wire.ConnectTimeout {
					t.Errorf("closed after %v", took)
				}
			})
		})
	}
}

// TestConnect_halfAFrame lets a client stall within its first frame. The session must end, and
// closing it must not hang.
func TestConnect_halfAFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		c := r.dial(t).listen()
		if _, err := c.conn.Write([]byte{0x81, 0x80 | 20, 1, 2, 3, 4, 'x'}); err != nil {
			t.Fatal(err)
		}
		c.expectClose(wire.CloseConnectTimeout)
		time.Sleep(2 * closeTimeout)
		if n := r.Sessions(); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}

// TestClose_waitsForTheAnswer shows how long a close waits: for a client that answers the close
// frame late, and for one that never does, also in the middle of a frame.
func TestClose_waitsForTheAnswer(t *testing.T) {
	for name, rest := range map[string]string{"between frames": "", "within a frame": "\x81\x94\x01\x02\x03\x04x"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Config{Log: &fakeLog{}})
				c := r.dial(t)
				c.send(`{"type":"connect","v":1,"token":"alice"}`)
				c.listenOnce()
				if _, err := c.conn.Write([]byte(rest)); err != nil {
					t.Fatal(err)
				}
				drained := make(chan error, 1)
				go func() { drained <- r.Drain(t.Context()) }()
				opcode, payload := readFrame(t, c.conn)
				for string(payload) == string(pingFrame) {
					opcode, payload = readFrame(t, c.conn)
				}
				if opcode != opClose || string(payload) != "\x0f\xa0draining" {
					t.Fatalf("opcode %x, payload %q", opcode, payload)
				}
				time.Sleep(closeTimeout - time.Second)
				if n := r.Sessions(); n != 1 {
					t.Errorf("%d sessions while the answer is due", n)
				}
				time.Sleep(2 * time.Second)
				if n := r.Sessions(); n != 0 {
					t.Errorf("%d sessions after that", n)
				}
				if err := <-drained; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestExpiry_closesAfterGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		start := time.Now()
		c := r.connect(t, "alice/5m")
		c.pongUntilClosed()
		c.expectClose(wire.CloseExpired)
		least := 5*time.Minute + expiryGrace
		if open := time.Since(start); open < least || open > least+r.pingInterval()+time.Second {
			t.Errorf("closed after %v", open)
		}
	})
}

func TestRefresh_keepsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		start := time.Now()
		c := r.connect(t, "alice/5m")
		c.send(`{"type":"refresh","ref":2,"token":"bob/1h"}`)
		c.expectError(wire.CodeUnauthorized, 2)
		c.send(`{"type":"refresh","ref":3,"token":"stale"}`)
		c.expectError(wire.CodeExpired, 3)
		c.send(`{"type":"refresh","ref":4,"token":"alice/1h"}`)
		if got := expect[wire.Refreshed](c); got.Ref.Ref != 4 || got.Expires != start.Add(time.Hour).UnixMilli() {
			t.Errorf("got %+v", got)
		}
		c.pongUntilClosed()
		c.expectClose(wire.CloseExpired)
		if open := time.Since(start); open < time.Hour+expiryGrace {
			t.Errorf("closed after %v", open)
		}
	})
}

// pongUntilClosed answers pings.
func (c *client) pongUntilClosed() {
	for {
		select {
		case <-c.inbox:
			c.send(`{"type":"pong"}`)
		case <-c.closed:
			return
		}
	}
}

// TestSlow_isClosed lets a client take nothing in the middle of a frame. As soon as it reads
// again it gets the rest of the frame and then the reason.
func TestSlow_isClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{history: manyEvents}})
		c := r.dial(t)
		c.send(`{"type":"connect","v":1,"token":"bob"}`)
		c.listenOnce() // the welcome
		c.send(`{"type":"history","ref":2,"channel":"alice~bob"}`)
		begun := make([]byte, 1000)
		if _, err := io.ReadFull(c.conn, begun); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2*writeTimeout + time.Second) // the first timeout is one with progress
		raw := io.MultiReader(bytes.NewReader(begun), c.conn)
		if opcode, payload := readFrame(t, raw); opcode != opText || len(decode[wire.Page](t, payload).Events) != 100 {
			t.Errorf("opcode %d, %d bytes: %.100s", opcode, len(payload), payload)
		}
		if opcode, payload := readFrame(t, raw); opcode != opClose || string(payload) != "\x0f\xa1slow" {
			t.Errorf("opcode %d, payload %q", opcode, payload)
		}
	})
}

// manyEvents returns a page that is larger than a socket takes at once.
func manyEvents(context.Context, string, *wire.History) ([][]byte, bool, error) {
	event := wire.AppendEvent(nil, 0, 1, "alice~bob", []byte(`{"kind":"message","version":1,"id":"1","content":{"text":"`+strings.Repeat("x", 1000)+`"}}`))
	return slices.Repeat([][]byte{event}, 100), false, nil
}

// TestSlow_forEver lets a client never read again. The session must end anyway.
func TestSlow_forEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		c := r.dial(t)
		c.send(`{"type":"connect","v":1,"token":"bob"}`)
		time.Sleep(writeTimeout + closeTimeout + time.Second)
		if n := r.Sessions(); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}

// TestSlow_replies lets a client send and never read. The session must stop reading; its queue
// must not grow without bound.
func TestSlow_replies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}, Limits: wire.Limits{CommandsPerS: 1 << 20}})
		c := r.dial(t)
		c.send(`{"type":"connect","v":1,"token":"bob"}`)
		flood := []byte(strings.Repeat("{}\n", 1000))
		var sent int
		for ; c.tryWrite(flood, time.Second) == nil; sent++ {
		}
		synctest.Wait()
		for _, s := range r.hub.all() {
			s.mu.Lock()
			if s.queued > maxQueued+replySize {
				t.Errorf("%d bytes are queued", s.queued)
			}
			s.mu.Unlock()
		}
		if sent > 10 {
			t.Errorf("%d messages were read", sent)
		}
	})
}

func TestDrain_spreadsFarewells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}, DrainSpread: 10 * time.Second})
		clients := make([]*client, 50)
		for i := range clients {
			clients[i] = r.connect(t, fmt.Sprint("u", i))
		}
		start := time.Now()
		if err := r.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 9*time.Second || took > 11*time.Second {
			t.Errorf("took %v", took)
		}
		for _, c := range clients {
			c.expectClose(wire.CloseDraining)
		}
		if _, resp, err := r.tryDial(t); err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("a draining node answers %v, %v", resp, err)
		}
	})
}

// TestDrain_repliesComeFirst drains while a send is under way. Its ack must arrive before the
// close.
func TestDrain_repliesComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h held
		r := newRig(t, Config{Log: &fakeLog{submit: h.submit}, DrainSpread: time.Millisecond})
		c := r.connect(t, "alice")
		c.send(`{"type":"send","ref":2,"to":"bob","client_id":"c","content":{"text":"hi"}}`)
		synctest.Wait()
		drained := make(chan error, 1)
		go func() { drained <- r.Drain(t.Context()) }()
		time.Sleep(settleTimeout / 2)
		h.release()
		if err := <-drained; err != nil {
			t.Fatal(err)
		}
		if ack := expect[wire.Ack](c); ack.Ref.Ref != 2 {
			t.Errorf("got %+v", ack)
		}
		c.expectClose(wire.CloseDraining)
	})
}
