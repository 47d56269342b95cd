package natter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// record lists the requests that a server saw, in order.
type record struct {
	mu   sync.Mutex
	list []string
}

func (r *record) add(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, s)
}

func (r *record) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// obstacles block paths between client and server. A path without one is open.
type obstacles map[string]http.HandlerFunc

func (o obstacles) before(h http.Handler, seen *record) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		seen.add(req.URL.Path)
		if obstacle := o[req.URL.Path]; obstacle != nil {
			obstacle(w, req)
			return
		}
		h.ServeHTTP(w, req)
	})
}

func page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<h1>Blocked by your friendly proxy</h1>")
	}
}

// hang answers nothing, like a proxy that waits for the end of a stream.
func hang(_ http.ResponseWriter, req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body) // otherwise the server would not notice that the client has gone
	<-req.Context().Done()
}

// Auto uses the best transport that gets through.
func TestAuto(t *testing.T) {
	for name, tc := range map[string]struct {
		obstacles obstacles
		want      []string
	}{
		"nothing in the way":    {nil, []string{wire.PathWebSocket}},
		"WebSocket refused":     {obstacles{wire.PathWebSocket: page(403)}, []string{wire.PathWebSocket, wire.PathStream}},
		"WebSocket swallowed":   {obstacles{wire.PathWebSocket: page(200)}, []string{wire.PathWebSocket, wire.PathStream}},
		"streams refused":       {obstacles{wire.PathWebSocket: page(400), wire.PathStream: page(404)}, []string{wire.PathWebSocket, wire.PathStream, wire.PathPoll}},
		"streams are other":     {obstacles{wire.PathWebSocket: page(400), wire.PathStream: page(200)}, []string{wire.PathWebSocket, wire.PathStream, wire.PathPoll}},
		"streams are held back": {obstacles{wire.PathWebSocket: page(400), wire.PathStream: hang}, []string{wire.PathWebSocket, wire.PathStream, wire.PathPoll}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen record
				m := newFaulty(1, 2, nil)
				r := serve(t, func(r *rig) http.Handler { return tc.obstacles.before(m.handler(r), &seen) })
				c := r.start(t, nil)
				if _, err := c.SendTo(t.Context(), "bob", "hi"); err != nil {
					t.Fatal(err)
				}
				if ev := nextEvent(t, c); ev.Seq != 1 {
					t.Errorf("%+v", ev)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if seen := seen.all(); !slices.Equal(seen[:len(tc.want)], tc.want) {
					t.Errorf("tried %v", seen)
				}
			})
		})
	}
}

// WebSocket is tried again after a while. A failing server is not taken for a blocked
// transport.
func TestAutoComesBackToWebSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen record
		m := newFaulty(1, 2, nil)
		var blocked atomic.Bool
		blocked.Store(true)
		r := serve(t, func(r *rig) http.Handler {
			h := m.handler(r)
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path != wire.PathFrames { // which answers the pings of a stream
					seen.add(req.URL.Path)
				}
				switch {
				case req.URL.Path == wire.PathWebSocket && blocked.Load():
					page(403)(w, req)
				case req.URL.Path == wire.PathStream:
					ctx, cancel := context.WithTimeout(req.Context(), 4*time.Minute) // then the stream breaks
					defer cancel()
					h.ServeHTTP(w, req.WithContext(ctx))
				default:
					h.ServeHTTP(w, req)
				}
			})
		})
		c := r.start(t, nil)
		time.Sleep(9 * time.Minute)
		blocked.Store(false)
		time.Sleep(10 * time.Minute)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		want := []string{wire.PathWebSocket, wire.PathStream, wire.PathStream, wire.PathStream, wire.PathWebSocket}
		if seen := seen.all(); !slices.Equal(seen, want) {
			t.Errorf("tried %v", seen)
		}
	})
}

// If a whole batch is refused, each of its commands is refused and repeated.
func TestBatchRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFaulty(1, 2, nil)
		var refusals atomic.Int32
		r := serve(t, func(r *rig) http.Handler {
			return obstacles{wire.PathFrames: func(w http.ResponseWriter, req *http.Request) {
				if refusals.Add(1) > 2 {
					m.serveFrames(w, req)
					return
				}
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = w.Write(line(nil, wire.Errorf(wire.CodeTooFast, "slow down").After(time.Second)))
			}}.before(m.handler(r), new(record))
		})
		c := r.start(t, func(o *Options) { o.Transport = Stream })
		if _, err := c.SendTo(t.Context(), "bob", "hi"); err != nil {
			t.Error(err)
		}
		if ev, err := next(t, c); err != nil || ev.Seq != 1 {
			t.Errorf("the stream was lost over it: %+v, %v", ev, err)
		}
	})
}

// A node that stops refuses commands before it ends the stream. The commands go to another node
// at once.
func TestStoppingNodeIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFaulty(1, 2, nil)
		r := serve(t, func(r *rig) http.Handler {
			nodes := m.handler(r)
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.Host == "one" && req.URL.Path == wire.PathFrames {
					w.WriteHeader(http.StatusServiceUnavailable)
					_, _ = w.Write(line(nil, wire.Errorf(wire.CodeUnavailable, "stopping").After(time.Minute)))
					return
				}
				nodes.ServeHTTP(w, req)
			})
		})
		c := r.start(t, func(o *Options) {
			o.Transport, o.URLs, o.InOrder = Stream, []string{"http://one", "http://two"}, true
		})
		began := time.Now()
		if _, err := c.SendTo(t.Context(), "bob", "hi"); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("sent after %v", took)
		}
	})
}

