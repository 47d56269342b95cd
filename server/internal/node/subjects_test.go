package node

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"natterjack"
	"natterjack/embed"
)

// bot is the user that nats.conf has as an example.
const bot = `{ user: weatherbot, password: "of-the-test"
	permissions { publish: ["api.weatherbot.>"], subscribe: ["_INBOX.weatherbot.>"] } }`

// subjects says what each NATS user of the chat account may do: service, operator, and a bot of
// one chat user. A + is allowed, a - refused.
var subjects = []struct{ subject, publish, subscribe string }{
	{"api.alice.send", "+ + -", "- - -"},
	{"api.weatherbot.send", "+ + +", "- - -"},
	{"api.>", "+ + -", "- - -"},
	{"$SRV.PING.natterjack", "+ + -", "- - -"},
	{"chat.250.alice~bob", "- - -", "- + -"},
	{"chat.>", "- - -", "- + -"},
	{"receipt.0", "- - -", "- - -"},
	{"duty.removal.0", "- - -", "- - -"},
	{"queue.removal.media", "- - -", "- - -"},
	{"dead.removal.media", "- - -", "- - -"},
	{"digest.address.alice", "- - -", "- - -"},
	{"digest.state.alice", "- - -", "- - -"},
	{"missed.alice", "- - -", "- - -"},
	{"duty.push.0", "- - -", "- - -"},
	{"queue.push.a_example", "- - -", "- - -"},
	{"push.alice", "- - -", "- - -"},
	{"pushlog.alice.told", "- - -", "- - -"},
	{"typing.alice~bob", "- - -", "- - -"},
	{"sessions.list.alice", "- - -", "- - -"},
	{"sessions.revoked", "- - -", "- - -"},
	{"writer.0.n1", "- - -", "- - -"},
	{"leads.0", "- - -", "- - -"},
	{"level", "- - -", "- - -"},
	{"clock", "- - -", "- - -"},
	{"copies", "- - -", "- - -"},
	{"views", "- - -", "- - -"},
	{"remembers", "- - -", "- - -"},
	{"$KV.PRESENCE.user.alice.n1", "- - -", "- - -"},
	{"$KV.REVOKED.00", "- - -", "- - -"},
	{"$KV.UPLOADS.alice.aaaaaaaaaaaaaaaaaaaaaaaaaa", "- - -", "- - -"},
	{"$JS.API.INFO", "- + -", "- - -"},
	{"$JS.API.STREAM.LIST", "- + -", "- - -"},
	{"$JS.API.STREAM.NAMES", "- + -", "- - -"},
	{"$JS.API.STREAM.INFO.CHAT_0", "- + -", "- - -"},
	{"$JS.API.STREAM.MSG.GET.CHAT_0", "- + -", "- - -"},
	{"$JS.API.DIRECT.GET.CHAT_0", "- + -", "- - -"},
	{"$JS.API.STREAM.SNAPSHOT.none", "- + -", "- - -"},
	{"$JS.API.STREAM.PURGE.none", "- + -", "- - -"},
	{"$JS.API.STREAM.DELETE.none", "- + -", "- - -"},
	{"$JS.API.STREAM.MSG.DELETE.none", "- + -", "- - -"},
	{"$JS.API.STREAM.CREATE.none", "- - -", "- - -"},
	{"$JS.API.STREAM.UPDATE.none", "- - -", "- - -"},
	{"$JS.API.STREAM.RESTORE.none", "- - -", "- - -"},
	{"$JS.SNAPSHOT.RESTORE.none.x", "- - -", "- - -"},
	{"$JS.API.CONSUMER.CREATE.none.c", "- + -", "- - -"},
	{"$JS.API.CONSUMER.MSG.NEXT.none.c", "- + -", "- - -"},
	{"$JS.API.CONSUMER.DELETE.none.c", "- + -", "- - -"},
	{"$JS.API.>", "- + -", "- - -"},
	{"$JS.ACK.none.c.1.1.1.1.0", "- + -", "- - -"},
	{"$JS.EVENT.ADVISORY.API", "- - -", "- + -"},
	{"$SYS.REQ.SERVER.PING", "- - -", "- - -"},
	{"$SYS.>", "- - -", "- - -"},
	{"_INBOX.service.x", "- - -", "+ - -"},
	{"_INBOX.operator.x", "- - -", "- + -"},
	{"_INBOX.weatherbot.x", "- - -", "- - +"},
	{"_INBOX.none.x", "- - -", "- - -"},
	{"_INBOX.>", "- - -", "- - -"},
	{"_INBOX_node.x", "- - -", "- - -"},
	{"_R_.x", "- - -", "- - -"},
	{"other", "- - -", "- - -"},
	{"*", "- - -", "- - -"},
	{">", "- - -", "- - -"},
}

