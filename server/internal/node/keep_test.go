package node

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"natterjack/server/internal/config"
)

// TestRun_engineGivenUp has the engine give JetStream up, as it does when its disk is full. The node stops by itself, and leaves
// nothing behind that would keep another from being run in its place.
func TestRun_engineGivenUp(t *testing.T) {
	args := []string{"--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0", "--data", t.TempDir()}
	configured := func() *config.Config {
		cfg, err := config.Load(args, nil)
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	n, err := New(configured(), logger(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = n.Run(ctx, func(a Addresses) {
		mustSay(t, a, "1")
		if err := n.engine.NATS().ShutdownJetStream(); err != nil {
			t.Error(err)
		}
		if status, _ := get(t, client(t, nil), a.HTTP+"/readyz"); status != http.StatusServiceUnavailable {
			t.Errorf("GET /readyz: %d", status)
		}
	})
	if !errors.Is(err, ErrAgain) {
		t.Errorf("Run: %v, want %v", err, ErrAgain)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	a, stop := start(t, configured())
	mustSay(t, a, "2")
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func mustSay(t *testing.T, a Addresses, clientID string) {
	t.Helper()
	frame := `{"type":"send","to":"bob","client_id":"` + clientID + `","content":{"text":"hi"}}`
	if status, body := post(t, a.HTTP+"/v1/frames", frame, "Authorization", "Bearer "+signIn(t, a, "alice")); status != http.StatusOK {
		t.Errorf("send: %d %s", status, body)
	}
}
