package natter

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// A silent server is noticed a little after two ping intervals, and the next server is tried.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var alive time.Time
		r := script(t,
			func(p *peer) {
				p.welcome()
				for range 5 {
					time.Sleep(25 * time.Second)
					p.write(wire.Ping{})
					if _, ok := p.read().(wire.Pong); !ok {
						t.Error("no pong")
					}
				}
				alive = time.Now()
				p.ignore()
			},
			func(p *peer) {
				if d := time.Since(alive); d < 50*time.Second || d > time.Minute {
					t.Errorf("given up after %v", d)
				}
				if p.url != "two" {
					t.Errorf("went to %s", p.url)
				}
				p.welcome()
				p.drain()
			})
		r.start(t, func(o *Options) { o.URLs = []string{"http://one", "http://two"} })
		time.Sleep(4 * time.Minute)
	})
}

// If a reply is overdue and no frame has come since, the client does not wait for the ping.
func TestSilenceWhileAReplyIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := script(t,
			func(p *peer) {
				p.welcome()
				expect[wire.Send](p)
				p.ignore()
			},
			func(p *peer) {
				p.welcome()
				h := expect[wire.History](p)
				p.write(wire.Page{Ref: h.Ref, Channel: h.Channel})
				p.write(ackOf(expect[wire.Send](p), 1))
				p.drain()
			})
		c := r.start(t, nil)
		time.Sleep(time.Second)
		if _, err := c.SendTo(t.Context(), "bob", "hi"); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d > 15*time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

// All servers are tried in turn at once. A whole round of failures makes the wait longer, up to
// a bound.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type try struct {
			host string
			at   time.Duration
		}
		began, tries := time.Now(), []try{}
		r := serve(t, func(*rig) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				tries = append(tries, try{req.Host, time.Since(began)})
				w.WriteHeader(http.StatusServiceUnavailable)
			})
		})
		c := r.start(t, func(o *Options) {
			o.URLs = []string{"http://one", "http://two"}
			o.BackoffMin, o.BackoffMax = time.Second, time.Minute
		})
		time.Sleep(30 * time.Minute)
		if _, err := next(t, c); !isDisconnected(err) {
			t.Errorf("instead of a disconnection: %v", err)
		}
		if n := held(c); n != 0 {
			t.Errorf("failed attempts are told %d times more", n)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		for i := range tries[1:] {
			wait := tries[i+1].at - tries[i].at
			low, high := time.Second<<(i/2)/2, time.Second<<(i/2)
			if i < 2 {
				low = 0
			}
			if low, high = min(low, 30*time.Second), min(high, time.Minute); wait < low || wait > high {
				t.Errorf("wait %d is %v, not %v to %v", i, wait, low, high)
			}
			if tries[i].host == tries[i+1].host {
				t.Errorf("%s twice in a row", tries[i].host)
			}
		}
		if len(tries) < 30 {
			t.Errorf("%d tries in half an hour", len(tries))
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for name, refuse := range map[string]http.HandlerFunc{
		"by header": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "40")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"by frame": func(w http.ResponseWriter, req *http.Request) {
			conn, err := websocket.Accept(w, req, nil)
			if err != nil {
				return
			}
			defer func() { _ = conn.CloseNow() }()
			_, _, _ = conn.Read(req.Context())
			frame, _ := wire.Append(nil, wire.Errorf(wire.CodeUnavailable, "draining").After(40*time.Second))
			_ = conn.Write(req.Context(), websocket.MessageText, frame)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var at []time.Time
				r := serve(t, func(*rig) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
						at = append(at, time.Now())
						refuse(w, req)
					})
				})
				c := r.start(t, nil)
				time.Sleep(90 * time.Second)
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if len(at) != 3 || at[1].Sub(at[0]) < 40*time.Second {
					t.Errorf("tried at %v", at)
				}
			})
		})
	}
}

