package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"natterjack/server/internal/config"
	"natterjack/server/internal/datadir"
)

// TestNew_refusesAnothersDirectory starts nodes of other kinds or names in the directory of a
// node that was alone. They are refused, and the directory stays untouched.
func TestNew_refusesAnothersDirectory(t *testing.T) {
	cfg := load(t)
	first, stop := start(t, cfg)
	token := signIn(t, first, "alice")
	_, sent := post(t, first.HTTP+"/v1/frames", `{"type":"send","to":"bob","client_id":"1","content":{"text":"hi"}}`, "Authorization", "Bearer "+token)
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	member := load(t, "--data", cfg.Data)
	member.NATS.Cluster.Name, member.NATS.Cluster.Host, member.NATS.Cluster.Port = "c", "127.0.0.1", -1
	refused(t, member, "natterjack grow --from "+cfg.Data)

	store := filepath.Join(cfg.Data, "jetstream")
	aside := filepath.Join(t.TempDir(), "jetstream")
	if err := os.Rename(store, aside); err != nil {
		t.Fatal(err)
	}
	refused(t, load(t, "--data", cfg.Data), "from a backup")

	if err := os.Rename(aside, store); err != nil {
		t.Fatal(err)
	}
	again, _ := start(t, load(t, "--data", cfg.Data))
	_, retry := post(t, again.HTTP+"/v1/frames", `{"type":"send","to":"bob","client_id":"1","content":{"text":"hi"}}`, "Authorization", "Bearer "+token)
	if retry != sent {
		t.Errorf("a retry is answered %s, and the first was %s", retry, sent)
	}
}

// TestRun_refusesAnotherLog combines the store of one log with a directory that remembers
// another log.
func TestRun_refusesAnotherLog(t *testing.T) {
	var data [2]string
	for i := range data {
		cfg := load(t)
		_, stop := start(t, cfg)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		data[i] = cfg.Data
	}
	store := func(i int) string { return filepath.Join(data[i], "jetstream") }
	if err := errors.Join(os.RemoveAll(store(0)), os.Rename(store(1), store(0))); err != nil {
		t.Fatal(err)
	}
	n, err := New(load(t, "--data", data[0]), logger(t))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(n.Run(t.Context(), func(Addresses) { t.Error("it is ready") }), n.Close())
	if !errors.Is(err, datadir.ErrRefused) || !strings.Contains(err.Error(), "made anew") {
		t.Errorf("Run: %v", err)
	}
}

func refused(t *testing.T, cfg *config.Config, want string) {
	t.Helper()
	n, err := New(cfg, logger(t))
	if err == nil {
		_ = n.Close()
	}
	if !errors.Is(err, datadir.ErrRefused) || !strings.Contains(err.Error(), want) {
		t.Errorf("New: %v, want it to say %q", err, want)
	}
}
