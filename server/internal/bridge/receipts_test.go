package bridge

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/jetstream"
	"natterjack/jetstream/receipts"
	"natterjack/server/wire"
)

// fakeReceipts never reports a move.
type fakeReceipts struct{}

func (fakeReceipts) ListenReceipts(receipts.Listener) {}
func (fakeReceipts) ReceiptsOf(string, []string) (*jetstream.Receipts, error) {
	return nil, errors.New("there is none")
}

func (fakeReceipts) OwnReceipt(user, _ string) (wire.Receipt, error) {
	return wire.Receipt{User: user}, nil
}

// talk is a group of alice, bob and carol over a real log, with messages in the group and
// between alice and bob.
type talk struct {
	*rig
	group string
}

func startTalk(t *testing.T, messages int) *talk {
	t.Helper()
	r := newRig(t, Config{})
	alice := r.connect(t, "alice")
	alice.send(`{"type":"create_group","ref":1,"client_id":"g","name":"n","members":["bob","carol"]}`)
	group := awaitFrame[wire.Channel](alice).Channel.ID
	for range messages {
		for _, to := range []string{`"channel":"` + group + `"`, `"to":"bob"`} {
			alice.send(`{"type":"send",` + to + `,"client_id":"` + newID() + `","content":{"text":"hi"}}`)
			awaitFrame[wire.Ack](alice)
		}
	}
	return &talk{rig: r, group: group}
}

// ask sends a command and waits for its reply. It skips events and receipts that arrive
// meanwhile.
func (c *client) ask(command string) wire.Frame {
	c.tb.Helper()
	c.send(command)
	for {
		switch f := decode[wire.Frame](c.tb, c.next()).(type) {
		case wire.Done, *wire.Error:
			return f
		case wire.Receipts:
			if f.Ref.Ref != 0 {
				return f
			}
		}
	}
}

func (c *client) must(command string) {
	c.tb.Helper()
	if f, ok := c.ask(command).(wire.Done); !ok {
		c.tb.Fatalf("%s: %+v", command, f)
	}
}

// awaitReceipt waits for receipts of a channel that contain the wanted cursor.
func (c *client) awaitReceipt(channel string, want wire.Receipt) {
	c.tb.Helper()
	for {
		if r := awaitFrame[wire.Receipts](c); r.Channel == channel && slices.Contains(r.Cursors, want) {
			return
		}
	}
}

// TestReceipts_liveAndAsked shows who is told of receipts: for a direct channel the peer, for a
// group the listeners that watch it, and a user's own sessions.
func TestReceipts_liveAndAsked(t *testing.T) {
	k := startTalk(t, 3)
	const direct = "alice~bob"
	bob, other, alice := k.connect(t, "bob"), k.connect(t, "bob"), k.connect(t, "alice")
	alice.must(`{"type":"watch","ref":1,"channels":["` + k.group + `"]}`)
	bob.must(`{"type":"read","ref":2,"channel":"` + direct + `","seq":2}`)
	other.awaitReceipt(direct, wire.Receipt{User: "bob", Read: 2, Delivered: 2})
	alice.awaitReceipt(direct, wire.Receipt{User: "bob", Read: 2, Delivered: 2})
	bob.must(`{"type":"received","ref":3,"cursors":[{"channel":"` + direct + `","seq":3},{"channel":"` + k.group + `","seq":1}]}`)
	for n := 0; n < 2; { // one for each channel, in one message or two
		r := awaitFrame[wire.Receipts](alice)
		if r.Cursors[0].User == "alice" { // of her messages
			continue
		}
		n++
		if !slices.Contains([]wire.Receipt{{User: "bob", Read: 2, Delivered: 3}, {User: "bob", Delivered: 1}}, r.Cursors[0]) {
			t.Errorf("alice is told %+v", r)
		}
	}
	want := wire.Receipts{Ref: wire.Ref{Ref: 4}, Channel: direct, Cursors: []wire.Receipt{{User: "alice", Read: 3, Delivered: 3}, {User: "bob", Read: 2, Delivered: 3}}}
	if diff := cmp.Diff(wire.Frame(want), alice.ask(`{"type":"get_receipts","ref":4,"channel":"`+direct+`"}`)); diff != "" {
		t.Errorf("get_receipts (-want +got):\n%s", diff)
	}
}

