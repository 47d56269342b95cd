package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"natterjack"
	"natterjack/server/internal/media/store"
	"natterjack/server/internal/secrets"
)

// capture is a log that can be read while it is written.
type capture struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.Write(p)
}

// String returns what was logged.
func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.String()
}

// await waits until a line was logged, and returns its first group.
func (c *capture) await(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(patience); ; <-time.After(10 * time.Millisecond) {
		if m := re.FindStringSubmatch(c.String()); m != nil {
			return m[len(m)-1]
		}
		if time.Now().After(end) {
			t.Fatalf("no %q in the log:\n%s", pattern, c.String())
		}
	}
}

// logged runs a node like [start], and returns its log as well.
func logged(t *testing.T, args ...string) (Addresses, *capture, func() error) {
	t.Helper()
	log := &capture{}
	n, err := New(load(t, args...), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan Addresses, 1)
	var running sync.WaitGroup
	running.Go(func() { err = n.Run(ctx, func(a Addresses) { ready <- a }) })
	stop := sync.OnceValue(func() error {
		cancel()
		running.Wait()
		return errors.Join(err, n.Close())
	})
	t.Cleanup(func() { _ = stop() })
	select {
	case a := <-ready:
		return a, log, stop
	case <-time.After(patience):
		t.Fatal("the node is not ready")
		return Addresses{}, nil, nil
	}
}

// configured returns the path of the shipped configuration with more in our block.
func configured(t *testing.T, more string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "nats.conf")
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "shipped.conf"), []byte(natterjack.Configuration), 0o600),
		os.WriteFile(path, []byte("include shipped.conf\nnatterjack { "+more+" }\n"), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// keysIn returns the keys of the storage in a data directory.
func keysIn(t *testing.T, data string) (access, secret string) {
	t.Helper()
	for name, key := range map[string]*string{mediaAccessKey: &access, mediaSecretKey: &secret} {
		path := filepath.Join(data, "secrets", name)
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%s: %v, %v", name, info, err)
		}
		if *key, _, err = secrets.Dir(filepath.Join(data, "secrets")).Password(name); err != nil {
			t.Fatal(err)
		}
	}
	return access, secret
}

// TestMedia_own stores an object in the storage of a node that has no other, and reads it after
// a restart. No key is in the log.
func TestMedia_own(t *testing.T) {
	data := t.TempDir()
	var before string
	for _, round := range []string{"first", "second"} {
		a, log, stop := logged(t, "--data", data)
		endpoint := log.await(t, `msg="storing media itself".* address=(\S+)`)
		log.await(t, `media storage can be used`)
		access, secret := keysIn(t, data)
		s, err := store.New(store.Config{Endpoint: endpoint, AccessKey: access, SecretKey: secret, Bucket: "natterjack"})
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, _, err := s.Download(t.Context(), &got, "m/1/original", ""); round == "first" && !errors.Is(err, store.ErrNotFound) || round == "second" && (err != nil || got.String() != "kept") {
			t.Errorf("%s: %q, %v", round, got.String(), err)
		}
		if _, err := s.Put(t.Context(), "m/1/original", strings.NewReader("kept"), 4, store.Meta{}); err != nil {
			t.Error(err)
		}
		_ = s.Close()
		mustWelcome(t, endpoint, a.HTTP)
		if status, body := get(t, client(t, nil), a.HTTP+"/readyz"); status != http.StatusOK || body != "ok\n" {
			t.Errorf("GET /readyz: %d %q", status, body)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		for _, key := range []string{access, secret} {
			if strings.Contains(log.String(), key) {
				t.Errorf("a key is in the log:\n%s", log)
			}
		}
		if before != "" && before != access+secret {
			t.Error("the keys have changed")
		}
		before = access + secret
	}
}

// mustWelcome checks that the page of the node may talk to its storage, and others may not.
func mustWelcome(t *testing.T, endpoint, page string) {
	t.Helper()
	local := strings.Replace(page, "127.0.0.1", "localhost", 1)
	for origin, want := range map[string]string{page: page, local: local, "https://evil.example": ""} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, endpoint+"/natterjack/up/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		resp, err := client(t, nil).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: allowed is %q", origin, got)
		}
	}
}

// TestMedia_down runs a node whose storage does not answer, and one whose storage is off. Both
// serve messages.
func TestMedia_down(t *testing.T) {
	t.Setenv("NATTERJACK_MEDIA_ACCESS_KEY", "an-access-key")
	t.Setenv("NATTERJACK_MEDIA_SECRET_KEY", "a-secret-key")
	for media, want := range map[string]string{
		`endpoint: "http://127.0.0.1:1", access_key: $NATTERJACK_MEDIA_ACCESS_KEY, secret_key: $NATTERJACK_MEDIA_SECRET_KEY`: "ok\n" + errMedia.Error() + "\n",
		"off: true": "ok\n",
	} {
		a, log, stop := logged(t, "--config", configured(t, "media { "+media+" }"))
		if want != "ok\n" {
			log.await(t, `media storage cannot be used.*refused`)
		}
		if status, body := get(t, client(t, nil), a.HTTP+"/readyz"); status != http.StatusOK || body != want {
			t.Errorf("%s: GET /readyz: %d %q, want %q", media, status, body, want)
		}
		mustSay(t, a, "1")
		if err := stop(); err != nil {
			t.Error(err)
		}
		if strings.Contains(log.String(), "an-access-key") || strings.Contains(log.String(), "a-secret-key") {
			t.Errorf("a key is in the log:\n%s", log)
		}
	}
}

// TestMedia_addressInUse refuses to start, and says what to configure.
func TestMedia_addressInUse(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	cfg := load(t)
	cfg.Media.Listen = l.Addr().String()
	n, err := New(cfg, logger(t))
	if err != nil {
		t.Fatal(err)
	}
	err = n.Run(t.Context(), func(Addresses) { t.Error("ready") })
	if err == nil || !strings.Contains(err.Error(), "media.listen") || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("Run: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

// TestMedia_TLS runs the node's own storage with the node's certificate.
func TestMedia_TLS(t *testing.T) {
	cert, key, trusted := writePair(t, t.TempDir(), 1)
	_, log, stop := logged(t, "--config", configured(t, fmt.Sprintf("tls { cert: %q, key: %q }", cert, key)))
	endpoint := log.await(t, `msg="storing media itself".* address=(https://\S+)`)
	log.await(t, `media storage can be used`) // by the node itself
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+"/natterjack/m/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client(t, trusted).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("unsigned: %d", resp.StatusCode)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestOrigins(t *testing.T) {
	for _, tt := range []struct {
		scheme, listener string
		configured       []string
		want             string
	}{
		{"http", "127.0.0.1:8080", nil, "http://127.0.0.1:8080 http://localhost:8080 http://[::1]:8080"},
		{"http", "[::]:80", []string{"https://Chat.example.com/"}, "https://chat.example.com http://127.0.0.1 http://localhost http://[::1]"},
		{"https", "10.0.0.5:443", nil, "https://10.0.0.5"},
		{"https", "10.0.0.5:8443", []string{"https://a.example:8443"}, "https://a.example:8443 https://10.0.0.5:8443"},
	} {
		if got := strings.Join(origins(tt.scheme, tt.listener, tt.configured), " "); got != tt.want {
			t.Errorf("%s at %s: %s, want %s", tt.scheme, tt.listener, got, tt.want)
		}
	}
}
