package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"natterjack/jetstream"
	"natterjack/server/wire"
)

func TestSend(t *testing.T) {
	w := startWhole(t)
	c := w.connect(t, "backend")
	before := time.Now().UnixMilli()
	first := ask[wire.Ack](t, c.Conn, "api.alice.send", `{"ref":7,"to":"bob","client_id":"c1","content":{"text":"one"}}`, nil)
	if first.Ref.Ref != 7 || first.Channel != "alice~bob" || first.Seq != 1 || first.ClientID != "c1" || first.ID == "" || first.Pos == 0 || first.Timestamp < before {
		t.Errorf("got %+v", first)
	}
	second := ask[wire.Ack](t, c.Conn, "api.bob.send", `{"channel":"alice~bob","client_id":"c1","content":{"text":"two"}}`, nil)
	if second.Seq != 2 || second.ID == first.ID {
		t.Errorf("another's message under the same client id: %+v", second)
	}
	again := ask[wire.Ack](t, c.Conn, "api.alice.send", `{"ref":7,"to":"bob","client_id":"c1","content":{"text":"one"}}`, nil)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("a retry (-first +again):\n%s", diff)
	}
}

func TestSend_ClientIDs(t *testing.T) {
	w := startWhole(t)
	c := w.connect(t, "backend")
	body := `{"to":"bob","content":{"text":"hello"}}`
	header := nats.Header{nats.MsgIdHdr: {"order-4711"}}
	named := ask[wire.Ack](t, c.Conn, "api.alice.send", body, header)
	if again := ask[wire.Ack](t, c.Conn, "api.alice.send", body, header); named.ClientID != "order-4711" || again != named {
		t.Errorf("by header: %+v, then %+v", named, again)
	}
	own := ask[wire.Ack](t, c.Conn, "api.alice.send", `{"to":"bob","client_id":"own","content":{"text":"hello"}}`, header)
	if own.ClientID != "own" || own.Seq != 2 {
		t.Errorf("the body's own goes first: %+v", own)
	}
	random := ask[wire.Ack](t, c.Conn, "api.alice.send", body, nil)
	if other := ask[wire.Ack](t, c.Conn, "api.alice.send", body, nil); other.Seq != random.Seq+1 || !wire.ValidClientID(random.ClientID) {
		t.Errorf("without: %+v, then %+v", random, other)
	}
	frame, _ := exchange(t, c.Conn, "api.alice.send", body, nats.Header{nats.MsgIdHdr: {"two words"}})
	if e, ok := frame.(*wire.Error); !ok || e.Code != wire.CodeInvalid {
		t.Errorf("a header that is no client id: %v", frame)
	}
}

