package service

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// people returns the operations of presence and sessions for a test.
func people(over operation.Gate) *operation.Table {
	t := operation.New(over)
	operation.Handle(t, func(_ context.Context, c operation.Caller, cmd wire.GetPresence) (found wire.Presence, err error) {
		for _, u := range cmd.Users {
			found.Users = append(found.Users, wire.UserPresence{User: c.User + "-sees-" + u, State: wire.PresenceAway})
		}
		return found, nil
	})
	operation.Handle(t, func(_ context.Context, c operation.Caller, _ wire.ListSessions) (wire.Sessions, error) {
		return wire.Sessions{Sessions: []wire.Session{{ID: "of-" + c.User, Current: c.Session != ""}}}, nil
	})
	operation.Handle(t, func(_ context.Context, c operation.Caller, cmd wire.SignOut) (done wire.Done, err error) {
		if cmd.Session != "of-"+c.User {
			return done, wire.Errorf(wire.CodeInvalid, "session: none")
		}
		return done, nil
	})
	return t
}

// TestPeople_charged shows that operations outside of the log count against the user's rate,
// and are refused for a user who is too fast.
func TestPeople_charged(t *testing.T) {
	node, conn := start(t)
	log := &fake{charge: func(user string) error {
		if user == "alice" {
			return wire.Errorf(wire.CodeTooFast, "too many").After(time.Second)
		}
		return nil
	}}
	run(t, conn, New(Config{
		Conn: node.Conn, Log: log, Operations: people(log), Limits: wire.DefaultLimits(),
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
		Conn: node.Conn, Log: &fake{}, Operations: people(&fake{}), Limits: wire.DefaultLimits(),
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
