package service

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// known is presence and sessions as a test knows them.
type known struct{}

func (known) Get(viewer string, users []string) (people []wire.UserPresence) {
	for _, u := range users {
		people = append(people, wire.UserPresence{User: viewer + "-sees-" + u, State: wire.PresenceAway})
	}
	return people
}

func (known) List(_ context.Context, user, current string) ([]wire.Session, error) {
	return []wire.Session{{ID: "of-" + user, Current: current != ""}}, nil
}

func (known) SignOut(_ context.Context, user, session string) error {
	if session != "of-"+user {
		return wire.Errorf(wire.CodeInvalid, "session: none")
	}
	return nil
}

// TestPeople_charged: what the log does not do is counted by it all the same, and not done for who is too fast.
func TestPeople_charged(t *testing.T) {
	node, conn := start(t)
	log := &fake{charge: func(user string) error {
		if user == "alice" {
			return wire.Errorf(wire.CodeTooFast, "too many").After(time.Second)
		}
		return nil
	}}
	run(t, conn, New(Config{
		Conn: node.Conn, Log: log, Presence: known{}, Sessions: known{}, Limits: wire.DefaultLimits(),
		Node: "n1", Version: "1.2.3", Logger: testLogger(t, io.Discard),
	}))
	for operation, body := range map[string]string{
		"get_presence": `{"users":["bob"]}`, "list_sessions": "", "sign_out": `{"session":"of-alice"}`,
	} {
		if e := wantError(t, conn, "api.alice."+operation, body, wire.CodeTooFast); e.RetryAfter != 1000 {
			t.Errorf("%s: %+v", operation, e)
		}
	}
	ask[wire.Sessions](t, conn, "api.bob.list_sessions", "", nil)
}

func TestPeople(t *testing.T) {
	node, conn := start(t)
	cfg := Config{
		Conn: node.Conn, Log: &fake{}, Presence: known{}, Sessions: known{}, Limits: wire.DefaultLimits(),
		Node: "n1", Version: "1.2.3", Logger: testLogger(t, io.Discard),
	}
	run(t, conn, New(cfg))
	seen := ask[wire.Presence](t, conn, "api.alice.get_presence", `{"ref":1,"users":["bob"]}`, nil)
	want := wire.Presence{Ref: wire.Ref{Ref: 1}, Users: []wire.UserPresence{{User: "alice-sees-bob", State: wire.PresenceAway}}}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all := ask[wire.Sessions](t, conn, "api.alice.list_sessions", "", nil); !cmp.Equal(all.Sessions, []wire.Session{{ID: "of-alice"}}) {
		t.Errorf("got %+v", all)
	}
	if d := ask[wire.Done](t, conn, "api.alice.sign_out", `{"ref":2,"session":"of-alice"}`, nil); d.Ref.Ref != 2 {
		t.Errorf("got %+v", d)
	}
	_ = wantError(t, conn, "api.bob.sign_out", `{"session":"of-alice"}`, wire.CodeInvalid)
	_ = wantError(t, conn, "api.alice.get_presence", `{"users":["*"]}`, wire.CodeInvalid)
	_ = wantError(t, conn, "api.alice.sign_out", `{}`, wire.CodeInvalid)
}