func TestCreateGroup(t *testing.T) {
	w := startWhole(t)
	c := w.connect(t, "backend")
	body := `{"ref":3,"client_id":"g1","name":"Hiking","members":["bob","carol"]}`
	made := ask[wire.Channel](t, c.Conn, "api.alice.create_group", body, nil)
	want := wire.ChannelInfo{ID: made.Channel.ID, Kind: wire.Group, Name: "Hiking", Role: wire.RoleOwner, MemberCount: 3, Members: []string{"alice", "bob", "carol"}, Active: made.Channel.Active}
	// the shard follows from the id, and it is the first event there
	want.At = wire.ShardPos{Shard: made.Channel.At.Shard, Pos: 1}
	if diff := cmp.Diff(wire.Channel{Ref: wire.Ref{Ref: 3}, Channel: want}, made); diff != "" || !wire.ValidChannel(made.Channel.ID) {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := ask[wire.Channel](t, c.Conn, "api.alice.create_group", body, nil); !cmp.Equal(made, again) {
		t.Errorf("a retry made %+v", again)
	}
	one := ask[wire.Channel](t, c.Conn, "api.alice.create_group", `{"name":"Hiking"}`, nil)
	if other := ask[wire.Channel](t, c.Conn, "api.alice.create_group", `{"name":"Hiking"}`, nil); one.Channel.ID == other.Channel.ID {
		t.Error("without a client id, a second command met the first one's group")
	}
	byHeader := nats.Header{nats.MsgIdHdr: {"g1"}}
	if met := ask[wire.Channel](t, c.Conn, "api.alice.create_group", `{"name":"Hiking","members":["bob","carol"]}`, byHeader); met.Channel.ID != made.Channel.ID {
		t.Errorf("Nats-Msg-Id made %s, not %s", met.Channel.ID, made.Channel.ID)
	}
}

func TestHistoryAndChannels(t *testing.T) {
	w := startWhole(t)
	c := w.connect(t, "backend")
	for i := range 5 {
		ask[wire.Ack](t, c.Conn, "api.alice.send", fmt.Sprintf(`{"to":"bob","client_id":"c%d","content":{"text":"%d"}}`, i, i), nil)
	}
	page := ask[wire.Page](t, c.Conn, "api.bob.history", `{"ref":5,"channel":"alice~bob","before":5,"limit":2}`, nil)
	if page.Ref.Ref != 5 || page.Channel != "alice~bob" || !page.More || !slices.Equal(seqs(page), []uint64{3, 4}) {
		t.Errorf("got %+v", page)
	}
	if text := page.Events[0].Content.Text; text != "2" {
		t.Errorf("seq 3 says %q", text)
	}
	for _, body := range []string{"", "{}", `{"limit":10}`} {
		list := ask[wire.Channels](t, c.Conn, "api.bob.list_channels", body, nil)
		if len(list.Channels) != 1 || list.Channels[0].ID != "alice~bob" || list.Channels[0].Seq != 5 || list.More {
			t.Errorf("%q: %+v", body, list)
		}
	}
	if list := ask[wire.Channels](t, c.Conn, "api.eve.list_channels", "", nil); len(list.Channels) != 0 {
		t.Errorf("eve sees %+v", list)
	}
}

// TestHistory_LargerThanAMessage shows that a page too large for NATS is cut, and that reading
// on from there misses nothing.
func TestHistory_LargerThanAMessage(t *testing.T) {
	w := startWhole(t)
	c := w.connect(t, "backend")
	long := strings.Repeat(`"`, w.cfg.Limits.TextBytes) // doubles in JSON
	const messages = 60
	for i := range messages {
		cmd := wire.Send{To: "bob", ClientID: fmt.Sprint("c", i), Content: wire.Content{Text: long}}
		if _, err := w.log.Change(t.Context(), "alice", cmd); err != nil {
			t.Fatal(err)
		}
	}
	for name, read := range map[string]func() []uint64{
		"backwards": func() (got []uint64) {
			for before, more := uint64(0), true; more; {
				p := ask[wire.Page](t, c.Conn, "api.bob.history", fmt.Sprintf(`{"channel":"alice~bob","before":%d,"limit":100}`, before), nil)
				got, before, more = append(seqs(p), got...), p.Events[0].Seq, p.More
			}
			return got
		},
		"forwards": func() (got []uint64) {
			for after, more := uint64(1), true; more; {
				p := ask[wire.Page](t, c.Conn, "api.bob.history", fmt.Sprintf(`{"channel":"alice~bob","after":%d,"limit":100}`, after), nil)
				got, after, more = append(got, seqs(p)...), p.Events[len(p.Events)-1].Seq, p.More
			}
			return append([]uint64{1}, got...)
		},
	} {
		var want []uint64
		for seq := range uint64(messages) {
			want = append(want, seq+1)
		}
		if diff := cmp.Diff(want, read()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func seqs(p wire.Page) (seqs []uint64) {
	for _, e := range p.Events {
		seqs = append(seqs, e.Seq)
	}
	return seqs
}

func TestErrors(t *testing.T) {
	w := startWhole(t)
	c := w.connect(t, "backend")
	ask[wire.Ack](t, c.Conn, "api.alice.send", `{"to":"bob","client_id":"c1","content":{"text":"hello"}}`, nil)
	ask[wire.Channel](t, c.Conn, "api.alice.create_group", `{"client_id":"g1","name":"Hiking"}`, nil)
	for name, r := range map[string]struct {
		subject, body string
		code          wire.Code
		ref           uint64
	}{
		"not_json":          {"api.alice.send", `hello`, wire.CodeMalformed, 0},
		"type_in_body":      {"api.alice.send", `{"type":"send","ref":7}`, wire.CodeMalformed, 7},
		"unknown_member":    {"api.alice.history", `{"ref":7,"channel":"alice~bob","what":1}`, wire.CodeMalformed, 7},
		"wrong_type":        {"api.alice.create_group", `{"ref":7,"name":5}`, wire.CodeMalformed, 7},
		"list_not_json":     {"api.alice.list_channels", `[]`, wire.CodeMalformed, 0},
		"no_text":           {"api.alice.send", `{"ref":7,"to":"bob"}`, wire.CodeInvalid, 7},
		"nothing":           {"api.alice.send", ``, wire.CodeInvalid, 0},
		"bad_channel":       {"api.alice.history", `{"ref":7,"channel":"x"}`, wire.CodeInvalid, 7},
		"bad_limit":         {"api.alice.list_channels", `{"ref":7,"limit":101}`, wire.CodeInvalid, 7},
		"bad_name":          {"api.alice.create_group", `{"ref":7,"name":""}`, wire.CodeInvalid, 7},
		"user_case":         {"api.Alice.send", `{"ref":7,"to":"bob","content":{"text":"x"}}`, wire.CodeInvalid, 0},
		"user_long":         {"api." + strings.Repeat("a", 65) + ".send", `{}`, wire.CodeInvalid, 0},
		"body_large":        {"api.alice.send", strings.Repeat(" ", 64<<10+1), wire.CodeTooLarge, 0},
		"text_large":        {"api.alice.send", `{"ref":7,"to":"bob","content":{"text":"` + strings.Repeat("x", 16<<10+1) + `"}}`, wire.CodeTooLarge, 7},
		"send_outsider":     {"api.eve.send", `{"ref":7,"channel":"alice~bob","content":{"text":"x"}}`, wire.CodeForbidden, 7},
		"history_outsider":  {"api.eve.history", `{"ref":7,"channel":"alice~bob"}`, wire.CodeForbidden, 7},
		"history_nowhere":   {"api.eve.history", `{"ref":7,"channel":"carol~eve"}`, wire.CodeForbidden, 7},
		"group_conflict":    {"api.alice.create_group", `{"ref":7,"client_id":"g1","name":"Other"}`, wire.CodeConflict, 7},
		"group_too_large":   {"api.alice.create_group", `{"ref":7,"name":"n","members":` + users(500) + `}`, wire.CodeTooLarge, 7},
		"members_too_large": {"api.alice.create_group", `{"ref":7,"name":"n","members":` + users(501) + `}`, wire.CodeTooLarge, 7},
	} {
		t.Run(name, func(t *testing.T) {
			if e := wantError(t, c.Conn, r.subject, r.body, r.code); e.Ref.Ref != r.ref {
				t.Errorf("ref %d, want %d", e.Ref.Ref, r.ref)
			}
		})
	}
	if _, err := c.Request("api.alice.dance", nil, patience); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("an operation that is not: %v", err)
	}
}

func users(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("u", i)
	}
	data, _ := json.Marshal(names)
	return string(data)
}

// TestPermissions shows that NATS itself decides which client may act as which user.
func TestPermissions(t *testing.T) {
	w := startWhole(t)
	alice := w.connect(t, "alice")
	ask[wire.Ack](t, alice.Conn, "api.alice.send", `{"to":"bob","content":{"text":"it is me"}}`, nil)
	for _, subject := range []string{"api.bob.send", "chat.0.alice~bob", "writer.0"} {
		if err := alice.PublishRequest(subject, alice.NewRespInbox(), []byte(`{"to":"alice","content":{"text":"it is bob"}}`)); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-alice.denied:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", subject, err)
			}
		case <-time.After(patience):
			t.Errorf("%s: was let through", subject)
		}
	}
	if n := stored(t, w); n != 2 { // the channel and one message
		t.Errorf("%d events are stored", n)
	}
}

