package gate

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newGate(l Limits) *Gate {
	return New(Config{Limits: l, Logger: slog.New(slog.DiscardHandler)})
}

// cuts counts how often it was cut.
type cuts int

func (c *cuts) Cut() { *c++ }

// enter has a connection from an address admitted, and returns it and whether it was.
func enter(g *Gate, address string) (*entry, bool) {
	e := &entry{slot: true, cut: new(cuts)}
	return e, g.admit(e, sourceOf(netip.MustParseAddr(address)), guest)
}

func mustEnter(t *testing.T, g *Gate, address string) *entry {
	t.Helper()
	e, ok := enter(g, address)
	if !ok {
		t.Fatalf("%s was refused", address)
	}
	return e
}

func wasCut(e *entry) bool { return *e.cut.(*cuts) > 0 }

func TestSourceOf(t *testing.T) {
	for in, want := range map[string][2]string{
		"192.0.2.7":            {"192.0.2.7/32", "192.0.2.0/24"},
		"::ffff:192.0.2.7":     {"192.0.2.7/32", "192.0.2.0/24"},
		"2001:db8:1:2:3:4:5:6": {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"fe80::1%eth0":         {"fe80::/64", "fe80::/48"},
	} {
		s := sourceOf(netip.MustParseAddr(in))
		if got := [2]string{s.address.String(), s.prefix.String()}; got != want {
			t.Errorf("%s: %v, want %v", in, got, want)
		}
	}
}

// TestProxies_client reads X-Forwarded-For behind proxies at 10.0.0.0/8. The client's own part
// stands on the left, and must never count.
func TestProxies_client(t *testing.T) {
	p := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::1/128")}
	for _, tt := range []struct{ header, want string }{
		{"", "10.0.0.1"},
		{"192.0.2.7", "192.0.2.7"},
		{"6.6.6.6, 192.0.2.7", "192.0.2.7"},
		{"6.6.6.6, 192.0.2.7, 10.0.0.2", "192.0.2.7"},
		{"6.6.6.6|192.0.2.7,10.0.0.2", "192.0.2.7"}, // two headers
		{"10.0.0.3, 10.0.0.2", "10.0.0.3"},
		{"192.0.2.7:4711", "192.0.2.7"},
		{"[2001:db8::7]:4711, 2001:db8::1", "2001:db8::7"},
		{"192.0.2.7, unknown", "10.0.0.1"},
		{"192.0.2.7, unknown, 10.0.0.2", "10.0.0.2"},
		{"::ffff:10.0.0.2", "10.0.0.2"},
	} {
		h := http.Header{}
		for one := range strings.SplitSeq(tt.header, "|") {
			h.Add("X-Forwarded-For", one)
		}
		if got := p.client(netip.MustParseAddr("10.0.0.1"), h); got.String() != tt.want {
			t.Errorf("%q: %v, want %v", tt.header, got, tt.want)
		}
	}
}

// TestGate_displaces fills each bound of guests. A newcomer takes the place of the oldest that
// has been silent for a moment, and is refused if there is none.
func TestGate_displaces(t *testing.T) {
	for name, tt := range map[string]struct {
		limits Limits
		from   func(i int) string
	}{
		"an address":                {Limits{Connections: 100, AddressGuests: 3}, func(int) string { return "192.0.2.1" }},
		"a /64":                     {Limits{Connections: 100, AddressGuests: 3}, func(i int) string { return fmt.Sprintf("2001:db8::%d", i+1) }},
		"a prefix":                  {Limits{Connections: 100, PrefixGuests: 3}, func(i int) string { return fmt.Sprintf("192.0.2.%d", i) }},
		"all guests":                {Limits{Connections: 100, Guests: 3, PrefixGuests: 9}, func(i int) string { return fmt.Sprintf("192.0.%d.1", i) }},
		"connections":               {Limits{Connections: 3, Guests: 9, PrefixGuests: 9, AddressGuests: 9}, func(i int) string { return fmt.Sprintf("192.0.%d.1", i) }},
		"connections of an address": {Limits{Connections: 100, AddressConnections: 3}, func(int) string { return "192.0.2.1" }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(tt.limits)
				var in []*entry
				for i := range 3 {
					in = append(in, mustEnter(t, g, tt.from(i)))
				}
				if _, ok := enter(g, tt.from(3)); ok || slices.ContainsFunc(in, wasCut) {
					t.Error("one of the same moment was displaced")
				}
				other := mustEnter // from elsewhere there is room, unless the bound is of all
				if strings.HasPrefix(name, "a") && name != "all guests" {
					other(t, g, "198.51.100.1")
				}
				time.Sleep(silentFor)
				g.checks(in[0], true)
				mustEnter(t, g, tt.from(4))
				if wasCut(in[0]) || !wasCut(in[1]) || wasCut(in[2]) {
					t.Error("not the oldest silent one was displaced")
				}
				time.Sleep(checkedFor)
				mustEnter(t, g, tt.from(5))
				mustEnter(t, g, tt.from(6))
				if !wasCut(in[0]) || !wasCut(in[2]) {
					t.Error("one that is checked for long keeps its place")
				}
			})
		})
	}
}

