package sessions

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestGather_asksForLittle shows that a node is told no more than it asks for.
func TestGather_asksForLittle(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	r, _ := start(t, node, 1, 1)
	const sessions = 100
	for i := range sessions {
		enter(t, r, "alice", fmt.Sprint("s", i), fmt.Sprint("t", i))
	}
	for body, want := range map[string]struct{ sessions, tokens int }{
		"": {sessions, sessions}, `{"list":true}`: {sessions, 0}, `{"session":"s7"}`: {1, 1}, `{"session":"none"}`: {0, 0},
	} {
		msg, err := node.Conn.Request(listSubject("alice"), []byte(body), patience)
		if err != nil {
			t.Fatal(err)
		}
		var all []told
		if err := json.Unmarshal(msg.Data, &all); err != nil {
			t.Fatal(err)
		}
		if tokens := bytes.Count(msg.Data, []byte("fingerprint")); len(all) != want.sessions || tokens != want.tokens {
			t.Errorf("%s: %d sessions, %d tokens, want %v", body, len(all), tokens, want)
		}
	}
	if err := r.SignOut(t.Context(), "alice", "s7"); err != nil {
		t.Error(err)
	}
}

// TestGather_bounded has other nodes tell more than a reply may weigh.
func TestGather_bounded(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	const others = 8
	r, _ := start(t, node, 1, 1+others)
	enter(t, r, "alice", "own", "t")
	large := told{Session: wire.Session{ID: "s", Agent: strings.Repeat("x", 100<<10)}}
	data, err := json.Marshal([]told{large})
	if err != nil {
		t.Fatal(err)
	}
	for range others {
		sub, err := node.Conn.Subscribe(listSubject("alice"), func(msg *nats.Msg) { _ = msg.Respond(data) })
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = sub.Unsubscribe() }()
	}
	got, err := r.List(t.Context(), "alice", "own")
	if err != nil {
		t.Fatal(err)
	}
	frame, err := wire.Append(nil, wire.Sessions{Sessions: got})
	if err != nil || len(got) < 2 || len(frame) > wire.OperationOf(wire.ListSessions{}).Weight() {
		t.Errorf("%d sessions, %d bytes, %v", len(got), len(frame), err)
	}
}

// TestGather_fits has another node tell more than there is room for, before two that tell little.
// Those are in the list. A session that is to be signed out is found in any case.
func TestGather_fits(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	r, _ := start(t, node, 1, 4)
	encode := func(all ...told) []byte {
		data, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var large []told
	for i := range 3 {
		large = append(large, told{Session: wire.Session{ID: fmt.Sprint("l", i), Agent: strings.Repeat("x", maxGathered/2)}})
	}
	many, one, another := encode(large...), encode(told{Session: wire.Session{ID: "one"}}), encode(told{Session: wire.Session{ID: "another"}})
	sub, err := node.Conn.Subscribe(listSubject("alice"), func(msg *nats.Msg) {
		for _, data := range [][]byte{many, one, another} {
			if err := msg.Respond(data); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	got, err := r.List(t.Context(), "alice", "")
	if err != nil || len(got) != 2 {
		t.Errorf("%d sessions are listed, %v; want those that fit", len(got), err)
	}
	for _, session := range []string{"l0", "another"} {
		if err := r.SignOut(t.Context(), "alice", session); err != nil {
			t.Errorf("%s: %v", session, err)
		}
	}
}
