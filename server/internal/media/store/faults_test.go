package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

// proxy stands between a store and storage, and fails as a network does.
type proxy struct {
	t    *testing.T
	to   string
	addr string

	stalled atomic.Bool // nothing more passes

	mu       sync.Mutex // guards the following
	listener net.Listener
	conns    map[net.Conn]bool
	running  sync.WaitGroup
}

// between returns a proxy in front of a storage.
func between(t *testing.T, b backend) *proxy {
	t.Helper()
	p := &proxy{t: t, to: strings.TrimPrefix(b.endpoint, "http://"), addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	p.up()
	t.Cleanup(p.down)
	return p
}

func (p *proxy) url() string { return "http://" + p.addr }

// up lets connections in, at the same address as before.
func (p *proxy) up() {
	p.t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.addr, p.listener = l.Addr().String(), l
	p.mu.Unlock()
	p.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.serve(c) })
		}
	})
}

// down breaks all connections, and refuses others.
func (p *proxy) down() {
	p.mu.Lock()
	_ = p.listener.Close()
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

// keep remembers a connection until the returned function is called.
func (p *proxy) keep(c net.Conn) (done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = true
	return func() {
		_ = c.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, c)
	}
}

func (p *proxy) serve(c net.Conn) {
	defer p.keep(c)()
	to, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.to)
	if err != nil {
		return
	}
	defer p.keep(to)()
	var copying sync.WaitGroup
	copying.Go(func() { p.copy(to, c) })
	copying.Go(func() { p.copy(c, to) })
	copying.Wait()
}

// copy passes bytes on, unless the network stalls.
func (p *proxy) copy(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if p.stalled.Load() {
			_, _ = io.Copy(io.Discard, from) // until one side hangs up
			return
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// everywhere runs a test against each storage.
func everywhere(t *testing.T, test func(*testing.T, backend)) {
	t.Helper()
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) { test(t, b) })
	}
}

// stat asks for an object that is not there.
func stat(t *testing.T, s *store.Store) error {
	t.Helper()
	_, err := s.Stat(t.Context(), "m/nothing")
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		t.Error("there is an object")
	}
	return err
}

// TestConformance_downAndBack takes storage away and gives it back. Calls fail, soon at once,
// and come back by themselves. Links are signed all the while.
func TestConformance_downAndBack(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		t.Helper()
		p := between(t, b)
		cfg := b.config(t)
		cfg.Endpoint = p.url()
		s := b.open(t, cfg)
		put(t, s, "m/1/original", []byte("kept"))
		p.down()
		for range 5 {
			is(t, b, "while storage is down", stat(t, s), wire.CodeUnavailable)
		}
		began := time.Now()
		for range 100 {
			err := stat(t, s)
			is(t, b, "while storage is known to be down", err, wire.CodeUnavailable)
			if e, ok := errors.AsType[*wire.Error](err); ok && (e.RetryAfter == 0 || e.RetryAfter > 5000) {
				t.Errorf("come back after %d ms", e.RetryAfter)
			}
		}
		if took := time.Since(began); took > patience/2 {
			t.Errorf("a hundred calls took %v", took)
		}
		_ = upload(t, s, "up/1", []byte("x"))
		eventually(t, func() error {
			if s.Err() == nil {
				return errors.New("nobody has noticed")
			}
			return nil
		})
		p.up()
		eventually(t, func() error { return stat(t, s) })
		eventually(t, s.Err)
		holds(t, s, "m/1/original", []byte("kept"))
	})
}

// TestConformance_slow has storage accept requests and answer none. Calls end in time, and soon
// at once.
func TestConformance_slow(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		t.Helper()
		p := between(t, b)
		cfg := b.config(t)
		cfg.Endpoint = p.url()
		s := b.open(t, cfg)
		p.stalled.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := s.Stat(ctx, "m/nothing"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a caller that gave up: %v", err)
		}
		s.SetPatience(100 * time.Millisecond)
		for range 5 {
			is(t, b, "while storage is slow", stat(t, s), wire.CodeUnavailable)
			_, _, err := s.Download(t.Context(), io.Discard, "m/nothing", "")
			is(t, b, "while storage is slow", err, wire.CodeUnavailable)
		}
		p.stalled.Store(false)
		p.down() // what has stalled stays so
		p.up()
		s.SetPatience(patience)
		eventually(t, func() error { return stat(t, s) })
	})
}

// TestConformance_refuses opens stores that are configured wrongly. Each says what is wrong.
func TestConformance_refuses(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		t.Helper()
		for name, tt := range map[string]struct {
			change func(*store.Config)
			want   string
		}{
			"another secret":     {func(c *store.Config) { c.SecretKey = "another-secret-key" }, "check access_key and secret_key"},
			"another access key": {func(c *store.Config) { c.AccessKey = "somebody-else" }, "check access_key and secret_key"},
			"no bucket":          {func(c *store.Config) { c.MakeBucket = false }, "the bucket does not exist"},
			"nobody there":       {func(c *store.Config) { c.Endpoint = "http://127.0.0.1:1" }, "refused"},
			"not plain HTTP":     {func(c *store.Config) { c.Endpoint = strings.Replace(c.Endpoint, "http:", "https:", 1) }, "HTTP"},
		} {
			cfg := b.config(t)
			tt.change(&cfg)
			s := b.start(t, cfg)
			eventually(t, func() error {
				if err := s.Err(); err == nil || !strings.Contains(err.Error(), tt.want) {
					return errors.New("no word about " + tt.want)
				}
				return nil
			})
			b.keepsSecrets(t, s.Err().Error())
			is(t, b, name, stat(t, s), wire.CodeUnavailable)
			_, err := s.Put(t.Context(), "m/1", strings.NewReader("x"), 1, store.Meta{})
			is(t, b, name, err, wire.CodeUnavailable)
		}
	})
}

// TestConformance_skewed runs a node whose clock is in the past, as it is in a bubble.
func TestConformance_skewed(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		t.Helper()
		b.open(t, b.config(t))
		synctest.Test(t, func(t *testing.T) {
			s, err := store.New(b.config(t))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			for name, err := range map[string]error{"head": stat(t, s), "get": s.Read(t.Context(), io.Discard, "m/1", "", 0, 1)} {
				is(t, b, name, err, wire.CodeUnavailable)
				if err == nil || !strings.Contains(err.Error(), "clocks") {
					t.Errorf("%s: %v, want a word about clocks", name, err)
				}
			}
		})
	})
}