// TestGate_signedIn shows that users who have signed in are never displaced, and do not count as
// guests. Between two requests they may have to make room.
func TestGate_signedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Limits{Connections: 5, Guests: 2, AddressGuests: 2, PrefixGuests: 2})
		var in []*entry
		for range 5 {
			e := mustEnter(t, g, "192.0.2.1")
			g.move(e, guest, signedIn)
			in = append(in, e)
		}
		time.Sleep(time.Hour)
		g.sweep(time.Now())
		if _, ok := enter(g, "198.51.100.1"); ok {
			t.Error("there are more connections than there may be")
		}
		g.rests(in[3])
		time.Sleep(silentFor)
		mustEnter(t, g, "198.51.100.1")
		if wasCut(in[0]) || !wasCut(in[3]) {
			t.Error("not the idle one made room")
		}
		if open, guests := g.Open(); open != 5 || guests != 1 {
			t.Errorf("%d open, %d guests", open, guests)
		}
	})
}

// TestGate_life shows that a guest has to sign in in time, and that a request on an old
// connection has its own time.
func TestGate_life(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Limits{Connections: 100})
		silent, again := mustEnter(t, g, "192.0.2.1"), mustEnter(t, g, "192.0.2.1")
		g.move(again, guest, signedIn)
		time.Sleep(guestLife - 1)
		g.rests(again)
		g.asks(again)
		g.sweep(time.Now())
		if wasCut(silent) {
			t.Error("cut too soon")
		}
		time.Sleep(time.Nanosecond)
		if g.sweep(time.Now()); !wasCut(silent) || wasCut(again) {
			t.Error("cut is not the one that was silent")
		}
		time.Sleep(guestLife)
		if g.sweep(time.Now()); !wasCut(again) {
			t.Error("half of a second request keeps its connection")
		}
		if open, guests := g.Open(); open != 0 || guests != 0 || len(g.places) != 0 {
			t.Errorf("left: %d, %d, %v", open, guests, g.places)
		}
	})
}

// TestGate_cutSilent cuts off the connections that have not asked, and no others.
func TestGate_cutSilent(t *testing.T) {
	g := newGate(Limits{Connections: 100})
	silent, asks, rests := mustEnter(t, g, "192.0.2.1"), mustEnter(t, g, "192.0.2.1"), mustEnter(t, g, "192.0.2.2")
	g.asks(asks)
	g.asks(rests)
	g.rests(rests)
	request := &entry{cut: new(cuts)} // of a proxy
	if !g.admit(request, sourceOf(netip.MustParseAddr("192.0.2.3")), guest) {
		t.Fatal("a request was refused")
	}
	g.CutSilent()
	if !wasCut(silent) {
		t.Error("a connection that has not asked anything was not cut")
	}
	for name, e := range map[string]*entry{"that asks": asks, "that has asked": rests, "of a proxy": request} {
		if wasCut(e) {
			t.Errorf("one %s was cut", name)
		}
	}
}

// TestGate_asksWithoutEnd shows that a guest who goes on asking loses its place like a silent one.
// One that has signed in may ask as often as it likes.
func TestGate_asksWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Limits{Connections: 100, AddressGuests: 2})
		honest := mustEnter(t, g, "192.0.2.1")
		for range 2 * freeRequests {
			g.asks(honest)
			g.move(honest, guest, signedIn)
			g.rests(honest)
		}
		busy := []*entry{mustEnter(t, g, "192.0.2.1"), mustEnter(t, g, "192.0.2.1")}
		ask := func() {
			for _, e := range busy {
				g.asks(e)
				g.checks(e, true)
				g.checks(e, false)
				g.rests(e)
			}
			time.Sleep(silentFor / 2)
		}
		for range freeRequests {
			ask()
		}
		if _, ok := enter(g, "192.0.2.1"); ok {
			t.Error("a place was taken from one that may be about to sign in")
		}
		ask()
		ask()
		if mustEnter(t, g, "192.0.2.1"); !wasCut(busy[0]) || wasCut(honest) {
			t.Error("not the one that asks without end was displaced")
		}
		time.Sleep(guestLife)
		if g.sweep(time.Now()); !wasCut(busy[1]) {
			t.Error("asking without end makes a guest live longer")
		}
	})
}

