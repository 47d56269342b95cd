package bridge

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/jetstream"
	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// window is a client that reads a stream of server-sent events and posts its commands.
type window struct {
	rig     *rig
	tb      testing.TB
	user    string
	session string
	next    func() sse
	close   func()
}

func (r *rig) window(tb testing.TB, user string) *window {
	tb.Helper()
	next, hangUp := r.stream(tb, `{"type":"connect","v":1,"token":"`+user+`"}`)
	tb.Cleanup(hangUp)
	welcome := decode[wire.Welcome](tb, []byte(next().data))
	return &window{r, tb, user, welcome.Session, next, hangUp}
}

// post sends a command for a session.
func (w *window) post(session, command string) wire.Frame {
	w.tb.Helper()
	return w.rig.lines(w.tb, wire.PathFrames, command, "Authorization", "Bearer "+w.user, wire.HeaderSession, session)[0]
}

func (w *window) must(command string) {
	w.tb.Helper()
	if f, ok := w.post(w.session, command).(wire.Done); !ok {
		w.tb.Fatalf("%s: %+v", command, f)
	}
}

// told reads the stream up to a frame of type T.
func told[T wire.Frame](w *window) T {
	w.tb.Helper()
	for {
		if f, ok := decode[wire.Frame](w.tb, []byte(w.next().data)).(T); ok {
			return f
		}
	}
}

// TestStream_isTold shows that a stream is told everything that a session is told. The settings
// that its client makes by requests last as long as the stream.
func TestStream_isTold(t *testing.T) {
	r := newPeopleRig(t)
	alice := r.connect(t, "alice")
	befriend(alice, "bob")
	alice.send(`{"type":"create_group","ref":1,"client_id":"g","name":"n","members":["bob"]}`)
	group := awaitFrame[wire.Channel](alice).Channel.ID
	alice.send(`{"type":"send","channel":"` + group + `","client_id":"m","content":{"text":"hi"}}`)
	awaitFrame[wire.Ack](alice)
	alice.send(`{"type":"follow_presence","ref":2,"users":["bob"]}`)
	awaitFrame[wire.Presence](alice)

	bob := r.window(t, "bob")
	mustTell(alice, "bob", wire.PresenceOnline)
	bob.must(`{"type":"set_presence","ref":1,"state":"away"}`)
	mustTell(alice, "bob", wire.PresenceAway)
	if p, ok := bob.post(bob.session, `{"type":"follow_presence","ref":2,"users":["alice"]}`).(wire.Presence); !ok || p.Users[0].State != wire.PresenceOnline {
		t.Fatalf("followed: %+v", p)
	}
	alice.send(`{"type":"set_presence","ref":3,"state":"away"}`)
	if p := told[wire.Presence](bob); p.Users[0].User != "alice" || p.Users[0].State != wire.PresenceAway {
		t.Errorf("told of %+v", p)
	}
	alice.send(`{"type":"set_typing","ref":4,"channel":"alice~bob"}`)
	if f := told[wire.Typing](bob); f != (wire.Typing{Channel: "alice~bob", User: "alice"}) {
		t.Errorf("told of %+v", f)
	}
	alice.send(`{"type":"read","ref":5,"channel":"alice~bob","seq":1}`)
	if f := told[wire.Receipts](bob); f.Channel != "alice~bob" || f.Cursors[0].Read != 1 {
		t.Errorf("told of %+v", f)
	}
	bob.must(`{"type":"watch","ref":3,"channels":["` + group + `"]}`)
	alice.send(`{"type":"read","ref":6,"channel":"` + group + `","seq":1}`)
	if f := told[wire.Receipts](bob); f.Channel != group || f.Cursors[0].User != "alice" {
		t.Errorf("told of %+v", f)
	}
	bob.close()
	mustTell(alice, "bob", wire.PresenceOffline)
	eventually(t, func() bool { return !r.audience.any(group) && r.hub.stream(bob.session, "bob") == nil })
	mustRefuse(t, bob.post(bob.session, `{"type":"watch","ref":4,"channels":[]}`))
}

// TestStream_commandsNameTheirOwn shows that a command is refused in the same way if it names
// no stream, a stream that does not exist, or another user's stream.
func TestStream_commandsNameTheirOwn(t *testing.T) {
	r := newPeopleRig(t)
	bob, eve := r.window(t, "bob"), r.window(t, "eve")
	for _, command := range []string{
		`{"type":"set_presence","ref":1,"state":"away"}`, `{"type":"follow_presence","ref":1,"users":["alice"]}`, `{"type":"watch","ref":1,"channels":["bob~eve"]}`,
	} {
		for _, session := range []string{"", "nothing", bob.session} {
			mustRefuse(t, eve.post(session, command))
		}
	}
}

