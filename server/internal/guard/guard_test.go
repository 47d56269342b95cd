package guard

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGuard_address(t *testing.T) {
	g := New(Config{})
	for _, text := range []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255",
		"192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "100.127.255.255",
		"168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "ff02::1",
		"::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:10.0.0.1",
		"64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1", "100::1", "5f00::1",
		"2001::1", "2001:2::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "4000::1",
		"2606:4700::1111%eth0",
	} {
		if err := g.Address(netip.MustParseAddr(text)); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v, want a refusal", text, err)
		}
	}
	for _, text := range []string{
		"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "168.63.129.17",
		"223.255.255.255", "192.0.1.1", "::ffff:8.8.8.8", "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450::1",
	} {
		if err := g.Address(netip.MustParseAddr(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := g.Address(netip.Addr{}); !errors.Is(err, ErrRefused) {
		t.Errorf("no address: %v", err)
	}
}

func TestGuard_addressConfigured(t *testing.T) {
	g := New(Config{Permit: prefixes("10.1.0.0/16", "fd00:1::/32", "8.8.8.0/24"), Deny: prefixes("10.1.2.0/24", "8.8.8.8/32")})
	for text, want := range map[string]bool{
		"10.1.0.1": true, "::ffff:10.1.0.1": true, "fd00:1::1": true, "10.2.0.1": false, "fd00:2::1": false,
		"10.1.2.1": false, "::ffff:10.1.2.1": false, "8.8.8.8": false, "8.8.8.4": true, "127.0.0.1": false,
	} {
		if got := g.Address(netip.MustParseAddr(text)) == nil; got != want {
			t.Errorf("%s: permitted is %v, want %v", text, got, want)
		}
	}
}

func TestGuard_url(t *testing.T) {
	g := New(Config{})
	for _, text := range []string{
		"", "x", "/x", "http://example.com/", "HTTP://example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
		"https:///x", "https://", "https://user@example.com/", "https://user:word@example.com/", "https://example.com:8443/",
		"https://example.com:0/", "https://example.com:65979/", "https://example.com:-1/", "https://example.com:80/",
		"https://localhost/", "https://LOCALHOST./", "https://x.localhost/", "https://printer/", "https://printer./",
		"https://nas.local/", "https://metadata.google.internal/", "https://metadata.google.internal./", "https://router.home.arpa/",
		"https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[fe80::1%25eth0]/",
		"https://127.1/", "https://2130706433/", "https://0x7f.0x1/", "https://0177.0.0.1/", "https://127.0.0.1./", "https://[64:ff9b::7f00:1]/",
		"https://example.com\n/", "https://exa mple.com/", "https://example.com/" + strings.Repeat("x", maxURL), "https:example.com", "//example.com/",
	} {
		if _, err := g.URL(text); !errors.Is(err, ErrRefused) {
			t.Errorf("%q: %v, want a refusal", text, err)
		}
	}
	for _, text := range []string{
		"https://example.com", "https://example.com:443/x?y#z", "https://updates.push.services.mozilla.com/wpush/v2/x", "https://8.8.8.8/",
		"https://[2606:4700:4700::1111]/", "https://xn--r8jz45g.jp/", "https://0xdeadbeef.com/", "HTTPS://EXAMPLE.COM./",
	} {
		if _, err := g.URL(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	plain := New(Config{Plain: true, Ports: []uint16{80, 8080}, Permit: prefixes("10.0.0.0/8")})
	for _, text := range []string{"http://example.com/", "http://example.com:8080/", "https://example.com:8080/", "http://hooks.internal/", "http://10.0.0.1"} {
		if _, err := plain.URL(text); err != nil {
			t.Errorf("plain, %q: %v", text, err)
		}
	}
}

// FuzzGuard_url shows that no URL is allowed whose host is an address that Go's own rules call
// anything but global, and that no error has the URL's path in it.
func FuzzGuard_url(f *testing.F) {
	for _, seed := range []string{"https://example.com/SECRET", "https://[::ffff:1.2.3.4]/SECRET", "https://1.2.3.4:443", "https://a@b/SECRET", "https://%zz/SECRET"} {
		f.Add(seed)
	}
	g := New(Config{})
	f.Fuzz(func(t *testing.T, text string) {
		u, err := g.URL(text)
		if err != nil {
			if !errors.Is(err, ErrRefused) || len(text) > 20 && strings.Contains(err.Error(), text) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := url.Parse(u.String())
		if err != nil || again.Scheme != "https" || again.User != nil || again.Port() != "" && again.Port() != "443" {
			t.Fatalf("%q is allowed, and is %v (%v)", text, again, err)
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil {
			global(t, addr)
		}
	})
}

// FuzzGuard_address shows that every allowed address is global by Go's own rules, and that an IPv4
// address is judged the same in its IPv4-mapped form.
func FuzzGuard_address(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::1"} {
		f.Add(netip.MustParseAddr(seed).AsSlice())
	}
	g := New(Config{})
	f.Fuzz(func(t *testing.T, b []byte) {
		addr, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		allowed := g.Address(addr) == nil
		if allowed {
			global(t, addr)
		}
		if addr.Is4() && (g.Address(netip.AddrFrom16(addr.As16())) == nil) != allowed {
			t.Fatalf("%s and its IPv4-mapped form differ", addr)
		}
	})
}

func global(t *testing.T, addr netip.Addr) {
	t.Helper()
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified() {
		t.Fatalf("%s is allowed", addr)
	}
}

func TestGuard_asks(t *testing.T) {
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, r.Proto+" "+r.Method+" "+string(body))
	})
	g := r.guard(t, Config{})
	resp, err := g.Do(r.request(t, http.MethodPost, r.URL+"/secret", "hello"))
	if got := read(t, resp, err); got != "HTTP/2.0 POST hello" {
		t.Errorf("got %q", got)
	}
}

// TestGuard_refusesToDial shows that without a permission the same receiver is not reached, and
// that the error has no URL in it.
func TestGuard_refusesToDial(t *testing.T) {
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	names := newNames(t, map[string][]string{"hooks.example.com.": {"127.0.0.1"}})
	g := r.guard(t, Config{Permit: prefixes("10.0.0.0/8"), Resolver: names.resolver()})
	_, err := g.Do(r.request(t, http.MethodGet, "https://hooks.example.com:"+r.port+"/secret", ""))
	if !errors.Is(err, ErrRefused) || strings.Contains(err.Error(), "secret") || Reason(err) != "refused_address" {
		t.Errorf("error %v, reason %s", err, Reason(err))
	}
	if n := r.asked.Load(); n != 0 {
		t.Errorf("the receiver was asked %d times", n)
	}
	if _, err := g.Do(r.request(t, http.MethodGet, r.URL, "")); !errors.Is(err, ErrRefused) {
		t.Errorf("the address itself: %v", err)
	}
}

// TestGuard_rebinding shows that a name is judged by what it resolves to when it is dialled, each
// time: the first answer is permitted, and the second is not.
func TestGuard_rebinding(t *testing.T) {
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	names := newNames(t, map[string][]string{"hooks.example.com.": {"127.0.0.1", "127.0.0.2"}})
	g := r.guard(t, Config{Resolver: names.resolver()})
	target := "https://hooks.example.com:" + r.port + "/"
	if _, err := g.URL(target); err != nil {
		t.Fatal(err)
	}
	resp, err := g.Do(r.request(t, http.MethodGet, target, ""))
	read(t, resp, err)
	g.Close()
	if _, err := g.Do(r.request(t, http.MethodGet, target, "")); !errors.Is(err, ErrRefused) {
		t.Errorf("rebound: %v, want a refusal", err)
	}
	if n := r.asked.Load(); n != 1 {
		t.Errorf("the receiver was asked %d times, want once", n)
	}
}

func TestGuard_redirects(t *testing.T) {
	var r *receiver
	r = newReceiver(t, func(w http.ResponseWriter, q *http.Request) {
		if ref := q.Header.Get("Referer"); ref != "" {
			t.Errorf("the next host is told %q", ref)
		}
		to := map[string]string{
			"/once": "/end", "/twice": "/once", "/thrice": "/twice", "/loop": "/loop", "/private": "https://10.0.0.1:" + r.port + "/",
			"/loopback": "https://127.0.0.2:" + r.port + "/", "/metadata": "http://169.254.169.254/latest/meta-data/", "/plain": "http://127.0.0.1:" + r.port + "/",
			"/port": "https://127.0.0.1:1/", "/file": "file:///etc/passwd", "/temporary": "/end",
		}[q.URL.Path]
		if to == "" {
			_, _ = io.WriteString(w, q.Method)
			return
		}
		code := http.StatusFound
		if q.URL.Path == "/temporary" {
			code = http.StatusTemporaryRedirect
		}
		http.Redirect(w, q, to, code)
	})
	g := r.guard(t, Config{Redirects: 2})
	for _, c := range []struct {
		method, path string
		code         int // 0 stands for a refusal
	}{
		{http.MethodGet, "/once", 200},
		{http.MethodGet, "/twice", 200},
		{http.MethodGet, "/thrice", 302},
		{http.MethodGet, "/loop", 302},
		{http.MethodPost, "/once", 302},
		{http.MethodPost, "/temporary", 200},
		{http.MethodGet, "/private", 0},
		{http.MethodGet, "/loopback", 0},
		{http.MethodGet, "/metadata", 0},
		{http.MethodGet, "/plain", 0},
		{http.MethodGet, "/port", 0},
		{http.MethodGet, "/file", 0},
	} {
		resp, err := g.Do(r.request(t, c.method, r.URL+c.path, "x"))
		if c.code == 0 {
			if !errors.Is(err, ErrRefused) {
				t.Errorf("%s %s: %v, want a refusal", c.method, c.path, err)
			}
			continue
		}
		body := read(t, resp, err)
		if resp.StatusCode != c.code || c.code == 200 && body != c.method {
			t.Errorf("%s %s: %d %q, want %d", c.method, c.path, resp.StatusCode, body, c.code)
		}
	}
	none := r.guard(t, Config{})
	resp, err := none.Do(r.request(t, http.MethodGet, r.URL+"/once", ""))
	if read(t, resp, err); resp.StatusCode != http.StatusFound {
		t.Errorf("a redirect was followed: %d", resp.StatusCode)
	}
}

func TestGuard_bounds(t *testing.T) {
	gone := make(chan struct{})
	r := newReceiver(t, func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/exact":
			_, _ = io.WriteString(w, strings.Repeat("x", 100))
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 101))
		case "/zip":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, strings.Repeat("x", 10))
		case "/hang":
			<-gone
		case "/drip":
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-gone
		}
	})
	defer close(gone)
	g := r.guard(t, Config{MaxBody: 100, Timeout: time.Minute})
	resp, err := r.get(t, g, "/exact")
	if got := read(t, resp, err); len(got) != 100 {
		t.Errorf("an answer as long as allowed: %d bytes", len(got))
	}
	resp, err = r.get(t, g, "/zip")
	if got := read(t, resp, err); len(got) != 10 {
		t.Errorf("a compressed answer is not left as it is: %q", got)
	}
	if resp, err = r.get(t, g, "/long"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if _ = resp.Body.Close(); len(got) != 100 || !errors.Is(err, ErrTooLarge) || Reason(err) != "answer_too_large" {
		t.Errorf("an answer too long: %d bytes, %v", len(got), err)
	}
	hasty := r.guard(t, Config{Timeout: 300 * time.Millisecond})
	for _, path := range []string{"/hang", "/drip"} {
		resp, err := r.get(t, hasty, path)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		if Reason(err) != "timeout" {
			t.Errorf("%s, a receiver that hangs: %v", path, err)
		}
	}
}

