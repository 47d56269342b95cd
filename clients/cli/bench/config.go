package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"natterjack/clients/cli/bench/internal/bare"
)

// member is a server to start.
type member struct {
	data   string
	config string
	env    []string
}

// plan is so many servers on empty data directories: one alone, or a cluster that keeps a copy of every stream on each.
func (r *rig) plan(ctx context.Context, n int) ([]member, error) {
	config, err := r.shipped(ctx)
	if err != nil {
		return nil, err
	}
	members := make([]member, n)
	for i := range members {
		members[i].config = config
		if members[i].data, err = r.newDir("server"); err != nil {
			return nil, err
		}
	}
	if n > 1 {
		err = r.join(ctx, members)
	}
	return members, err
}

// shipped is the configuration that ships with the server, changed where a benchmark must: it listens on ports of the system's choice,
// and holds neither sessions nor users nor channels to people's speed.
func (r *rig) shipped(ctx context.Context) (string, error) {
	dir, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "natterjack").Output()
	if err != nil {
		return "", fmt.Errorf("find the repository (run this in it): %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "nats.conf"))
	if err != nil {
		return "", err
	}
	return change(string(text),
		[2]string{"\nlisten: 127.0.0.1:4222\n", "\nlisten: 127.0.0.1:-1\n"},
		[2]string{"sync_interval: always", "sync_interval: " + r.syncInterval()},
		[2]string{"\nnatterjack {\n", "\nnatterjack {\n  limits { commands_per_s: 100000, user_commands_per_s: 100000, channel_events_per_s: 100000 }\n"})
}

// change replaces texts, each of which must be there exactly once.
func change(text string, fromTo ...[2]string) (string, error) {
	for _, c := range fromTo {
		if n := strings.Count(text, c[0]); n != 1 {
			return "", fmt.Errorf("nats.conf has %q %d times", c[0], n)
		}
		text = strings.Replace(text, c[0], c[1], 1)
	}
	return text, nil
}

// join makes members of servers: with names, routes, and the secrets that all nodes of a cluster share.
func (r *rig) join(ctx context.Context, members []member) error {
	routes, err := bare.FreeAddrs(ctx, len(members))
	if err != nil {
		return err
	}
	key := filepath.Join(members[0].data, "bench-signing.pem")
	if err := writeKey(key); err != nil {
		return err
	}
	for i := range members {
		members[i].config, err = change(members[i].config,
			[2]string{"\n  limits { commands", fmt.Sprintf("\n  replicas: %d\n  limits { commands", len(members))},
			[2]string{"\n  auth {\n", fmt.Sprintf("\n  auth {\n    key: %q\n", key)})
		if err != nil {
			return err
		}
		members[i].config += fmt.Sprintf("\nserver_name: n%d\ncluster { name: bench, listen: %q, routes: [ \"nats://bench:bench@%s\" ]\n"+
			"  authorization { user: bench, password: bench } }\n",
			i+1, routes[i], strings.Join(routes, `", "nats://bench:bench@`))
		members[i].env = []string{
			"NATTERJACK_SERVICE_PASSWORD=bench-service", "NATTERJACK_OPERATOR_PASSWORD=bench-operator", "NATTERJACK_SYS_PASSWORD=bench-sys",
		}
	}
	return nil
}

// writeKey makes a private key that signs tokens.
func writeKey(path string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}
