package node

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// connect connects as a user of the shipped configuration, with the password that the node has
// made. Refusals of the server are sent to violations.
func connect(t *testing.T, a Addresses, data, user string) (conn *nats.Conn, violations chan error) {
	t.Helper()
	password, err := os.ReadFile(filepath.Join(data, "secrets", user))
	if err != nil {
		t.Fatal(err)
	}
	violations = make(chan error, 16)
	conn, err = nats.Connect(a.NATS, nats.UserInfo(user, strings.TrimSpace(string(password))), nats.CustomInboxPrefix("_INBOX."+user),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { violations <- err }))
	if err != nil {
		t.Fatalf("connect as %s: %v", user, err)
	}
	t.Cleanup(conn.Close)
	return conn, violations
}

func mustRefuse(t *testing.T, violations chan error, what string) {
	t.Helper()
	select {
	case err := <-violations:
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("%s: %v, want %v", what, err, nats.ErrPermissionViolation)
		}
	case <-time.After(patience):
		t.Errorf("%s: was not refused", what)
	}
}

func request(t *testing.T, conn *nats.Conn, subject, body string) (frame struct {
	Type string
	Seq  uint64
	Code string
},
) {
	t.Helper()
	reply, err := conn.Request(subject, []byte(body), patience)
	if err != nil {
		t.Fatalf("request %s: %v", subject, err)
	}
	if err := json.Unmarshal(reply.Data, &frame); err != nil {
		t.Fatalf("request %s: %q", subject, reply.Data)
	}
	return frame
}

// betweenNodes are subjects whose messages nodes trust, because only nodes may send them.
var betweenNodes = []string{
	"$KV.PRESENCE.user.alice.n1", "$KV.PRESENCE.lease.n1", "$KV.REVOKED.00", "typing.alice~bob", "sessions.list.alice", "sessions.revoked", "sessions.called", "copies", "views",
}

const message = `{"to":"bob","client_id":"c1","content":{"text":"hi"}}`

func TestUsers_Service(t *testing.T) {
	cfg := load(t)
	a, _ := start(t, cfg)
	conn, violations := connect(t, a, cfg.Data, "service")
	if f := request(t, conn, "api.alice.send", message); f.Type != "ack" || f.Seq != 1 {
		t.Errorf("send: %+v, want an ack of 1", f)
	}
	if reply, err := conn.Request("$SRV.PING.natterjack", nil, patience); err != nil || !strings.Contains(string(reply.Data), "natterjack") {
		t.Errorf("ping: %v, %v", reply, err)
	}
	if f := request(t, conn, "api.alice.list_sessions", ""); f.Type != "sessions" {
		t.Errorf("list sessions: %+v", f)
	}
	if f := request(t, conn, "api.alice.get_presence", `{"users":["bob"]}`); f.Type != "presence" {
		t.Errorf("get presence: %+v", f)
	}
	for _, subject := range append(betweenNodes, "chat.0.alice~bob", "$JS.API.STREAM.LIST", "$JS.API.STREAM.DELETE.CHAT_0", "$SYS.REQ.SERVER.PING", "_INBOX.operator.x", "other") {
		if err := conn.Publish(subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
		mustRefuse(t, violations, "publish "+subject)
	}
	for _, subject := range []string{">", "chat.>", "api.>", "$JS.>", "_INBOX_*.>", "_INBOX.>", "_INBOX.operator.>", "$KV.>", "typing.>", "sessions.>"} {
		if _, err := conn.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		mustRefuse(t, violations, "subscribe "+subject)
	}
}

// TestUsers_silentConnections opens more connections that say nothing than the shipped limit
// had room for without a reserve. A service comes in beside them, and the server closes them.
func TestUsers_silentConnections(t *testing.T) {
	cfg := load(t)
	if cfg.NATS.MaxConn < 4096 || cfg.NATS.AuthTimeout > 1 {
		t.Errorf("at most %d connections, and %v s to log in", cfg.NATS.MaxConn, cfg.NATS.AuthTimeout)
	}
	cfg.NATS.MaxConn = 64 // a small model of it
	const silent = 48
	a, _ := start(t, cfg)
	conns := make([]net.Conn, silent)
	for i := range conns {
		var err error
		if conns[i], err = new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(a.NATS, "nats://")); err != nil {
			t.Fatal(err)
		}
		defer conns[i].Close()
	}
	conn, _ := connect(t, a, cfg.Data, "service")
	if f := request(t, conn, "api.alice.send", message); f.Type != "ack" {
		t.Errorf("send: %+v, want an ack", f)
	}
	for _, c := range conns {
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil { // until the server closes it
			t.Fatalf("a silent connection is still open: %v", err)
		}
	}
}

func TestUsers_Operator(t *testing.T) {
	cfg := load(t)
	a, _ := start(t, cfg)
	conn, violations := connect(t, a, cfg.Data, "operator")
	if f := request(t, conn, "api.alice.send", message); f.Type != "ack" {
		t.Errorf("send: %+v, want an ack", f)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.StreamNameBySubject(t.Context(), "chat."+slotOfAliceAndBob+".alice~bob")
	if err != nil {
		t.Fatalf("find the shard: %v", err)
	}
	consumer, err := js.OrderedConsumer(t.Context(), stream, jetstream.OrderedConsumerConfig{FilterSubjects: []string{"chat.*.alice~bob"}})
	if err != nil {
		t.Fatalf("read the log: %v", err)
	}
	batch, err := consumer.Fetch(2, jetstream.FetchMaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for msg := range batch.Messages() {
		read++
		if read == 2 && !strings.Contains(string(msg.Data()), `"hi"`) { // the first is the channel's creation
			t.Errorf("the log has %s", msg.Data())
		}
	}
	if read != 2 {
		t.Errorf("read %d events, want 2: %v", read, batch.Error())
	}
	for _, subject := range append(betweenNodes, "chat.0.alice~bob") {
		if err := conn.Publish(subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
		mustRefuse(t, violations, "publish "+subject)
	}
	for _, subject := range []string{"typing.>", "sessions.>", "$KV.>"} {
		if _, err := conn.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		mustRefuse(t, violations, "subscribe "+subject)
	}
	if _, err := conn.SubscribeSync("_INBOX.service.>"); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, violations, "read the answers to services")
	if _, err := conn.SubscribeSync("api.>"); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, violations, "take requests")
}

// slotOfAliceAndBob is FNV-1a32("alice~bob") mod 256.
const slotOfAliceAndBob = "250"

func TestUsers_System(t *testing.T) {
	cfg := load(t)
	a, _ := start(t, cfg)
	conn, _ := connect(t, a, cfg.Data, "sys")
	if reply, err := conn.Request("$SYS.REQ.SERVER.PING", nil, patience); err != nil || !strings.Contains(string(reply.Data), cfg.NATS.ServerName) {
		t.Errorf("ping the servers: %v, %v", reply, err)
	}
	if _, err := nats.Connect(a.NATS, nats.UserInfo("sys", "")); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("without the password: %v, want %v", err, nats.ErrAuthorization)
	}
}
