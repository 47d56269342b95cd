package node

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/server/internal/config"
)

// TestRestore backs up a running node, as the nats command does, and restores it into an empty
// directory.
func TestRestore(t *testing.T) {
	cfg := load(t)
	a, stop := start(t, cfg)
	conn, _ := connect(t, a, cfg.Data, "operator")
	request(t, conn, "api.alice.send", message)
	backup := t.TempDir()
	backUp(t, conn, backup)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), restoring(t, t.TempDir(), cfg.Data), logger(t)); err == nil || !strings.Contains(err.Error(), "has a log; choose an empty one") {
		t.Errorf("into a directory with a log: %v", err)
	}
	data := t.TempDir()
	if _, err := Restore(t.Context(), restoring(t, t.TempDir(), data), logger(t)); err == nil || !strings.Contains(err.Error(), "has no stream CHAT_0") {
		t.Errorf("of an empty backup: %v", err)
	}
	streams, err := Restore(t.Context(), restoring(t, backup, data), logger(t))
	if err != nil || len(streams) < 2 || streams[len(streams)-1] != "CHAT_0" {
		t.Fatalf("restored %v, %v", streams, err)
	}
	again := load(t, "--data", data)
	a, _ = start(t, again)
	conn, _ = connect(t, a, data, "operator")
	mustHaveOneMessage(t, conn)
	if f := request(t, conn, "api.alice.send", message); f.Seq != 1 {
		t.Errorf("a retry is message %d", f.Seq)
	}
	if f := request(t, conn, "api.bob.send", `{"to":"alice","client_id":"c2","content":{"text":"go on"}}`); f.Seq != 2 {
		t.Errorf("the next is message %d", f.Seq)
	}
}

func restoring(t *testing.T, backup, data string) *config.Config {
	t.Helper()
	cfg := load(t, "--data", data)
	cfg.Restore = &config.Restore{From: backup}
	return cfg
}

// backUp writes the files that "nats backup account" writes.
func backUp(t *testing.T, conn *nats.Conn, dir string) {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for info := range js.ListStreams(t.Context()).Info() {
		if info.Config.Storage != jetstream.FileStorage {
			continue
		}
		name := info.Config.Name
		out, err := conn.SubscribeSync("_INBOX.operator.snapshot." + name)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := conn.Request("$JS.API.STREAM.SNAPSHOT."+name, fmt.Appendf(nil, `{"deliver_subject":%q,"no_consumers":true}`, out.Subject), patience)
		if err != nil {
			t.Fatal(err)
		}
		var about struct {
			Config json.RawMessage `json:"config"`
			State  json.RawMessage `json:"state"`
		}
		if err := json.Unmarshal(reply.Data, &about); err != nil || about.Config == nil {
			t.Fatalf("%s: %s, %v", name, reply.Data, err)
		}
		var files []byte
		for {
			chunk, err := out.NextMsg(patience)
			if err != nil {
				t.Fatal(err)
			}
			if len(chunk.Data) == 0 {
				break
			}
			files = append(files, chunk.Data...)
			if chunk.Reply != "" {
				_ = conn.Publish(chunk.Reply, nil) // the engine goes on without it
			}
		}
		text, err := json.Marshal(about)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if err := os.Mkdir(to, 0o700); err != nil {
			t.Fatal(err)
		}
		for file, data := range map[string][]byte{"backup.json": text, "stream.arc.s2": files} {
			if err := os.WriteFile(filepath.Join(to, file), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