func TestFatal(t *testing.T) {
	sayNo := func(code wire.Code) func(p *peer) {
		return func(p *peer) { p.write(wire.Errorf(code, "no")) }
	}
	for name, tc := range map[string]struct {
		parts []func(p *peer)
		want  string
	}{
		"unauthorized":     {[]func(p *peer){sayNo(wire.CodeUnauthorized)}, "unauthorized"},
		"close code":       {[]func(p *peer){func(p *peer) { p.close(wire.CloseProtocol) }}, "protocol"},
		"another version":  {[]func(p *peer){func(p *peer) { p.welcome(func(w *wire.Welcome) { w.Version = 2 }) }}, "version"},
		"expired for good": {[]func(p *peer){sayNo(wire.CodeExpired), sayNo(wire.CodeExpired)}, "no newer token"},
		"another user": {[]func(p *peer){
			func(p *peer) { p.welcome() },
			func(p *peer) { p.welcome(func(w *wire.Welcome) { w.User = "mallory" }) },
		}, "mallory"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := script(t, tc.parts...)
				c, err := New(Options{URLs: []string{"http://one"}, Tokens: StaticToken("t"), HTTPClient: r.client})
				if err != nil {
					t.Fatal(err)
				}
				err = c.Run(t.Context())
				if !errors.Is(err, ErrFatal) || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("Run: %v", err)
				}
				if _, err := c.SendTo(t.Context(), "bob", "hi"); !errors.Is(err, ErrFatal) {
					t.Errorf("SendTo: %v", err)
				}
				if _, err := c.Session(t.Context()); !errors.Is(err, ErrFatal) {
					t.Errorf("Session: %v", err)
				}
				last := error(nil)
				for _, last = range c.Events(t.Context()) {
				}
				if !errors.Is(last, ErrFatal) || !strings.Contains(last.Error(), tc.want) {
					t.Errorf("Events: %v", last)
				}
				if err := c.Run(t.Context()); !errors.Is(err, ErrFatal) {
					t.Errorf("a second Run: %v", err)
				}
			})
		})
	}
}

// After close codes below 4500, and after no code, the client tries again.
func TestComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t,
			func(p *peer) { p.close(wire.CloseDraining) },
			func(p *peer) { _ = p.conn.Close(websocket.StatusMessageTooBig, "") },
			func(p *peer) { p.raw("not a frame") },
			func(p *peer) { p.write(wire.Ping{}) },
			func(p *peer) { p.write(wire.Errorf(wire.CodeInternal, "a fault")) },
			func(p *peer) {
				p.welcome()
				p.write(wire.Event{Shard: 7, Pos: 1, Channel: group, Record: wire.Record{Kind: wire.KindMessage}})
				p.drain()
			},
			func(p *peer) {
				p.welcome()
				p.drain()
			})
		c := r.start(t, nil)
		time.Sleep(5 * time.Minute)
		if s, err := c.Session(t.Context()); err != nil || s.User != "alice" || s.URL != "http://one" {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestTokenIsRefreshedBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		expires := func(in time.Duration) func(*wire.Welcome) {
			return func(w *wire.Welcome) {
				w.Time += time.Hour.Milliseconds() // the server's clock is an hour ahead
				w.Expires = w.Time + in.Milliseconds()
				w.Limits.PingIntervalS = 600
			}
		}
		began := time.Now()
		r := script(t, func(p *peer) {
			p.welcome(expires(100 * time.Second))
			f := expect[wire.Refresh](p)
			if d := time.Since(began); d != 80*time.Second || f.Token != "token 2" {
				t.Errorf("refreshed after %v with %q", d, f.Token)
			}
			p.write(wire.AsError(wire.Errorf(wire.CodeUnavailable, "not now"), f.Ref.Ref))
			f = expect[wire.Refresh](p)
			p.write(wire.Refreshed{Ref: f.Ref, Expires: began.Add(time.Hour + 300*time.Second).UnixMilli()})
			f = expect[wire.Refresh](p)
			if d := time.Since(began); d < 250*time.Second || d > 260*time.Second || f.Token != "token 3" {
				t.Errorf("refreshed again after %v with %q", d, f.Token)
			}
			p.write(wire.Ping{})
			p.drain()
		})
		var n atomic.Int32
		tokens := TokenFunc(func(context.Context) (string, error) {
			return "token " + string('0'+n.Add(1)), nil
		})
		c := r.start(t, func(o *Options) { o.Tokens = tokens })
		time.Sleep(260 * time.Second)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestLifetime(t *testing.T) {
	for _, tc := range []struct {
		from, to int64
		want     time.Duration
	}{
		{1000, 3500, 2500 * time.Millisecond}, {5, 1, 0}, {0, math.MaxInt64, 876000 * time.Hour}, {1, math.MinInt64, 0},
	} {
		if got := lifetime(tc.from, tc.to); got != tc.want {
			t.Errorf("from %d to %d: %v", tc.from, tc.to, got)
		}
	}
}

func TestTokenSourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			p.drain()
		})
		fails := 3
		c := r.start(t, func(o *Options) {
			o.Tokens = TokenFunc(func(context.Context) (string, error) {
				if fails--; fails >= 0 {
					return "", errors.New("the identity provider is away")
				}
				return "t", nil
			})
		})
		if _, err := c.Session(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := serve(t, func(r *rig) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				conn, err := websocket.Accept(w, req, nil)
				if err != nil {
					return
				}
				defer func() { _ = conn.CloseNow() }()
				p := &peer{t: t, ctx: r.ctx, conn: conn}
				p.hello, _ = p.read().(wire.Connect)
				p.welcome()
				<-release // it reads nothing more, not even the close frame
			})
		})
		c := r.start(t, nil)
		if _, err := c.Session(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("Close took %v", d)
		}
		close(release)
	})
}

