package s3

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestGateway_inside reaches the storage from this process while strangers hold all connections.
func TestGateway_inside(t *testing.T) {
	g, err := New(Options{Dir: t.TempDir(), AccessKey: testKeys.access, SecretKey: testKeys.secret, Listen: "127.0.0.1:0", Connections: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { _ = g.Run(ctx) })
	for range 2 {
		stranger, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(g.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stranger.Close() }()
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	req, err := http.NewRequestWithContext(ctx, http.MethodOptions, g.Inside(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if g.Inside() == g.URL() {
		t.Error("this process shares the listener of strangers")
	}
}