// TestReceipts_sent shows that sending a message tells that its sender has read up to it: the
// peer, and the sender's other devices, but not the device that sent it.
func TestReceipts_sent(t *testing.T) {
	k := startTalk(t, 1)
	const direct = "alice~bob"
	phone, laptop, alice := k.connect(t, "bob"), k.connect(t, "bob"), k.connect(t, "alice")
	phone.send(`{"type":"send","ref":1,"to":"alice","client_id":"b1","content":{"text":"hi"}}`)
	awaitFrame[wire.Ack](phone)
	for _, c := range []*client{alice, laptop} {
		c.awaitReceipt(direct, wire.Receipt{User: "bob", Read: 2, Delivered: 2})
	}
	laptop.must(`{"type":"read","ref":2,"channel":"` + k.group + `","seq":1}`)
	for {
		r := awaitFrame[wire.Receipts](phone)
		if slices.ContainsFunc(r.Cursors, func(c wire.Receipt) bool { return c.User == "bob" }) {
			if r.Channel != k.group {
				t.Errorf("the phone is told what it said: %+v", r)
			}
			break
		}
	}
}

// TestReceipts_outsiders shows that a user who is not a member may watch a channel, and is told
// nothing.
func TestReceipts_outsiders(t *testing.T) {
	k := startTalk(t, 3)
	eve, bob, carol := k.connect(t, "eve"), k.connect(t, "bob"), k.connect(t, "carol")
	for _, c := range []*client{eve, carol} {
		c.must(`{"type":"watch","ref":1,"channels":["` + k.group + `","alice~bob"]}`)
	}
	for _, command := range []string{
		`{"type":"read","ref":2,"channel":"` + k.group + `","seq":1}`,
		`{"type":"get_receipts","ref":2,"channel":"` + k.group + `"}`,
		`{"type":"get_receipts","ref":2,"channel":"alice~bob"}`,
	} {
		if e, ok := eve.ask(command).(*wire.Error); !ok || e.Code != wire.CodeForbidden {
			t.Errorf("%s: %+v, want it forbidden", command, e)
		}
	}
	bob.must(`{"type":"read","ref":3,"channel":"alice~bob","seq":2}`)
	bob.must(`{"type":"read","ref":4,"channel":"` + k.group + `","seq":3}`)
	carol.awaitReceipt(k.group, wire.Receipt{User: "bob", Read: 3, Delivered: 3})
	eve.send(`{"type":"list_channels","ref":9}`)
	if got := eve.next(); !strings.Contains(string(got), `"channels"`) {
		t.Errorf("eve is told %s", got)
	}
}

// TestReceipts_onceASecond shows that in a group in which all members read all the time, a
// session is told once a second.
func TestReceipts_onceASecond(t *testing.T) {
	const messages = 40
	k := startTalk(t, messages)
	alice, bob, carol := k.connect(t, "alice"), k.connect(t, "bob"), k.connect(t, "carol")
	carol.must(`{"type":"watch","ref":1,"channels":["` + k.group + `"]}`)
	began := time.Now()
	for seq := range messages {
		for _, c := range []*client{alice, bob} {
			c.must(`{"type":"read","ref":2,"channel":"` + k.group + `","seq":` + toJSON(t, seq+1) + `}`)
		}
		<-time.After(50 * time.Millisecond)
	}
	known := map[string]uint64{}
	frames := 0
	for known["alice"] < messages || known["bob"] < messages {
		r := awaitFrame[wire.Receipts](carol)
		frames++
		for _, c := range r.Cursors {
			if c.Read < known[c.User] {
				t.Errorf("%s went back to %d", c.User, c.Read)
			}
			known[c.User] = c.Read
		}
	}
	if atMost := int(time.Since(began)/receiptPause) + 1; frames > atMost {
		t.Errorf("%d frames of receipts within %v, want at most %d", frames, time.Since(began), atMost)
	}
}