// Over HTTP a session ends with its token. The next session begins with a new token before
// that.
func TestStreamIsRenewedBeforeItsTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tokens record
		began := time.Now()
		m := newFaulty(1, 1, nil)
		r := serve(t, func(*rig) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				tokens.add(fmt.Sprintf("%v %s", time.Since(began), req.Header.Get("Authorization")))
				f, _, _ := m.connect(wire.Connect{Resume: &wire.Resume{Epoch: "e", Positions: []uint64{0}}}, false)
				f.welcome.Expires, f.welcome.Limits.PingIntervalS = f.welcome.Time+100_000, 60
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = io.WriteString(w, "data:"+string(line(nil, f.welcome))+"\n")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-time.After(100 * time.Second):
					_, _ = io.WriteString(w, "data:"+string(line(nil, wire.Errorf(wire.CodeExpired, "over")))+"\n")
				case <-req.Context().Done():
				}
			})
		})
		n := 0
		c := r.start(t, func(o *Options) {
			o.Transport = Stream
			o.Tokens = TokenFunc(func(context.Context) (string, error) {
				n++
				return fmt.Sprint("t", n), nil
			})
		})
		time.Sleep(90 * time.Second)
		if n := held(c); n > 0 {
			t.Errorf("told of it %d times", n)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if want := []string{"0s Bearer t1", "1m20s Bearer t3"}; !slices.Equal(tokens.all(), want) {
			t.Errorf("%v", tokens.all())
		}
	})
}

func TestSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := http.HandlerFunc(nil)
		var frozen atomic.Bool
		r := serve(t, func(*rig) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if frozen.Load() && req.Host == "one" {
					_, _ = io.ReadAll(req.Body) // otherwise the server would not notice that the client has gone
					<-req.Context().Done()
					return
				}
				answer(w, req)
			})
		})
		s := SignIn{User: "alice", URLs: []string{"http://one", "http://two/"}, Secret: "of-the-first-start", HTTPClient: r.client}

		answer = func(w http.ResponseWriter, req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			if req.Host == "one" {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			if req.URL.Path != wire.PathSignIn || string(body) != `{"secret":"of-the-first-start","user":"alice"}` || req.Method != http.MethodPost {
				t.Errorf("%s %s %s", req.Method, req.URL, body)
			}
			_, _ = io.WriteString(w, `{"token":"secret","expires":1}`)
		}
		if token, err := s.Token(t.Context()); err != nil || token != "secret" {
			t.Errorf("%q, %v", token, err)
		}

		frozen.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if token, err := s.Token(ctx); err != nil || token != "secret" {
			t.Errorf("with one of two frozen: %q, %v", token, err)
		}
		frozen.Store(false)

		answer = page(404)
		if _, err := s.Token(t.Context()); !errors.Is(err, ErrFatal) {
			t.Errorf("where it is not offered: %v", err)
		}
		answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }
		if _, err := s.Token(t.Context()); err == nil || errors.Is(err, ErrFatal) {
			t.Errorf("no token in the answer: %v", err)
		}
		s.User = "Alice"
		if _, err := s.Token(t.Context()); !errors.Is(err, ErrFatal) || !strings.Contains(err.Error(), "a-z") {
			t.Errorf("no user: %v", err)
		}
	})
}

func TestSignIn_readsTheSecret(t *testing.T) {
	data, asked := t.TempDir(), make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		asked <- req.RequestURI + " " + string(body)
		_, _ = io.WriteString(w, `{"token":"t"}`)
	}))
	defer server.Close()
	if _, err := (SignIn{User: "alice", URLs: []string{server.URL}, Data: data}).Token(t.Context()); !errors.Is(err, ErrFatal) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a secret: %v", err)
	}
	if err := os.Mkdir(filepath.Join(data, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "secrets", "sign-in"), []byte("whisper\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NATTERJACK_DATA", data)
	for _, s := range []SignIn{{Data: data}, {}} {
		s.User, s.URLs = "alice", []string{server.URL}
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := <-asked, wire.PathSignIn+` {"secret":"whisper","user":"alice"}`; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	}
	for _, url := range []string{"https://chat.example.com", "http://192.0.2.1:8080", "http://127.0.0.1.example.com"} {
		if _, err := (SignIn{User: "alice", URLs: []string{url}}).Token(t.Context()); !errors.Is(err, ErrFatal) || !strings.Contains(err.Error(), "not on this machine") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// Redirects are not followed, because the token would go with them.
func TestRedirectIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, func(*rig) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.Host != "one" {
					t.Errorf("followed to %s", req.Host)
				}
				http.Redirect(w, req, "http://evil"+req.URL.Path, http.StatusTemporaryRedirect)
			})
		})
		c := r.start(t, nil)
		time.Sleep(time.Minute)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}
