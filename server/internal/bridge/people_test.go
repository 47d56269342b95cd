package bridge

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/presence"
	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// newPeopleRig returns a rig with presence and sessions.
func newPeopleRig(t *testing.T) *rig {
	t.Helper()
	node := embedtest.Start(t, embedtest.NoSync)
	log := logOn(t, node)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tracker, err := presence.New(ctx, presence.Config{Conn: node.Conn, Node: node.Name(), Privacy: log, Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := sessions.New(ctx, sessions.Config{Conn: node.Conn, Nodes: tracker.Living, Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	log.WatchSight(tracker.Reconsider)
	typing := presence.NewTyping(node.Conn, log)
	tracker.Bind(log.Operations())
	typing.Bind(log.Operations())
	registry.Bind(log.Operations())
	run, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = tracker.Run(run) })
	running.Go(func() { _ = registry.Run(run) })
	t.Cleanup(running.Wait)
	t.Cleanup(stop)
	r := newRig(t, Config{Log: log, Presence: tracker, Sessions: registry})
	running.Go(func() { _ = typing.Run(run, r.Typed) })
	<-registry.Ready()
	<-tracker.Ready()
	return r
}

// befriend makes two users contacts, and takes the frames that they get for it.
func befriend(c *client, to string, others ...*client) {
	c.tb.Helper()
	c.send(`{"type":"send","ref":9,"to":"` + to + `","client_id":"hello-` + to + `","content":{"text":"hello"}}`)
	for _, each := range append(others, c) {
		eventuallyEvent(each, "hello")
	}
}

// eventuallyEvent reads frames up to a message with the given text, and returns the frames
// before it.
func eventuallyEvent(c *client, text string) (before []wire.Frame) {
	c.tb.Helper()
	for {
		f := decode[wire.Frame](c.tb, c.next())
		if e, ok := f.(wire.Event); ok && e.Content != nil && e.Content.Text == text {
			return before
		}
		before = append(before, f)
	}
}

func TestPresence(t *testing.T) {
	r := newPeopleRig(t)
	alice := r.connect(t, "alice")
	befriend(alice, "bob")
	alice.send(`{"type":"follow_presence","ref":2,"users":["bob","stranger","bob"]}`)
	now := awaitFrame[wire.Presence](alice)
	want := wire.Presence{Ref: wire.Ref{Ref: 2}, Users: []wire.UserPresence{
		{User: "bob", State: wire.PresenceOffline}, {User: "stranger", State: wire.PresenceUnknown},
	}}
	if diff := cmp.Diff(want, now); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	stranger := r.connect(t, "stranger")
	bob := r.connect(t, "bob")
	mustTell(alice, "bob", wire.PresenceOnline)
	bob.send(`{"type":"set_presence","ref":3,"state":"away"}`)
	if d := awaitFrame[wire.Done](bob); d.Ref.Ref != 3 {
		t.Errorf("answered %+v", d)
	}
	mustTell(alice, "bob", wire.PresenceAway)
	second := r.connect(t, "bob")
	mustTell(alice, "bob", wire.PresenceOnline) // the most visible state of bob's sessions
	second.send(`{"type":"set_presence","state":"invisible"}`)
	mustTell(alice, "bob", wire.PresenceAway)
	bob.send(`{"type":"set_presence","state":"invisible"}`)
	if p := mustTell(alice, "bob", wire.PresenceOffline); p.LastSeen == 0 {
		t.Error("it is not told since when he is away")
	}
	stranger.send(`{"type":"send","ref":7,"to":"alice","client_id":"hi","content":{"text":"hi"}}`)
	mustTell(alice, "stranger", wire.PresenceOnline) // the two share a channel by then
	stranger.send(`{"type":"set","ref":8,"name":"privacy/last_seen","value":"nobody"}`)
	mustTell(alice, "stranger", wire.PresenceUnknown)
	got := r.lines(t, wire.PathFrames, `{"type":"get_presence","ref":4,"users":["stranger","bob"]}`, "Authorization", "Bearer alice")[0].(wire.Presence)
	if len(got.Users) != 2 || got.Users[0].State != wire.PresenceUnknown || got.Users[1].State != wire.PresenceOffline || got.Ref.Ref != 4 {
		t.Errorf("asked once: %+v", got)
	}
	alice.send(`{"type":"follow_presence","ref":5,"users":[]}`)
	if p := awaitFrame[wire.Presence](alice); len(p.Users) != 0 {
		t.Errorf("nobody is %+v", p)
	}
	refused := r.lines(t, wire.PathFrames, `{"type":"set_presence","ref":6,"state":"away"}`, "Authorization", "Bearer alice")
	if e, ok := refused[0].(*wire.Error); !ok || e.Code != wire.CodeNotConnected {
		t.Errorf("over HTTP: %+v", refused[0])
	}
}

// mustTell takes the next presence frame, which must be about the one given user.
func mustTell(c *client, user string, state wire.PresenceState) wire.UserPresence {
	c.tb.Helper()
	p := awaitFrame[wire.Presence](c)
	if p.Ref.Ref != 0 || len(p.Users) != 1 || p.Users[0].User != user || p.Users[0].State != state {
		c.tb.Fatalf("told %+v, want %s %s", p, user, state)
	}
	return p.Users[0]
}

// TestTyping shows that only the peer's sessions are told, and only once if typing is sent
// several times.
func TestTyping(t *testing.T) {
	r := newPeopleRig(t)
	alice, phone := r.connect(t, "alice"), r.connect(t, "alice")
	bob, tablet, eve := r.connect(t, "bob"), r.connect(t, "bob"), r.connect(t, "eve")
	alice.send(`{"type":"set_typing","ref":1,"channel":"alice~bob"}`)
	alice.expectError(wire.CodeForbidden, 1) // there are no messages yet
	befriend(alice, "bob", phone, bob, tablet)
	for range 3 {
		alice.send(`{"type":"set_typing","ref":2,"channel":"alice~bob"}`)
		awaitFrame[wire.Done](alice)
	}
	eve.send(`{"type":"set_typing","ref":3,"channel":"alice~bob"}`)
	eve.expectError(wire.CodeForbidden, 3)
	for _, c := range []*client{bob, tablet} {
		if got := awaitFrame[wire.Typing](c); got != (wire.Typing{Channel: "alice~bob", User: "alice"}) {
			t.Errorf("told %+v", got)
		}
	}
	alice.send(`{"type":"send","to":"bob","client_id":"end","content":{"text":"end"}}`)
	nobodyTypes(t, "end", alice, phone, bob, tablet)
}

// TestTyping_group shows that in a group the members who watch it are told, as long as they are
// members.
func TestTyping_group(t *testing.T) {
	r := newPeopleRig(t)
	alice, bob, carol, eve := r.connect(t, "alice"), r.connect(t, "bob"), r.connect(t, "carol"), r.connect(t, "eve")
	alice.send(`{"type":"create_group","ref":1,"client_id":"g","name":"Hiking","members":["bob","carol"]}`)
	group := awaitFrame[wire.Channel](alice).Channel.ID
	for _, c := range []*client{alice, bob, eve} { // eve watches, but is no member; carol does not watch
		c.send(`{"type":"watch","ref":2,"channels":["` + group + `"]}`)
		awaitFrame[wire.Done](c)
	}
	typing, say := `{"type":"set_typing","ref":3,"channel":"`+group+`"}`, `{"type":"send","channel":"`+group+`","client_id":"%s","content":{"text":"%[1]s"}}`
	alice.send(typing)
	if got := awaitFrame[wire.Typing](bob); got != (wire.Typing{Channel: group, User: "alice"}) {
		t.Errorf("told %+v", got)
	}
	alice.send(fmt.Sprintf(say, "said"))
	nobodyTypes(t, "said", alice, bob, carol)
	alice.send(`{"type":"remove_member","ref":4,"channel":"` + group + `","user":"bob"}`)
	awaitFrame[wire.Ack](alice)
	eventually(t, func() bool { return !r.log.Member("bob", group) })
	carol.send(typing)
	if got := awaitFrame[wire.Typing](alice); got != (wire.Typing{Channel: group, User: "carol"}) {
		t.Errorf("told %+v", got)
	}
	for _, c := range []*client{bob, eve} {
		c.send(`{"type":"list_channels","ref":6}`)
		for {
			f := decode[wire.Frame](t, c.next())
			if _, typed := f.(wire.Typing); typed {
				t.Errorf("who is no member is told %+v", f)
			}
			if _, asked := f.(wire.Channels); asked {
				break
			}
		}
	}
}

// nobodyTypes checks that no typing frame came before a message.
func nobodyTypes(t *testing.T, text string, all ...*client) {
	t.Helper()
	for i, c := range all {
		for _, f := range eventuallyEvent(c, text) {
			if typed, ok := f.(wire.Typing); ok {
				t.Errorf("client %d is told %+v", i, typed)
			}
		}
	}
}

func TestSessions_list(t *testing.T) {
	r := newPeopleRig(t)
	phone := r.dial(t, "User-Agent", "phone "+strings.Repeat("é", 200)).listen()
	phone.send(`{"type":"connect","v":1,"token":"alice"}`)
	mine := expect[wire.Welcome](phone).Session
	nextEvent, closeStream := r.stream(t, `{"type":"connect","v":1,"token":"alice"}`, "User-Agent", "web")
	nextEvent()
	r.connect(t, "bob")
	phone.send(`{"type":"list_sessions","ref":2}`)
	got := awaitFrame[wire.Sessions](phone)
	var seen []string
	for _, s := range got.Sessions {
		seen = append(seen, fmt.Sprintf("%s %q %v", s.Transport, s.Agent, s.Current))
		if s.Current != (s.ID == mine) || s.Address != "pipe" || s.Started == 0 || time.UnixMilli(s.Started).After(time.Now()) {
			t.Errorf("got %+v", s)
		}
	}
	slices.Sort(seen)
	want := []string{`stream "web" false`, fmt.Sprintf("websocket %q true", "phone "+strings.Repeat("é", 94))}
	if diff := cmp.Diff(want, seen); diff != "" || got.Ref.Ref != 2 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	closeStream()
	eventually(t, func() bool {
		phone.send(`{"type":"list_sessions"}`)
		return len(awaitFrame[wire.Sessions](phone).Sessions) == 1
	})
}

// TestSessions_signOut ends all sessions that a token opened, on all transports. The token is
// refused afterwards.
func TestSessions_signOut(t *testing.T) {
	r := newPeopleRig(t)
	lost, twin, mine := r.connect(t, "alice/1h"), r.connect(t, "alice/1h"), r.connect(t, "alice/2h")
	nextEvent, _ := r.stream(t, `{"type":"connect","v":1,"token":"alice/1h"}`)
	nextEvent()
	lost.send(`{"type":"list_sessions","ref":2}`)
	all := awaitFrame[wire.Sessions](lost).Sessions
	victim := all[slices.IndexFunc(all, func(s wire.Session) bool { return s.Current })].ID

	bob := r.connect(t, "bob")
	bob.send(`{"type":"sign_out","ref":4,"session":"` + victim + `"}`)
	bob.expectError(wire.CodeInvalid, 4)
	mine.send(`{"type":"sign_out","ref":5,"session":"` + victim + `"}`)
	if d := awaitFrame[wire.Done](mine); d.Ref.Ref != 5 {
		t.Errorf("answered %+v", d)
	}
	lost.expectClose(wire.CloseSignedOut)
	twin.expectClose(wire.CloseSignedOut)
	if e := decode[*wire.Error](t, []byte(nextEvent().data)); e.Code != wire.CodeUnauthorized {
		t.Errorf("the stream ends with %+v", e)
	}

	again := r.dial(t).listen()
	again.send(`{"type":"connect","ref":1,"v":1,"token":"alice/1h"}`)
	again.expectError(wire.CodeUnauthorized, 1)
	again.expectClose(wire.CloseUnauthorized)
	for _, path := range []string{wire.PathFrames, wire.PathPoll, wire.PathStream} {
		resp := r.post(t, path, `{"type":"connect","v":1}`, "Authorization", "Bearer alice/1h")
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s %s", path, resp.Status, body)
		}
	}
	mine.send(`{"type":"refresh","ref":6,"token":"alice/1h"}`)
	mine.expectError(wire.CodeUnauthorized, 6)
	eventually(t, func() bool { // a session writes its close before it leaves the list
		mine.send(`{"type":"list_sessions","ref":7}`)
		got := awaitFrame[wire.Sessions](mine).Sessions
		return len(got) == 1 && got[0].Current
	})
}

// TestSessions_signOutSelf shows that a session that signs itself out gets its reply and is
// then closed.
func TestSessions_signOutSelf(t *testing.T) {
	r := newPeopleRig(t)
	c := r.dial(t).listen()
	c.send(`{"type":"connect","v":1,"token":"alice"}`)
	me := expect[wire.Welcome](c).Session
	c.send(`{"type":"sign_out","ref":2,"session":"` + me + `"}`)
	awaitFrame[wire.Done](c)
	c.expectClose(wire.CloseSignedOut)
}

// TestSessions_signOutUnnamed signs out what asks: a session, or the token of a request, which need
// not have opened a session.
func TestSessions_signOutUnnamed(t *testing.T) {
	r := newPeopleRig(t)
	c, other := r.connect(t, "alice"), r.connect(t, "alice/2h")
	c.send(`{"type":"sign_out","ref":2}`)
	awaitFrame[wire.Done](c)
	c.expectClose(wire.CloseSignedOut)
	for _, token := range []string{"alice/3h", "alice/2h"} {
		resp := r.post(t, wire.PathFrames, `{"type":"sign_out","ref":3}`, "Authorization", "Bearer "+token)
		body, err := io.ReadAll(resp.Body)
		if err != nil || !strings.Contains(string(body), `"done"`) {
			t.Errorf("%s: %s %s, %v", token, resp.Status, body, err)
		}
		resp = r.post(t, wire.PathFrames, `{"type":"list_sessions","ref":4}`, "Authorization", "Bearer "+token)
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s after it was signed out", token, resp.Status)
		}
	}
	other.expectClose(wire.CloseSignedOut)
}