// listening keeps the listener that was registered.
type listening struct {
	fakeLog
	mu sync.Mutex
	to receipts.Listener
}

func (l *listening) ListenReceipts(to receipts.Listener) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

func (l *listening) listener() receipts.Listener {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to
}

// TestReceipts_ownAtOnce shows that the user's other devices are told at once.
func TestReceipts_ownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &listening{}
		r := newRig(t, Config{Log: log})
		phone, laptop, bob := r.connect(t, "alice"), r.connect(t, "alice"), r.connect(t, "bob")
		to, began := log.listener(), time.Now()
		for n := range uint64(3) {
			to.OwnMoved("alice~bob", "alice", receipts.Mark{Read: n + 7, Delivered: n + 7})
			to.OwnMoved("alice~bob", "alice", receipts.Mark{Read: n + 5, Delivered: n + 5}) // an overtaken one
			for _, c := range []*client{phone, laptop} {
				want := wire.Receipts{Channel: "alice~bob", Cursors: []wire.Receipt{{User: "alice", Read: n + 7, Delivered: n + 7}}}
				if diff := cmp.Diff(want, expect[wire.Receipts](c)); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("told after %v", took)
		}
		synctest.Wait()
		if len(bob.inbox) != 0 {
			t.Errorf("bob is told %s", <-bob.inbox)
		}
	})
}

// TestReceipts_notToldWhatItSaid shows that a device that reported a position is told only of
// later positions.
func TestReceipts_notToldWhatItSaid(t *testing.T) {
	k := startTalk(t, 3)
	const direct = "alice~bob"
	phone, laptop := k.connect(t, "bob"), k.connect(t, "bob")
	phone.must(`{"type":"received","ref":1,"cursors":[{"channel":"` + direct + `","seq":3}]}`)
	phone.must(`{"type":"read","ref":2,"channel":"` + direct + `","seq":1}`)
	laptop.awaitReceipt(direct, wire.Receipt{User: "bob", Read: 1, Delivered: 3})
	laptop.must(`{"type":"read","ref":3,"channel":"` + direct + `","seq":2}`)
	want := wire.Receipts{Channel: direct, Cursors: []wire.Receipt{{User: "bob", Read: 2, Delivered: 3}}}
	for {
		got := awaitFrame[wire.Receipts](phone)
		if got.Cursors[0].User == "alice" { // of her messages
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the first that the phone is told of its user (-want +got):\n%s", diff)
		}
		break
	}
}

// TestNotify_tricklingIsCutOff shows that time bounds what waits for a session that takes a
// byte a second.
func TestNotify_tricklingIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &listening{}
		r := newRig(t, Config{Log: log})
		c := r.dial(t)
		c.send(`{"type":"connect","ref":1,"v":1,"token":"alice/1h"}`)
		c.listenOnce()
		to, began := log.listener(), time.Now()
		for n := uint64(1); ; n++ {
			to.OwnMoved("alice~bob", "alice", receipts.Mark{Read: n, Delivered: n})
			synctest.Wait()
			if _, err := c.conn.Read(make([]byte, 1)); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took < noticeTimeout || took > noticeTimeout+2*time.Second {
			t.Errorf("cut off after %v, want %v", took, noticeTimeout)
		}
	})
}

