package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestToken prints a token while the node runs, and uses it.
func TestToken(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	out, err := command(t, "token", "--as", "robot", "--expires", "1h", "--data", data).Output()
	token := strings.TrimSuffix(string(out), "\n")
	if err != nil || strings.Count(token, ".") != 2 || strings.ContainsAny(token, " \n") {
		t.Fatalf("%v, printed %q", err, out)
	}
	if seq := p.send(token, "by-the-robot"); seq != 1 {
		t.Errorf("sent as message %d", seq)
	}
	byKey, err := command(t, "token", "--as", "robot", "--key", filepath.Join(data, "secrets", "signing.pem"), "--config", "no-such-file").Output()
	if err != nil {
		t.Fatal(err)
	}
	if seq := p.send(strings.TrimSpace(string(byKey)), "by-the-robot-again"); seq != 2 {
		t.Errorf("sent as message %d", seq)
	}
	for _, args := range [][]string{{"--as", "Alice"}, {"--as", "alice", "--expires", "0s"}, {"--as", "alice", "--expires", "20000h"}} {
		out, err := command(t, append([]string{"token", "--data", data}, args...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "1s to") && !strings.Contains(string(out), "a-z") {
			t.Errorf("%v: %v, %s", args, err, out)
		}
	}
	p.signal(syscall.SIGTERM)
	if err := p.end(); err != nil {
		t.Error(err)
	}
	if log := p.stderr.String(); strings.Contains(log, token) || strings.Contains(log, token[strings.LastIndex(token, ".")+1:]) {
		t.Error("the token is in the log")
	}
}

func TestToken_refused(t *testing.T) {
	public := filepath.Join(t.TempDir(), "public.pem")
	key, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	provided := filepath.Join(t.TempDir(), "nats.conf")
	for path, text := range map[string][]byte{
		public:   pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		provided: []byte(`natterjack { auth { issuer: "https://id.example", audience: a } }`),
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"nobody":            {code: 2, want: "--as"},
		"no node":           {args: []string{"--as", "alice"}, code: 1, want: "a node makes its key when it first starts"},
		"no such key":       {args: []string{"--as", "alice", "--key", "none.pem"}, code: 1, want: "none.pem: no such file"},
		"public key":        {args: []string{"--as", "alice", "--key", public}, code: 1, want: "no private key"},
		"tokens of another": {args: []string{"--as", "alice", "--config", provided}, code: 1, want: "accepts only tokens of https://id.example"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := command(t, append([]string{"token"}, tt.args...)...)
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run() // the exit code is checked
			if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 {
				t.Errorf("exit code %d, want %d, with %q in:\n%s\nprinted %q", code, tt.code, tt.want, &stderr, &stdout)
			}
			if made, _ := filepath.Glob(filepath.Join(cmd.Dir, "*")); len(made) > 0 {
				t.Errorf("it made %v", made)
			}
		})
	}
}
