package node

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/server/wire"
)

const aliceAndBob = "chat." + slotOfAliceAndBob + ".alice~bob"

// forgery is what an operator would have in bob's name.
const forgery = `{"kind":"message","version":3,"id":"x","sender":"bob","seq":2,"timestamp":1,"content":{"text":"forged"}}`

// TestOperator_makesNoStreamThatWrites tries every way in which a stream writes for its maker.
func TestOperator_makesNoStreamThatWrites(t *testing.T) {
	cfg := load(t)
	a, _ := start(t, cfg)
	conn, violations := connect(t, a, cfg.Data, "operator")
	request(t, conn, "api.alice.send", message)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	shard, err := js.StreamNameBySubject(t.Context(), aliceAndBob)
	if err != nil {
		t.Fatal(err)
	}
	var info struct{ Config json.RawMessage }
	got, err := conn.Request("$JS.API.STREAM.INFO."+shard, nil, patience)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got.Data, &info); err != nil {
		t.Fatal(err)
	}
	for subject, body := range map[string]string{
		"$JS.API.STREAM.CREATE.FORGE":    `{"name":"FORGE","subjects":["api.forge.>"],"storage":"memory","republish":{"src":">","dest":"` + aliceAndBob + `"}}`,
		"$JS.API.STREAM.CREATE.MIRROR":   `{"name":"MIRROR","storage":"memory","mirror":{"name":"` + shard + `"}}`,
		"$JS.API.STREAM.UPDATE." + shard: string(info.Config),
		"$JS.API.STREAM.RESTORE.FORGE":   `{"config":{"name":"FORGE","subjects":["forge"],"storage":"file"},"state":{}}`,
		"$JS.SNAPSHOT.RESTORE.FORGE.x":   forgery,
	} {
		if err := conn.PublishRequest(subject, "_INBOX.operator.x", []byte(body)); err != nil {
			t.Fatal(err)
		}
		mustRefuse(t, violations, subject)
	}
	mustHaveOneMessage(t, conn)
}

// TestOperator_cannotForge shows that what an operator makes JetStream itself put under a chat
// subject does not count: the copy of an event of another channel, or an answer of its API.
func TestOperator_cannotForge(t *testing.T) {
	cfg := load(t)
	a, _ := start(t, cfg)
	conn, _ := connect(t, a, cfg.Data, "operator")
	for i := range 2 {
		request(t, conn, "api.bob.send", fmt.Sprintf(`{"to":"carol","client_id":"c%d","content":{"text":"for carol"}}`, i))
	}
	request(t, conn, "api.alice.send", message)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	bobAndCarol := fmt.Sprintf("chat.%d.bob~carol", wire.SlotOf("bob~carol"))
	from, into := shardOf(t, js, bobAndCarol), shardOf(t, js, aliceAndBob)
	before := lastOf(t, js, into)
	// The last event there has the version and the seq that are the next here.
	for _, c := range []struct{ subject, body string }{
		{"$JS.API.CONSUMER.CREATE." + from + ".pull." + bobAndCarol, fmt.Sprintf(
			`{"stream_name":%q,"config":{"name":"pull","ack_policy":"none","deliver_policy":"last","filter_subject":%q}}`, from, bobAndCarol)},
		{"$JS.API.CONSUMER.MSG.NEXT." + from + ".pull", `{"batch":1}`},
		{"$JS.API.STREAM.INFO." + into, ""},
		{"$JS.API.DIRECT.GET." + from, `{"last_by_subj":"` + bobAndCarol + `"}`},
		{"$JS.API.CONSUMER.CREATE." + from + ".push", fmt.Sprintf(
			`{"stream_name":%q,"config":{"name":"push","ack_policy":"none","deliver_policy":"last","deliver_subject":%q}}`, from, aliceAndBob)},
	} {
		reply := aliceAndBob
		if strings.Contains(c.subject, ".CREATE.") {
			reply = "_INBOX.operator.made"
		}
		if err := conn.PublishRequest(c.subject, reply, []byte(c.body)); err != nil {
			t.Fatal(err)
		}
		if err := conn.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); lastOf(t, js, into) < before+2; <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing came into the stream, so nothing was tried")
		}
	}
	mustHaveOneMessage(t, conn)
	if f := request(t, conn, "api.bob.send", `{"to":"alice","client_id":"c9","content":{"text":"real"}}`); f.Seq != 2 {
		t.Errorf("the next message has seq %d, want 2", f.Seq)
	}
}

func lastOf(t *testing.T, js jetstream.JetStream, stream string) uint64 {
	t.Helper()
	s, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.LastSeq
}

func shardOf(t *testing.T, js jetstream.JetStream, subject string) string {
	t.Helper()
	name, err := js.StreamNameBySubject(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// mustHaveOneMessage checks that bob and alice still have the one message.
func mustHaveOneMessage(t *testing.T, conn *nats.Conn) {
	t.Helper()
	reply, err := conn.Request("api.bob.history", []byte(`{"channel":"alice~bob"}`), patience)
	if err != nil {
		t.Fatal(err)
	}
	frame, err := wire.DecodeFrame(reply.Data)
	if page, ok := frame.(wire.Page); err != nil || !ok || len(page.Events) != 1 || page.Events[0].Content.Text != "hi" {
		t.Errorf("the history is %s, %v", reply.Data, err)
	}
}
