package bridge

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// secured is a listener that speaks TLS. Its clients choose HTTP/2 where they can.
type secured struct {
	dialer
	server, client *tls.Config
}

func secure(tb testing.TB, on dialer) *secured {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bridge"}, DNSNames: []string{"bridge"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(cert)
	return &secured{
		dialer: on,
		server: &tls.Config{
			MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		},
		client: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted, ServerName: "bridge"},
	}
}

func (s *secured) Accept() (net.Conn, error) {
	conn, err := s.dialer.Accept()
	if err != nil {
		return nil, err
	}
	return tls.Server(conn, s.server), nil
}

// device runs the Go SDK against the bridge until the test ends.
func (r *rig) device(tb testing.TB, user string, over natter.Transport, live natter.Live) *natter.Client {
	tb.Helper()
	c, err := natter.New(natter.Options{
		URLs: []string{r.url}, Tokens: natter.StaticToken(user + "/24h"), Transport: over, HTTPClient: r.http, Live: live, Logger: logger(tb),
	})
	if err != nil {
		tb.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.Run(context.Background()); err != nil {
			tb.Errorf("%s: %v", user, err)
		}
	})
	tb.Cleanup(func() {
		_ = c.Close()
		running.Wait()
	})
	return c
}

// TestTLS_everyTransport sends and receives over real sockets with TLS, with HTTP/2 where a
// transport can use it.
func TestTLS_everyTransport(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRigOn(t, secure(t, tcpListener{l}), Config{})
	for name, over := range map[string]natter.Transport{"websocket": natter.WebSocket, "stream": natter.Stream, "poll": natter.Poll} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			alice, bob := r.device(t, "alice-"+name, over, natter.Live{}), r.device(t, "bob-"+name, over, natter.Live{})
			if _, err := bob.Session(ctx); err != nil {
				t.Fatal(err)
			}
			const n = 20
			for i := range n {
				if _, err := alice.SendTo(ctx, "bob-"+name, fmt.Sprint(i)); err != nil {
					t.Fatal(err)
				}
			}
			got := 0
			for e, err := range bob.Events(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Kind == wire.KindMessage && e.Content.Text != fmt.Sprint(got) {
					t.Fatalf("message %d says %q", got, e.Content.Text)
				}
				if e.Kind == wire.KindMessage {
					got++
				}
				if got == n {
					return
				}
			}
		})
	}
}

// TestHTTP2_silentStreamStays shows that a stream outlives any silence, and with it what its
// client asked for.
func TestHTTP2_silentStreamStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigOn(t, secure(t, newPipeListener()), Config{Log: &fakeLog{}})
		bob := r.window(t, "bob/24h")
		for range 20 {
			if e := bob.next(); e.data != string(pingFrame) {
				t.Fatalf("got %+v", e)
			}
		}
		r.Typed("bob~eve", "eve")
		if f := told[wire.Typing](bob); f.User != "eve" {
			t.Errorf("told %+v", f)
		}
	})
}

// TestHTTP2_sdkStreamStays shows the same with the Go SDK.
func TestHTTP2_sdkStreamStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigOn(t, secure(t, newPipeListener()), Config{Log: &fakeLog{}})
		var typed atomic.Int32
		bob := r.device(t, "bob", natter.Stream, natter.Live{Typing: func(string, string) { typed.Add(1) }})
		before, err := bob.Session(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := bob.Watch(t.Context(), "bob~eve"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if after, err := bob.Session(t.Context()); err != nil || after.ID != before.ID {
			t.Errorf("after an hour the session is %+v, not %s: %v", after, before.ID, err)
		}
		r.Typed("bob~eve", "eve")
		synctest.Wait()
		if n := typed.Load(); n != 1 {
			t.Errorf("told of typing %d times", n)
		}
	})
}

// TestHTTP2_lateReply posts several commands, one of which takes longer than a peer has to take
// a reply.
func TestHTTP2_lateReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		barrier := &barrier{release: make(chan struct{})}
		r := newRigOn(t, secure(t, newPipeListener()), Config{Log: &fakeLog{history: barrier.history}})
		start := time.Now()
		replies := r.lines(t, wire.PathFrames, strings.Join([]string{
			`{"type":"list_channels","ref":1}`, `{"type":"history","ref":2,"channel":"alice~bob"}`, `{"type":"list_channels","ref":3}`,
		}, "\n"), "Authorization", "Bearer alice")
		if took := time.Since(start); len(replies) != 3 || took != callTimeout {
			t.Fatalf("%d replies after %v: %+v", len(replies), took, replies)
		}
		if e, ok := replies[1].(*wire.Error); !ok || e.Code != wire.CodeTimeout {
			t.Errorf("the second reply is %+v", replies[1])
		}
	})
}

