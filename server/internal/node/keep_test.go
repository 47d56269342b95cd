package node

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream"
	"natterjack/server/internal/config"
	"natterjack/server/wire"
)

// mustRunAgain runs a node, has meanwhile do something that the node stops for, and runs another
// node in its place. It returns why the first one stopped.
func mustRunAgain(t *testing.T, meanwhile func(n *Node, a Addresses)) error {
	t.Helper()
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
	why := n.Run(ctx, func(a Addresses) { meanwhile(n, a) })
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	a, stop := start(t, configured())
	mustSay(t, a, "2")
	if err := stop(); err != nil {
		t.Error(err)
	}
	return why
}

// TestRun_engineGivenUp makes the engine give up JetStream, as it does when its disk is full.
// The node stops by itself and leaves nothing behind that would prevent another node from
// running in its place.
func TestRun_engineGivenUp(t *testing.T) {
	t.Parallel()
	err := mustRunAgain(t, func(n *Node, a Addresses) {
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
}

// TestRun_streamFrozen makes a write fail for good although there is room. The engine freezes
// the stream, and a node that is alone stops because of it. A new node in its place continues
// where it was.
func TestRun_streamFrozen(t *testing.T) {
	t.Parallel()
	err := mustRunAgain(t, func(n *Node, a Addresses) {
		stream := jetstream.StreamName(mustSay(t, a, "1"))
		block := blockNext(t, n.engine.StoreDir(), stream)
		fill(t, n.engine.Conn(), "alice~bob")
		if err := os.Remove(block); err != nil { // the cause of the failed write is gone
			t.Error(err)
		}
	})
	if !errors.Is(err, ErrAgain) || !errors.Is(err, ErrDead) || errors.Is(err, ErrAnew) {
		t.Errorf("Run: %v, want %v for %v", err, ErrAgain, ErrDead)
	}
}

// blockNext makes a directory where a stream will want to begin its next file.
func blockNext(t *testing.T, store, stream string) (dir string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(store, "jetstream", "*", "streams", stream, "msgs"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the files of %s: %v, %v", stream, found, err)
	}
	dir = filepath.Join(found[0], "2.blk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fill writes to a channel, bypassing all rules, until its stream wants another file and cannot
// have one.
func fill(t *testing.T, conn *nats.Conn, channel string) {
	t.Helper()
	for range 40 {
		msg, err := conn.Request(jetstream.Subject(channel), make([]byte, 500_000), time.Second)
		if err != nil || strings.Contains(string(msg.Data), `"error"`) {
			return
		}
	}
	t.Fatal("the stream takes whatever comes")
}

func say(clientID string) string {
	return `{"type":"send","to":"bob","client_id":"` + clientID + `","content":{"text":"hi"}}`
}

func mustSay(t *testing.T, a Addresses, clientID string) (shard int) {
	t.Helper()
	status, body := post(t, a.HTTP+"/v1/frames", say(clientID), "Authorization", "Bearer "+signIn(t, a, "alice"))
	f, err := wire.DecodeFrame([]byte(strings.TrimSpace(body)))
	ack, ok := f.(wire.Ack)
	if status != http.StatusOK || err != nil || !ok {
		t.Errorf("send: %d %s", status, body)
	}
	return ack.Shard
}