func TestAudience(t *testing.T) {
	a := newAudience()
	s1, s2 := new(attachment), new(attachment)
	check := func(channel string, want ...*attachment) {
		t.Helper()
		got := a.of(channel)
		if len(got) != len(want) || a.any(channel) != (len(want) > 0) || slices.ContainsFunc(want, func(a *attachment) bool { return !slices.Contains(got, a) }) {
			t.Errorf("%s: %d listeners, want %d", channel, len(got), len(want))
		}
	}
	a.watch(s1, []string{"a~b", "a~b", "a~c"})
	a.watch(s2, []string{"a~b"})
	check("a~b", s1, s2)
	check("a~c", s1)
	check("a~d")
	a.watch(s1, []string{"a~c"})
	check("a~b", s2)
	check("a~c", s1)
	a.watch(s1, nil)
	a.watch(s2, nil)
	a.watch(s2, nil)
	if n := len(a.byChannel) + len(a.watched); n != 0 {
		t.Errorf("%d lists are left", n)
	}
}

// TestReceipts_neverGoBack lets alice read on two devices and ask for receipts again and again,
// while bob reads too. On no connection may a cursor be behind what that connection was shown,
// or has said, before.
func TestReceipts_neverGoBack(t *testing.T) {
	const messages = 150
	k := startTalk(t, messages)
	var running sync.WaitGroup
	for _, user := range []string{"alice", "alice", "bob", "carol"} {
		c := k.connect(t, user)
		c.must(`{"type":"watch","ref":1,"channels":["` + k.group + `"]}`)
		running.Go(func() { readAndAsk(c, user, k.group, messages) })
	}
	running.Wait()
}

// readAndAsk reads message after message as a client and asks for receipts while others are
// under way, until everything is answered and told.
func readAndAsk(c *client, user, channel string, messages int) {
	shown := map[string]uint64{}
	open := 0
	take := func() {
		switch f := decode[wire.Frame](c.tb, c.next()).(type) {
		case wire.Done:
			open--
		case *wire.Error:
			c.tb.Errorf("%s: %v", user, f)
			open--
		case wire.Receipts:
			if f.Ref.Ref != 0 {
				open--
			}
			for _, r := range f.Cursors {
				if f.Ref.Ref == 0 && r.User == user && len(f.Cursors) > 1 {
					c.tb.Errorf("%s is told of its own cursor among those of others, which are older", user)
				}
				if r.Read < shown[r.User] {
					c.tb.Errorf("%s is shown %s at %d after %d, ref %d", user, r.User, r.Read, shown[r.User], f.Ref.Ref)
				}
				shown[r.User] = r.Read
			}
		}
	}
	for seq := 1; seq <= messages; seq++ {
		for _, command := range []string{
			fmt.Sprintf(`{"type":"read","ref":%d,"channel":"%s","seq":%d}`, 2*seq, channel, seq),
			fmt.Sprintf(`{"type":"get_receipts","ref":%d,"channel":"%s"}`, 2*seq+1, channel),
		} {
			c.send(command)
			open++
		}
		for open > 6 {
			take()
		}
	}
	last := func(other string) bool { return other == user || shown[other] == uint64(messages) }
	for open > 0 || !last("alice") || !last("bob") || !last("carol") {
		take()
	}
}

func TestWithout(t *testing.T) {
	for frame, want := range map[string]string{
		`[{"user":"a","read":1},{"user":"b"},{"user":"c","read":3}]`:       `[{"user":"a","read":1},{"user":"c","read":3}]`,
		`[{"user":"b","read":1,"delivered":2},{"user":"bb"}]`:              `[{"user":"bb"}]`,
		`[{"user":"a","read":1},{"user":"bb"},{"user":"b","delivered":1}]`: `[{"user":"a","read":1},{"user":"bb"}]`,
		`[{"user":"bb"}]`: `[{"user":"bb"}]`,
		`[{"user":"b"}]`:  ``,
		``:                ``,
	} {
		if got := string(without([]byte(frame), "b")); got != want {
			t.Errorf("%s without b: %s, want %s", frame, got, want)
		}
	}
}