// stuck is a connection of which nothing is read any more once stop is called.
type stuck struct {
	net.Conn
	stopped chan struct{}
	closed  chan struct{}
	stop    func()
	close   func()
}

func newStuck(conn net.Conn) *stuck {
	s := &stuck{Conn: conn, stopped: make(chan struct{}), closed: make(chan struct{})}
	s.stop = sync.OnceFunc(func() { close(s.stopped) })
	s.close = sync.OnceFunc(func() { close(s.closed) })
	return s
}

func (s *stuck) Read(p []byte) (int, error) {
	select {
	case <-s.stopped:
		<-s.closed
		return 0, net.ErrClosed
	default:
		return s.Conn.Read(p)
	}
}

func (s *stuck) Close() error {
	s.close()
	return s.Conn.Close()
}

// TestHTTP2_slowIsLeft shows how long a peer over HTTP/2 may take nothing: one that takes the
// bytes of the connection but not those of the answer, and one that takes nothing at all.
func TestHTTP2_slowIsLeft(t *testing.T) {
	history := strings.Repeat(`{"type":"history","channel":"alice~bob"}`+"\n", 10)
	for name, c := range map[string]struct {
		path, body string
		nothing    bool
	}{
		"stream, takes no data":  {wire.PathStream, `{"type":"connect","v":1,"token":"alice"}`, false},
		"stream, takes no bytes": {wire.PathStream, `{"type":"connect","v":1,"token":"alice"}`, true},
		"frames, takes no data":  {wire.PathFrames, history, false},
		"frames, takes no bytes": {wire.PathFrames, history, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRigOn(t, secure(t, newPipeListener()), Config{Log: &fakeLog{history: manyEvents}})
				var conn *stuck
				transport := r.transport(func(ctx context.Context, network, addr string) (net.Conn, error) {
					raw, err := r.listener.dial(ctx, network, addr)
					conn = newStuck(raw)
					return conn, err
				})
				transport.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 1 << 16}
				r.http = &http.Client{Transport: transport}
				r.post(t, c.path, c.body, "Authorization", "Bearer alice")
				if c.nothing {
					conn.stop()
				}
				for _, a := range r.hub.of("alice") {
					a.notify(time.Now(), []byte(strings.Repeat("x", 1<<20)))
				}
				time.Sleep(writeTimeout - time.Second)
				if n := r.Sessions(); n != 1 {
					t.Errorf("%d connections while it may still take something", n)
				}
				time.Sleep(2*time.Second + closeTimeout) // crypto/tls tries as long to say that it closes
				if n := r.Sessions(); n != 0 {
					t.Errorf("%d connections after that", n)
				}
				transport.CloseIdleConnections()
				_ = conn.Close()
			})
		})
	}
}

// dripping is a connection that takes a little at a time.
type dripping struct {
	net.Conn
	every time.Duration
}

func (d *dripping) Read(p []byte) (int, error) {
	time.Sleep(d.every)
	return d.Conn.Read(p[:min(len(p), 4<<10)])
}

// dripListener is a listener to which dripping connections are made.
type dripListener struct {
	dialer
	every time.Duration
}

func (l *dripListener) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := l.dialer.dial(ctx, network, addr)
	return &dripping{conn, l.every}, err
}

// TestTLS_dripping shows that a session over TLS whose peer takes a large frame slowly is not
// closed: it takes more than a little within the time that a slow peer has.
func TestTLS_dripping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigOn(t, secure(t, &dripListener{newPipeListener(), time.Second}), Config{Log: &fakeLog{history: manyEvents}})
		c := r.connect(t, "alice")
		start := time.Now()
		c.send(`{"type":"history","ref":2,"channel":"alice~bob"}`)
		page := expect[wire.Page](c)
		if took := time.Since(start); len(page.Events) != 100 || took < writeTimeout+deadlineSlack {
			t.Errorf("%d events after %v", len(page.Events), took)
		}
	})
}