// TestEverySubjectByEveryUser tries every kind of subject as every user, on a whole node.
func TestEverySubjectByEveryUser(t *testing.T) {
	config := filepath.Join(t.TempDir(), "nats.conf")
	const at = "    users: [\n"
	if strings.Count(natterjack.Configuration, at) != 1 {
		t.Fatal("nats.conf has another form")
	}
	text := strings.Replace(natterjack.Configuration, at, at+bot+"\n", 1)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := load(t, "--config", config)
	a, _ := start(t, cfg)
	if err := os.WriteFile(filepath.Join(cfg.Data, "secrets", "weatherbot"), []byte("of-the-test"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, user := range []string{"service", "operator", "weatherbot"} {
		conn, _ := connect(t, a, cfg.Data, user)
		conn.SetErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}) // the last error is looked at
		for _, row := range subjects {
			if got, want := mayPublish(t, conn, row.subject), strings.Fields(row.publish)[i]; got != want {
				t.Errorf("%s publishes to %s: %s, want %s", user, row.subject, got, want)
			}
			if got, want := maySubscribe(t, conn, row.subject), strings.Fields(row.subscribe)[i]; got != want {
				t.Errorf("%s subscribes to %s: %s, want %s", user, row.subject, got, want)
			}
		}
	}
	for user, password := range map[string]string{"service": "", "operator": "x", "unknown": "x", "": "", "natterjack-node-AAAAAAAA": ""} {
		if conn, err := nats.Connect(a.NATS, nats.UserInfo(user, password)); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%q with the password %q: %v", user, password, err)
			conn.Close()
		}
	}
}

func mayPublish(t *testing.T, conn *nats.Conn, subject string) string {
	t.Helper()
	if strings.ContainsAny(subject, "*>") {
		subject = strings.NewReplacer("*", "x", ">", "x").Replace(subject)
	}
	if err := conn.Publish(subject, []byte("x")); err != nil {
		t.Fatal(err)
	}
	return judged(t, conn, `Publish to "`+subject+`"`)
}

func maySubscribe(t *testing.T, conn *nats.Conn, subject string) string {
	t.Helper()
	sub, err := conn.SubscribeSync(subject)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	return judged(t, conn, `Subscription to "`+subject+`"`)
}

// judged returns - if the last error of a connection is that the server has refused something.
func judged(t *testing.T, conn *nats.Conn, what string) string {
	t.Helper()
	if err := conn.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
	if err := conn.LastError(); err != nil && strings.Contains(err.Error(), what) {
		return "-"
	}
	return "+"
}

// TestNodesSubjectsAreTheirOwn shows that a user who may publish or subscribe to any subject of
// a real node keeps that node from starting.
func TestNodesSubjectsAreTheirOwn(t *testing.T) {
	cfg := load(t)
	a, _ := start(t, cfg)
	sys, _ := connect(t, a, cfg.Data, "sys")
	operator, _ := connect(t, a, cfg.Data, "operator")
	reply, err := sys.Request("$SYS.REQ.SERVER.PING.CONNZ", []byte(`{"subscriptions":true,"auth":true}`), patience)
	if err != nil {
		t.Fatal(err)
	}
	var connz struct {
		Data struct {
			Connections []struct {
				Name          string   `json:"name"`
				Subscriptions []string `json:"subscriptions_list"`
			}
		}
	}
	if err := json.Unmarshal(reply.Data, &connz); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range connz.Data.Connections {
		if !strings.HasPrefix(c.Name, "natterjack-node-") {
			continue
		}
		for _, s := range c.Subscriptions {
			if strings.HasPrefix(s, "_INBOX_") || strings.HasPrefix(s, "$SRV.") {
				continue
			}
			seen++
			mustKeepFromStarting(t, "subscribe", s)
		}
	}
	if seen < 10 {
		t.Errorf("the node subscribes to %d subjects: %s", seen, reply.Data)
	}
	streams, err := operator.Request("$JS.API.STREAM.LIST", nil, patience)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Streams []struct{ Config struct{ Subjects []string } }
	}
	if err := json.Unmarshal(streams.Data, &list); err != nil || len(list.Streams) == 0 {
		t.Fatalf("%s, %v", streams.Data, err)
	}
	for _, s := range list.Streams {
		for _, subject := range s.Config.Subjects {
			mustKeepFromStarting(t, "publish", subject)
		}
	}
}

func mustKeepFromStarting(t *testing.T, verb, subject string) {
	t.Helper()
	other := map[string]string{"publish": "subscribe", "subscribe": "publish"}[verb]
	o := &server.Options{}
	text := `accounts { CHAT { users: [ { user: u, password: p, permissions { ` + verb + `: ["` + subject + `"], ` + other + ` { deny: ">" } } } ] } }`
	if err := o.ProcessConfigString(text); err != nil {
		t.Fatal(err)
	}
	if len(embed.Expose(o).Refused) == 0 {
		t.Errorf("a user may %s to %s, which nodes use", verb, subject)
	}
}