// TestGate_counts does anything in any order and compares the counts with the entries
// themselves.
func TestGate_counts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := rand.New(rand.NewPCG(1, 2))
		g := newGate(Limits{Connections: 40, AddressConnections: 20, PrefixConnections: 30, Guests: 15, AddressGuests: 6, PrefixGuests: 10})
		var all []*entry
		for range 20_000 {
			time.Sleep(time.Duration(plan.IntN(int(50 * time.Millisecond))))
			if len(all) == 0 || plan.IntN(3) == 0 {
				e := &entry{slot: plan.IntN(4) > 0, cut: new(cuts)}
				if g.admit(e, sourceOf(netip.AddrFrom4([4]byte{10, 0, byte(plan.IntN(2)), byte(plan.IntN(3))})), guest) {
					all = append(all, e)
				}
				continue
			}
			switch e := all[plan.IntN(len(all))]; plan.IntN(4) {
			case 0:
				g.leave(e)
			case 1:
				g.move(e, guest, signedIn)
			case 2:
				g.rests(e)
			default:
				g.asks(e)
				g.checks(e, plan.IntN(2) == 0)
			}
			g.sweep(time.Now())
			all = slices.DeleteFunc(all, func(e *entry) bool { return e.state == outside })
			mustCount(t, g, all)
		}
	})
}

func mustCount(t *testing.T, g *Gate, all []*entry) {
	t.Helper()
	open, guests := 0, 0
	for _, e := range all {
		if e.slot {
			open++
		}
		if e.state == guest {
			guests++
		}
	}
	if o, n := g.Open(); o != open || n != guests || o > g.limits.Connections {
		t.Fatalf("%d and %d are counted, of %d and %d", o, n, open, guests)
	}
	here, away := 0, 0
	for p, at := range g.places {
		if here += at.open; p.Bits() == 32 {
			away += at.guests.n
		}
	}
	if here != 2*len(all) || away != guests {
		t.Fatalf("%d places and %d guests of addresses, of %d and %d", here, away, 2*len(all), guests)
	}
}

// host is an HTTP server behind a gate.
type host struct {
	*Gate
	addr string
}

// serve runs a server that lets requests with a token in, as its bridge does. It upgrades
// requests for /ws and signs them in when they send a first message.
func serve(t *testing.T, cfg Config) *host {
	t.Helper()
	var log lockedBuffer
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	g := New(cfg)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		if _, _, err := ws.Read(r.Context()); err == nil {
			SignedIn(r.Context())
		}
		go func() { // ends with the connection
			_, _, _ = ws.Read(context.Background())
			_ = ws.CloseNow()
		}()
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			return
		}
		if r.Header.Get("Authorization") != "" {
			SignedIn(r.Context())
		}
		_, _ = io.WriteString(w, r.RemoteAddr)
	})
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	s := &http.Server{Handler: g.Handler(mux, refuse), ConnContext: g.ConnContext, ConnState: g.ConnState, ErrorLog: g.ErrorLog(cfg.Logger), ReadHeaderTimeout: time.Minute}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Serve(g.Listen(l)) })
	running.Go(func() { _ = g.Run(ctx) })
	t.Cleanup(func() {
		_ = s.Close()
		cancel()
		running.Wait()
		eventually(t, func() bool { open, guests := g.Open(); return open == 0 && guests == 0 && len(g.places) == 0 })
	})
	return &host{Gate: g, addr: l.Addr().String()}
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("it does not come to be")
			return
		}
	}
}

// dial opens a connection from an address and says something. The gate may close it at any
// time.
func (h *host) dial(t *testing.T, from, say string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(t.Context(), "tcp", h.addr)
	if err != nil {
		return nil // the gate closed it at once
	}
	_, _ = io.WriteString(c, say)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// fetch makes a request on a connection of its own and returns the body, or the status if it is
// not OK.
func (h *host) fetch(t *testing.T, header ...string) (string, error) {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true}
	defer tr.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return resp.Status, err
	}
	return string(body), err
}

// TestListen_strangers opens many more connections than there may be, which send nothing or half
// of something. An honest client of the same address gets through each time.
func TestListen_strangers(t *testing.T) {
	for name, say := range map[string]string{
		"silent": "", "half a header": "GET / HTTP/1.1\r\nHost: x\r\n", "half a body": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
		"WebSocket": "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, Config{Limits: Limits{Connections: 60, Guests: 20, AddressGuests: 10}})
			stay := h.dial(t, "127.0.0.1", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: y\r\n\r\n")
			answers := bufio.NewReader(stay)
			mustAnswer(t, answers)
			for range 200 {
				h.dial(t, "127.0.0.1", say)
			}
			for range 5 {
				eventually(t, func() bool { _, err := h.fetch(t); return err == nil })
			}
			if open, guests := h.Open(); open > 60 || guests > 10 {
				t.Errorf("%d connections, %d guests", open, guests)
			}
			if _, err := io.WriteString(stay, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Error(err)
			}
			mustAnswer(t, answers) // its user had signed in
		})
	}
}

