package node

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"natterjack"
	"natterjack/server/internal/auth"
	"natterjack/server/internal/config"
	"natterjack/server/internal/datadir"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

// load returns a configuration for a node on free ports with a directory of its own.
func load(tb testing.TB, args ...string) *config.Config {
	tb.Helper()
	cfg, err := config.Load(append([]string{"--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0", "--data", tb.TempDir()}, args...), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return cfg
}

func logger(tb testing.TB) *slog.Logger {
	tb.Helper()
	return slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// start runs a node until stop is called. stop returns Run's error.
func start(tb testing.TB, cfg *config.Config, offers ...binder) (Addresses, func() error) {
	tb.Helper()
	n, err := New(cfg, logger(tb))
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	n.offers = offers
	return runNode(tb, n)
}

// runNode runs a node until stop is called. stop returns Run's error.
func runNode(tb testing.TB, n *Node) (Addresses, func() error) {
	tb.Helper()
	var err error
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan Addresses, 1)
	var running sync.WaitGroup
	running.Go(func() { err = n.Run(ctx, func(a Addresses) { ready <- a }) })
	stop := sync.OnceValue(func() error {
		cancel()
		running.Wait()
		return errors.Join(err, n.Close())
	})
	tb.Cleanup(func() { _ = stop() })
	select {
	case a := <-ready:
		return a, stop
	case <-time.After(patience):
		tb.Fatal("the node is not ready")
		return Addresses{}, nil
	}
}

func get(tb testing.TB, c *http.Client, url string) (int, string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		tb.Fatalf("GET %s: %v", url, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// client returns a client with connections of its own. The end of the test closes them.
func client(tb testing.TB, trusted *x509.CertPool) *http.Client {
	tb.Helper()
	t := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}
	tb.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t, Timeout: patience}
}

func TestRun_ServesAndStops(t *testing.T) {
	a, stop := start(t, load(t))
	c := client(t, nil)
	for path, want := range map[string]struct {
		status int
		part   string
	}{
		"/":          {http.StatusOK, "<!doctype html>"},
		"/healthz":   {http.StatusOK, "ok"},
		"/readyz":    {http.StatusOK, "ok"},
		"/v1/signin": {http.StatusOK, `"development":true`},
		"/v1/ws":     {http.StatusUpgradeRequired, ""},
		"/other":     {http.StatusNotFound, ""},
	} {
		if status, body := get(t, c, a.HTTP+path); status != want.status || !strings.Contains(body, want.part) {
			t.Errorf("GET %s: %d %.60q, want %d with %q", path, status, body, want.status, want.part)
		}
	}
	if !strings.HasPrefix(a.NATS, "nats://127.0.0.1:") || strings.HasSuffix(a.NATS, ":0") {
		t.Errorf("NATS at %s, want the port it listens on", a.NATS)
	}
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", strings.TrimPrefix(a.HTTP, "http://")); err == nil {
		_ = conn.Close()
		t.Error("something still listens")
	}
}

// A connection without a request, as browsers open some ahead, delays a stop for a moment only. No
// request counts as cut off because of it.
func TestRun_StopsBesideAConnectionThatAsksNothing(t *testing.T) {
	t.Parallel()
	a, stop := start(t, load(t))
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", strings.TrimPrefix(a.HTTP, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	get(t, client(t, nil), a.HTTP+"/healthz") // accepted after the other connection
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestRun_SignInOnlyWhereItIsOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(path, []byte(`
		accounts { CHAT { jetstream: enabled }, SYS {} }
		system_account: SYS
		jetstream { sync_interval: always }
		listen: 127.0.0.1:4222
		natterjack { auth { sign_in: false } }
	`), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ := start(t, load(t, "--config", path))
	mustHaveNoSignIn(t, a)
}

func mustHaveNoSignIn(t *testing.T, a Addresses) {
	t.Helper()
	if a.Secret != "" {
		t.Error("there is a secret for it")
	}
	if status, body := post(t, a.HTTP+wire.PathSignIn, `{"user":"alice","secret":""}`, "Content-Type", "application/json"); status != http.StatusNotFound || !strings.Contains(body, "is off here") {
		t.Errorf("sign in: %d %s, want it not to exist", status, body)
	}
}

// TestRun_SignInBehindAProxy puts a proxy in front that hides where requests come from, as
// nginx does by default: they arrive from loopback, with a name of loopback and no header.
func TestRun_SignInBehindAProxy(t *testing.T) {
	ask := func(t *testing.T, a Addresses, body string) (int, string) {
		t.Helper()
		to, err := url.Parse(a.HTTP)
		if err != nil {
			t.Fatal(err)
		}
		proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to) // sets the host too
		}})
		defer proxy.Close()
		return post(t, proxy.URL+wire.PathSignIn, body, "Content-Type", "application/json")
	}
	t.Run("without a key", func(t *testing.T) {
		a, _ := start(t, load(t))
		for _, body := range []string{`{"user":"ceo"}`, `{"user":"ceo","secret":""}`, `{"user":"ceo","secret":"` + a.Secret + `A"}`} {
			if status, answer := ask(t, a, body); status/100 != 4 || strings.Contains(answer, `"token"`) {
				t.Errorf("%s: %d %s", body, status, answer)
			}
		}
	})
	t.Run("with a key", func(t *testing.T) {
		key := filepath.Join(t.TempDir(), "signing.pem")
		if _, _, err := auth.LoadOrMakeKeys(key); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "nats.conf")
		text := natterjack.Configuration + "\nnatterjack { auth { key: \"" + key + "\" } }\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := load(t, "--config", path)
		a, _ := start(t, cfg)
		mustHaveNoSignIn(t, a)
		if status, answer := ask(t, a, `{"user":"ceo"}`); status != http.StatusNotFound {
			t.Errorf("%d %s", status, answer)
		}
		if _, err := os.Stat(filepath.Join(cfg.Data, "secrets", "sign-in")); err == nil {
			t.Error("a secret was made although a key is configured")
		}
	})
}