// TestGuard_noProxy shows that a proxy of the environment is not asked: it would dial for the
// guard.
func TestGuard_noProxy(t *testing.T) {
	proxy := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	u := url.URL{Scheme: "https", Host: "hooks.example.com"}
	if p, err := http.ProxyFromEnvironment(&http.Request{URL: &u}); err != nil || p == nil {
		t.Fatalf("the environment has no proxy: %v, %v", p, err)
	}
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	names := newNames(t, map[string][]string{"hooks.example.com.": {"127.0.0.1"}})
	g := r.guard(t, Config{Resolver: names.resolver()})
	resp, err := g.Do(r.request(t, http.MethodGet, "https://hooks.example.com:"+r.port+"/", ""))
	read(t, resp, err)
	if proxy.asked.Load() != 0 || r.asked.Load() != 1 {
		t.Errorf("the proxy was asked %d times, and the receiver %d times", proxy.asked.Load(), r.asked.Load())
	}
}

func TestReason(t *testing.T) {
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	names := newNames(t, nil)
	g := r.guard(t, Config{Resolver: names.resolver()})
	if _, err := g.Do(r.request(t, http.MethodGet, "https://nobody.example.com:"+r.port+"/", "")); Reason(err) != "unknown_host" {
		t.Errorf("no such host: %v", err)
	}
	untrusted := r.guard(t, Config{TLS: &tls.Config{MinVersion: tls.VersionTLS12}})
	if _, err := r.get(t, untrusted, "/"); Reason(err) != "tls" {
		t.Errorf("an unknown certificate: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Do(r.request(t, http.MethodGet, r.URL, "").WithContext(ctx)); Reason(err) != "stopped" {
		t.Errorf("stopped: %v", err)
	}
	r.Close()
	g.Close()
	if _, err := r.get(t, g, "/"); Reason(err) != "no_connection" {
		t.Errorf("nobody listens: %v", err)
	}
}

// receiver is an HTTPS server on loopback that counts its requests.
type receiver struct {
	*httptest.Server

	port  string
	asked atomic.Int32
}

func newReceiver(t *testing.T, h http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.asked.Add(1)
		h(w, q)
	}))
	r.EnableHTTP2 = true
	r.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	r.StartTLS()
	t.Cleanup(r.Close)
	_, r.port, _ = net.SplitHostPort(r.Listener.Addr().String())
	return r
}