// TestReplyIsAnInbox shows that a requester cannot make the service, which may publish
// everywhere, answer into a stream.
func TestReplyIsAnInbox(t *testing.T) {
	w := startWhole(t)
	alice, backend := w.connect(t, "alice"), w.connect(t, "backend").Conn
	ask[wire.Ack](t, alice.Conn, "api.alice.send", `{"to":"bob","client_id":"c1","content":{"text":"hello"}}`, nil)
	for _, reply := range []string{"chat.0.alice~bob", "chat.1.alice~bob", "writer.0", "$JS.API.STREAM.DELETE.CHAT_0", "api.bob.send", "_INBOX_SECRET.1", "_INBOXX"} {
		for _, name := range operations {
			if err := alice.PublishRequest("api.alice."+name, reply, []byte(`{"channel":"alice~bob"}`)); err != nil {
				t.Fatal(err)
			}
		}
		if err := backend.PublishRequest("$SRV.STATS", reply, nil); err != nil {
			t.Fatal(err)
		}
	}
	stats := statsOf(t, backend, w.id)
	for i := range stats.Endpoints {
		await(t, "the requests to be refused", func() bool { return statsOf(t, backend, w.id).Endpoints[i].NumErrors == 7 })
	}
	if n := stored(t, w); n != 2 {
		t.Errorf("%d events are stored", n)
	}
}

// TestSend_WithoutReply shows that a request without a reply subject gets no answer, and that
// its message is stored anyway.
func TestSend_WithoutReply(t *testing.T) {
	w := startWhole(t)
	alice := w.connect(t, "alice")
	if err := alice.Publish("api.alice.send", []byte(`{"to":"bob","content":{"text":"over and out"}}`)); err != nil {
		t.Fatal(err)
	}
	await(t, "the message", func() bool { return stored(t, w) == 2 })
}

// stored returns the number of events in all shards.
func stored(t *testing.T, w *whole) (n uint64) {
	t.Helper()
	js, err := w.node.Conn.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	for shard := range w.log.Shards() {
		info, err := js.StreamInfo(jetstream.StreamName(shard))
		if err != nil {
			t.Fatal(err)
		}
		n += info.State.Msgs
	}
	return n
}