func TestRun_AddressInUse(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, flag := range []string{"--listen", "--nats-listen"} {
		n, err := New(load(t, flag, l.Addr().String()), logger(t))
		if err != nil {
			t.Fatal(err)
		}
		err = n.Run(t.Context(), func(Addresses) { t.Error("ready") })
		if err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Errorf("%s: Run: %v, want the address to be in use", flag, err)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRun_StoppedBeforeItIsReady(t *testing.T) {
	n, err := New(load(t), logger(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.Run(ctx, func(Addresses) { t.Error("ready") }); err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

func TestNew_DataInUse(t *testing.T) {
	cfg := load(t)
	dir, err := datadir.Open(cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(cfg, logger(t)); !errors.Is(err, datadir.ErrInUse) {
		t.Errorf("New: %v, want %v", err, datadir.ErrInUse)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	n, err := New(load(t, "--data", cfg.Data), logger(t))
	if err != nil {
		t.Fatalf("New, once it is free: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

func TestNew_ConfiguredKeyIsNotMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing.pem")
	cfg := load(t)
	cfg.Auth.Key = path
	if _, err := New(cfg, logger(t)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("New: %v, want %v", err, os.ErrNotExist)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a key was made where one was configured")
	}
}

// writePair writes a certificate for 127.0.0.1 and its key, and returns a pool that trusts it.
func writePair(tb testing.TB, dir string, serial int64) (cert, key string, trusted *x509.CertPool) {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		tb.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		tb.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			tb.Fatal(err)
		}
		if err := os.Chtimes(path, time.Now(), time.Now()); err != nil { // the time of the bubble, if there is one
			tb.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	trusted = x509.NewCertPool()
	trusted.AddCert(parsed)
	return cert, key, trusted
}

func TestRun_HTTPS(t *testing.T) {
	cfg := load(t)
	var trusted *x509.CertPool
	cfg.TLS.Cert, cfg.TLS.Key, trusted = writePair(t, t.TempDir(), 1)
	a, stop := start(t, cfg)
	if !strings.HasPrefix(a.HTTP, "https://") {
		t.Errorf("ready at %s, want https", a.HTTP)
	}
	if status, _ := get(t, client(t, trusted), a.HTTP+"/readyz"); status != http.StatusOK {
		t.Errorf("GET /readyz: %d", status)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestCertificate_IsReadAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		serial := func(c *certificate) int64 { return c.get().Leaf.SerialNumber.Int64() }
		cert, key, _ := writePair(t, dir, 1)
		c, err := loadCertificate(cert, key, logger(t))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		writePair(t, dir, 2)
		if got := serial(c); got != 2 {
			t.Errorf("certificate %d is in force, want the new one", got)
		}
		time.Sleep(time.Hour)
		if err := os.WriteFile(key, []byte("not a key"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(key, time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if got := serial(c); got != 2 {
			t.Errorf("certificate %d is in force, want the last good one", got)
		}
	})
}

func TestHealth_IsAskedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h health
		asked := 0
		broken := errors.New("no quorum")
		ask := func() error { asked++; return broken }
		for range 3 {
			if err := h.check(ask, logger(t)); !errors.Is(err, broken) {
				t.Errorf("check: %v, want %v", err, broken)
			}
		}
		time.Sleep(healthFor)
		_ = h.check(ask, logger(t))
		if asked != 2 {
			t.Errorf("asked %d times, want once, and again a second later", asked)
		}
	})
}
