package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack"
	"natterjack/server/wire"
)

// notifier is the example in nats.conf of a service that tells users by itself.
const notifier = `{ user: notifier, password: "of-the-test"
	permissions { publish { deny: ">" }, subscribe: ["_INBOX.notifier.>", "push.*"] } }`

// TestPush_services shows that a service that tells users by itself hears what they are to be told,
// although the node tells them in no way, and nothing that they do not want to hear.
func TestPush_services(t *testing.T) {
	const at = "    users: [\n"
	text := strings.Replace(natterjack.Configuration, at, at+notifier+"\n", 1)
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := load(t, "--config", file)
	cfg.Push.Webhook.Off = true
	a, _ := start(t, cfg)
	if err := os.WriteFile(filepath.Join(cfg.Data, "secrets", "notifier"), []byte("of-the-test"), 0o600); err != nil {
		t.Fatal(err)
	}
	conn, _ := connect(t, a, cfg.Data, "notifier")
	told := make(chan *nats.Msg, 16)
	if _, err := conn.ChanSubscribe("push.*", told); err != nil {
		t.Fatal(err)
	}
	if err := conn.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
	alice, bob := pusher{a.HTTP, signIn(t, a, "alice")}, pusher{a.HTTP, signIn(t, a, "bob")}
	if offered := bob.do(t, wire.GetPush{}).(wire.Push); offered.On {
		t.Errorf("%+v", offered)
	}
	bob.do(t, wire.Set{Name: wire.SettingMute + "bob~carol", Value: "0", ClientID: "m"})
	pusher{a.HTTP, signIn(t, a, "carol")}.do(t, wire.Send{To: "bob", ClientID: "1", Content: wire.Content{Text: "not this"}})
	alice.do(t, wire.Send{To: "bob", ClientID: "1", Content: wire.Content{Text: "are you there?"}})
	var m *nats.Msg
	select {
	case m = <-told:
	case <-time.After(patience):
		t.Fatal("the service hears nothing")
	}
	if m.Subject != "push.bob" || !strings.Contains(string(m.Data), `"channel":"alice~bob","seq":1,"title":"alice","body":"are you there?","badge":1`) {
		t.Errorf("%s: %s", m.Subject, m.Data)
	}
}
