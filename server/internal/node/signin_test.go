package node

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"natterjack/server/wire"
)

// TestRun_wrongSecrets has many clients at one address try secrets as fast as they can. Few tries
// are answered, because each takes one of the places of that address for a while. A user with the
// right secret comes in from the same address all the while.
func TestRun_wrongSecrets(t *testing.T) {
	t.Parallel()
	cfg := load(t)
	cfg.HTTP.AddressGuests = 8
	a, _ := start(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	var answered atomic.Int64
	var guessing sync.WaitGroup
	for range 16 {
		c := client(t, nil)
		guessing.Go(func() {
			for ctx.Err() == nil {
				if _, err := trySecret(ctx, c, a, "a wrong one"); err == nil {
					answered.Add(1)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	began, signedIn := time.Now(), 0
	for time.Since(began) < 2*time.Second || signedIn == 0 && time.Since(began) < patience {
		c := client(t, nil)
		if status, err := trySecret(ctx, c, a, a.Secret); err == nil {
			if signedIn++; status != http.StatusOK {
				t.Errorf("with the right secret: %d", status)
			}
		}
		c.CloseIdleConnections()
	}
	took := time.Since(began).Seconds()
	cancel()
	guessing.Wait()
	if signedIn < 5 {
		t.Errorf("the user came in %d times in %.1f s", signedIn, took)
	}
	if n := float64(answered.Load()); n < 4 || n > 20*(took+1) {
		t.Errorf("%g tries were answered in %.1f s", n, took)
	}
}

func trySecret(ctx context.Context, c *http.Client, a Addresses, secret string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.HTTP+wire.PathSignIn, strings.NewReader(`{"user":"alice","secret":"`+secret+`"}`))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}