func mustAnswer(t *testing.T, r *bufio.Reader) {
	t.Helper()
	resp, err := http.ReadResponse(r, nil)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", resp, err)
	}
}

// TestHandler_proxy has clients come through a proxy. They count by the address that the proxy
// names, and the proxy's own connections are not bounded by address.
func TestHandler_proxy(t *testing.T) {
	h := serve(t, Config{Limits: Limits{Connections: 100, Guests: 50, AddressGuests: 3}, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	half := "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nX-Forwarded-For: %s\r\n\r\n{"
	for i := range 10 {
		h.dial(t, "127.0.0.1", fmt.Sprintf(half, fmt.Sprint("6.6.6.6, 192.0.2.", i)))
	}
	eventually(t, func() bool { _, guests := h.Open(); return guests == 10 })
	for range 10 {
		h.dial(t, "127.0.0.1", fmt.Sprintf(half, "203.0.113.9"))
	}
	eventually(t, func() bool { _, guests := h.Open(); return guests == 13 })
	if got, err := h.fetch(t, "X-Forwarded-For", "6.6.6.6, 203.0.113.8"); got != "203.0.113.8" || err != nil {
		t.Errorf("another address: %q, %v", got, err)
	}
	if got, err := h.fetch(t, "X-Forwarded-For", "203.0.113.9"); got != "429 Too Many Requests" || err != nil {
		t.Errorf("the address that has too many: %q, %v", got, err)
	}
	eventually(t, func() bool { got, _ := h.fetch(t, "X-Forwarded-For", "203.0.113.9"); return got == "203.0.113.9" })
}

// TestHandler_noProxy shows that the header of a peer that is no trusted proxy is not believed,
// and not even if the peer is this machine itself.
func TestHandler_noProxy(t *testing.T) {
	for _, trusted := range [][]netip.Prefix{nil, {netip.MustParsePrefix("10.0.0.0/8")}} {
		h := serve(t, Config{Limits: Limits{Connections: 100}, Proxies: trusted})
		got, err := h.fetch(t, "X-Forwarded-For", "203.0.113.9")
		if a, _, _ := net.SplitHostPort(got); a != "127.0.0.1" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// TestHandler_proxiedWebSocket shows that a WebSocket through a proxy counts for its client
// until it ends, and makes room while its client has not signed in.
func TestHandler_proxiedWebSocket(t *testing.T) {
	h := serve(t, Config{Limits: Limits{Connections: 100, AddressGuests: 1}, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	open := func() (*websocket.Conn, error) {
		ws, _, err := websocket.Dial(t.Context(), "ws://"+h.addr+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {"192.0.2.1"}}})
		if err == nil {
			t.Cleanup(func() { _ = ws.CloseNow() })
		}
		return ws, err
	}
	mustOpen := func() *websocket.Conn {
		ws, err := open()
		if err != nil {
			t.Fatal(err)
		}
		return ws
	}
	in := mustOpen()
	if err := in.Write(t.Context(), websocket.MessageText, []byte("x")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { _, guests := h.Open(); return guests == 0 })
	silent := mustOpen()
	eventually(t, func() bool { _, err := open(); return err == nil })
	if _, _, err := silent.Read(t.Context()); err == nil {
		t.Error("a silent one keeps its place")
	}
	h.mu.Lock()
	n := h.places[netip.MustParsePrefix("192.0.2.1/32")].open
	h.mu.Unlock()
	if n != 2 {
		t.Errorf("%d are counted for the client, want 2", n)
	}
}

// TestErrorLog shows that failed handshakes make no lines of their own.
func TestErrorLog(t *testing.T) {
	var out lockedBuffer
	g := newGate(Limits{Connections: 1})
	l := g.ErrorLog(slog.New(slog.NewTextHandler(&out, nil)))
	l.Printf("http: TLS handshake error from %s: EOF", "192.0.2.1:1")
	l.Printf("http: panic serving %s", "192.0.2.1:1")
	if got := out.String(); strings.Contains(got, "handshake") || !strings.Contains(got, "panic serving") || g.tally.handshakes != 1 {
		t.Errorf("%q, %+v", got, g.tally)
	}
}