// guard returns a guard that may ask this receiver, and no other address of loopback.
func (r *receiver) guard(t *testing.T, cfg Config) *Guard {
	t.Helper()
	port, err := strconv.ParseUint(r.port, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Ports = []uint16{uint16(port)}
	if cfg.Permit == nil {
		cfg.Permit = prefixes("127.0.0.1/32")
	}
	if cfg.TLS == nil {
		cfg.TLS = r.Client().Transport.(*http.Transport).TLSClientConfig
	}
	g := New(cfg)
	t.Cleanup(g.Close)
	return g
}

func (r *receiver) request(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func (r *receiver) get(t *testing.T, g *Guard, path string) (*http.Response, error) {
	t.Helper()
	return g.Do(r.request(t, http.MethodGet, r.URL+path, ""))
}

func read(t *testing.T, resp *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// names is a DNS server. Each name has IPv4 addresses; each question gets the next of them.
type names struct {
	conn  net.PacketConn
	addrs map[string][]string
}

func newNames(t *testing.T, addrs map[string][]string) *names {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{conn: conn, addrs: addrs}
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return n
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", n.conn.LocalAddr().String())
	}}
}

func (n *names) serve() {
	buf := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:size]) != nil || len(m.Questions) != 1 {
			continue
		}
		n.answer(&m)
		if packed, err := m.Pack(); err == nil {
			_, _ = n.conn.WriteTo(packed, from)
		}
	}
}

func (n *names) answer(m *dnsmessage.Message) {
	q := m.Questions[0]
	left, known := n.addrs[q.Name.String()]
	m.Response, m.Additionals = true, nil
	if !known {
		m.RCode = dnsmessage.RCodeNameError
		return
	}
	if q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: netip.MustParseAddr(left[0]).As4()},
		}}
		if len(left) > 1 {
			n.addrs[q.Name.String()] = left[1:]
		}
	}
}
