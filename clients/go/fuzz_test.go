package natter

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"natterjack/server/wire"
)

// A client does not panic and stays within its bounds, whatever a server sends.
func FuzzReceive(f *testing.F) {
	welcome := string(line(nil, wire.Welcome{Version: 1, User: "alice", Epoch: "e", Positions: []uint64{5, 0}, Limits: wire.DefaultLimits()}))
	f.Add([]byte(welcome + string(line(nil, said(group, "bob", "x", 1, 6)))))
	f.Add([]byte(welcome + string(line(nil, said(group, "alice", "mine", 1, 6)))))
	f.Add([]byte(welcome + string(line(nil, ackOf(wire.Send{ClientID: "mine", To: "bob"}, 3)))))
	f.Add([]byte(welcome + `{"type":"event","kind":"message","shard":-1,"pos":9,"channel":"c"}` + "\n" + welcome))
	f.Add([]byte(welcome + `{"type":"page","ref":1,"events":[{"seq":1}],"more":true}` + "\n" + `{"type":"error","ref":1,"code":"timeout","retryable":true}`))
	f.Add([]byte(`{"type":"ping"}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		c, err := New(Options{URLs: []string{"http://one"}, Tokens: StaticToken("t"), MaxEvents: 4, ReplyTimeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var sending sync.WaitGroup
		defer sending.Wait()
		defer func() { _ = c.Close() }()
		r := newRequest(func(ref uint64) wire.Command { return wire.Send{Ref: wire.Ref{Ref: ref}, To: "bob", ClientID: "mine"} })
		r.clientID, r.channel = "mine", func(string) string { return "alice~bob" }
		if err := c.outbox.add(ctx, r); err != nil {
			t.Fatal(err)
		}
		s := &session{c: c, kick: make(chan struct{}, 1), began: time.Now(), spawn: func(func(context.Context) error) {}}
		cancel() // so that nothing waits for room
		for range 3 {
			if s.receive(ctx, message) == nil && s.welcome != nil {
				c.outbox.round(time.Now(), s.terms())
			}
		}
		if n := held(c); n > 4*2+1 {
			t.Errorf("%d are held", n)
		}
		for _, err := range c.Events(ctx) {
			if !errors.Is(err, ErrFatal) {
				t.Errorf("with its context ended: %v", err)
			}
		}
		_ = c.Position()
	})
}

// Any bytes in place of a stream end it, or are passed on.
func FuzzStream(f *testing.F) {
	f.Add([]byte("id: 1\ndata: {\"type\":\"ping\"}\n\n: comment\ndata:x\n"))
	f.Add([]byte("data:\r\n\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		tunnel := newTunnel(t.Context(), http.DefaultClient, "http://one", nil)
		tunnel.spawn(func(ctx context.Context) error { return tunnel.passStream(ctx, bytes.NewReader(body)) })
		defer tunnel.Close()
		for {
			message, err := tunnel.Read(t.Context())
			if err != nil {
				return
			}
			if bytes.ContainsRune(message, '\n') {
				t.Errorf("a message of several lines: %q", message)
			}
		}
	})
}

// Any refusal of a request becomes an error, and asks for a wait of at most one hour.
func FuzzRefusal(f *testing.F) {
	f.Add(503, "7", []byte(`{"type":"error","code":"unavailable","retry_after":-5}`))
	f.Add(200, "-1", []byte(`{"code":1}`))
	f.Add(429, "99999999999999999999", []byte{})
	f.Fuzz(func(t *testing.T, status int, after string, body []byte) {
		w := httptest.NewRecorder()
		w.Header().Set("Retry-After", after)
		w.WriteHeader(100 + int(uint(status)%500))
		_, _ = w.Write(body)
		resp := w.Result()
		defer resp.Body.Close()
		err := refusal(resp, nil)
		if err == nil || err.Error() == "" {
			t.Error("no error")
		}
		if wait := retryAfter(err); wait < 0 || wait > time.Hour {
			t.Errorf("a wait of %v", wait)
		}
	})
}