// Run can be ended by its context alone, and Close may be called again.
func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			p.drain()
		})
		c, err := New(Options{URLs: []string{"http://one"}, Tokens: StaticToken("t"), HTTPClient: r.client})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
		for range 2 {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestOptions(t *testing.T) {
	good := Options{URLs: []string{"https://chat.example/base/"}, Tokens: StaticToken("t")}
	if c, err := New(good); err != nil || c.options.URLs[0] != "https://chat.example/base" || good.URLs[0] != "https://chat.example/base/" {
		t.Errorf("%v", err)
	}
	for name, change := range map[string]func(*Options){
		"no URL":             func(o *Options) { o.URLs = nil },
		"no tokens":          func(o *Options) { o.Tokens = nil },
		"not HTTP":           func(o *Options) { o.URLs = []string{"ftp://x"} },
		"no URL at all":      func(o *Options) { o.URLs = []string{"::"} },
		"credentials":        func(o *Options) { o.URLs = []string{"http://u:secret@x"} },
		"token in the query": func(o *Options) { o.URLs = []string{"http://x?token=secret"} },
		"transport":          func(o *Options) { o.Transport = 9 },
		"negative":           func(o *Options) { o.MaxEvents = -1 },
		"negative duration":  func(o *Options) { o.BackoffMin = -1 },
		"no position":        func(o *Options) { o.Resume = &Position{} },
	} {
		o := good
		change(&o)
		_, err := New(o)
		if err == nil || name == "credentials" && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	seen := map[string]bool{}
	for range 100 {
		o := good
		o.URLs = []string{"http://a", "http://b", "http://c"}
		c, err := New(o)
		if p := c.Position(); p.Epoch != "" {
			t.Fatalf("before the first connection: %+v", p)
		}
		if err != nil || !slices.Contains(o.URLs, c.route.urls[0]) {
			t.Fatal(err)
		}
		seen[c.route.urls[0]] = true
	}
	if len(seen) < 2 {
		t.Errorf("all clients begin with %v", seen)
	}
}

// A read whose caller waits no more is canceled at the server that has it. One that was not written
// is not.
func TestReadGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			asked := expect[wire.Search](p)
			if c := expect[wire.Cancel](p); c.Command != asked.Ref.Ref {
				t.Errorf("canceled %d, want %d", c.Command, asked.Ref.Ref)
			}
			expect[wire.Find](p)
			p.drain()
		})
		c := r.start(t, nil)
		short := func() context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			t.Cleanup(cancel)
			return ctx
		}
		if _, err := c.Search(short(), Query{Text: "toad"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Search(gone, Query{Text: "newt"}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := c.Find(short(), "a", 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