func mustRefuse(t *testing.T, f wire.Frame) {
	t.Helper()
	if e, ok := f.(*wire.Error); !ok || e.Code != wire.CodeNotConnected || e.Ref.Ref == 0 {
		t.Errorf("answered %+v", f)
	}
}

// TestStream_tooSlowIsOver shows that the notices waiting for a stream are bounded. A stream
// that takes nothing ends; it does not leave anything out.
func TestStream_tooSlowIsOver(t *testing.T) {
	s := &stream{exchange: new(exchange), feed: newFeed(nil, httptest.NewRequestWithContext(t.Context(), http.MethodPost, wire.PathStream, nil), "s")}
	s.begin()
	start := time.Now()
	for i := range 3 {
		s.notify(start.Add(time.Duration(i)*noticeTimeout/2), fmt.Append(nil, i))
	}
	if frames, ok := s.told(); !ok || len(frames) != 3 {
		t.Errorf("%d frames, %v", len(frames), ok)
	}
	s.notify(start, []byte("a"))
	s.notify(start.Add(noticeTimeout+1), []byte("b"))
	if _, ok := s.told(); ok {
		t.Error("it goes on although it has missed something")
	}
}

// diary notes what connections make known to others, in the order in which they do it.
type diary struct {
	mu      sync.Mutex
	entries []string
}

func (d *diary) note(entry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entry)
}

func (d *diary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.entries
	d.entries = nil
	return all
}

// The parts of a bridge that keep a diary.
type (
	logDiary struct {
		*diary
		*fakeLog
	}
	presenceDiary struct {
		*diary
		nobody
	}
	sessionsDiary struct {
		*diary
		unlisted
	}
)

func (d logDiary) Follow(*jetstream.Cursor, string, *wire.Resume, jetstream.Waker) (jetstream.Start, error) {
	d.note("follow")
	return jetstream.Start{Epoch: "fake", Positions: []uint64{0}, Recovered: true}, nil
}

func (d presenceDiary) Enter(string, wire.PresenceState) { d.note("enter") }

func (d presenceDiary) Set(_ string, from, to wire.PresenceState) {
	d.note(fmt.Sprintf("set %s %s", from, to))
}

func (d presenceDiary) Leave(_ string, state wire.PresenceState, _ time.Time) {
	d.note("leave " + string(state))
}

func (d sessionsDiary) Enter(*sessions.Session, sessions.Token) error {
	d.note("list")
	return nil
}

func (d sessionsDiary) Leave(*sessions.Session) { d.note("unlist") }

// TestAttachment shows that a connection is made known to others in the same order on every
// transport, and is forgotten in the reverse order.
func TestAttachment(t *testing.T) {
	connect := `{"type":"connect","v":1,"token":"alice","resume":{"epoch":"fake","positions":[0]}}`
	come, away := []string{"follow", "list", "enter"}, []string{"set online away"}
	for name, c := range map[string]struct {
		open func(t *testing.T, r *rig) (leave func())
		want []string
	}{
		"websocket": {func(t *testing.T, r *rig) func() {
			t.Helper()
			c := r.connect(t, "alice")
			c.send(`{"type":"set_presence","ref":1,"state":"away"}`)
			expect[wire.Done](c)
			return func() { _ = c.ws.CloseNow() }
		}, slices.Concat(come, away, []string{"leave away", "unlist"})},
		"stream": {func(t *testing.T, r *rig) func() {
			t.Helper()
			w := r.window(t, "alice")
			w.must(`{"type":"set_presence","ref":1,"state":"away"}`)
			return w.close
		}, slices.Concat(come, away, []string{"leave away", "unlist"})},
		"poll": {func(t *testing.T, r *rig) func() {
			t.Helper()
			r.lines(t, wire.PathPoll, connect, "Prefer", "wait=1")
			return func() {}
		}, slices.Concat(come, []string{"leave online", "unlist"})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := new(diary)
				r := newRig(t, Config{
					Log: logDiary{d, new(fakeLog)}, Presence: presenceDiary{diary: d}, Sessions: sessionsDiary{diary: d},
				})
				leave := c.open(t, r)
				leave()
				synctest.Wait()
				if got := d.take(); !slices.Equal(got, c.want) {
					t.Errorf("noted %q, want %q", got, c.want)
				}
				if left := len(r.hub.users) + len(r.hub.named); left != 0 {
					t.Errorf("%d users and streams are left", left)
				}
			})
		})
	}
}
