package bridge

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"natterjack/jetstream"
	"natterjack/server/wire"
)

// Tests of sessions over the real log.

func TestSession_messageCrosses(t *testing.T) {
	overPipesAndTCP(t, Config{}, messageCrosses)
}

func messageCrosses(t *testing.T, r *rig) {
	t.Helper()
	phone, laptop := r.connect(t, "alice"), r.connect(t, "alice")
	bob := r.connect(t, "bob")
	phone.send(`{"type":"send","ref":5,"to":"bob","client_id":"c1","content":{"text":"hi"}}`)

	var ack wire.Ack
	events := map[*client][]wire.Event{}
	for _, c := range []*client{phone, laptop, bob} {
		for len(events[c]) < 2 || c == phone && ack.ID == "" {
			switch f := decode[wire.Frame](t, c.next()).(type) {
			case wire.Ack:
				ack = f
			case wire.Event:
				events[c] = append(events[c], f)
			default:
				t.Fatalf("got %#v", f)
			}
		}
	}
	if ack.Ref.Ref != 5 || ack.ClientID != "c1" || ack.Channel != "alice~bob" || ack.Seq != 1 || ack.ID == "" || ack.Pos == 0 {
		t.Errorf("ack %+v", ack)
	}
	for _, got := range events {
		created, message := got[0], got[1]
		if created.Kind != wire.KindMeta || created.Meta == nil || created.Meta.Action != wire.ActionCreated {
			t.Errorf("first event %+v", created)
		}
		if message.ID != ack.ID || message.Pos != ack.Pos || message.Seq != 1 || message.Sender != "alice" || message.Content.Text != "hi" {
			t.Errorf("second event %+v, ack %+v", message, ack)
		}
	}
}

func TestSession_commandsAreAnswered(t *testing.T) {
	r := newRig(t, Config{})
	c := r.connect(t, "alice")
	c.send(`{"type":"create_group","ref":2,"client_id":"g1","name":"Toads","members":["bob"]}`)
	var group wire.ChannelInfo
	for group.ID == "" {
		if f, ok := decode[wire.Frame](t, c.next()).(wire.Channel); ok {
			group = f.Channel
		}
	}
	c.send(fmt.Sprintf(`{"type":"send","ref":3,"channel":"%s","client_id":"c1","content":{"text":"croak"}}`, group.ID))
	for done := false; !done; {
		_, done = decode[wire.Frame](t, c.next()).(wire.Ack)
	}
	c.drop()
	// The view of this node may be a moment behind the ack.
	eventually(t, func() bool {
		c.send(fmt.Sprintf(`{"type":"history","ref":4,"channel":"%s"}`, group.ID))
		p := awaitFrame[wire.Page](c)
		return p.Ref.Ref == 4 && len(p.Events) == 1 && p.Events[0].Content.Text == "croak"
	})
	c.send(`{"type":"list_channels","ref":5}`)
	if l := awaitFrame[wire.Channels](c); l.Ref.Ref != 5 || len(l.Channels) != 1 || l.Channels[0].ID != group.ID {
		t.Errorf("got %+v", l)
	}
}

// TestSession_framesTogether sends several frames in one message, with blank lines between
// them. The connect frame is one of them.
func TestSession_framesTogether(t *testing.T) {
	r := newRig(t, Config{Log: &fakeLog{}})
	c := r.dial(t).listen()
	c.send("\n" + `{"type":"connect","v":1,"token":"alice"}` + "\n \r\n" +
		`{"type":"send","ref":2,"to":"bob","client_id":"a","content":{"text":"1"}}` + "\n" +
		`{"type":"send","ref":3,"to":"bob","client_id":"b","content":{"text":"2"}}` + "\n\n")
	expect[wire.Welcome](c)
	for ref := range uint64(2) {
		if ack := expect[wire.Ack](c); ack.Ref.Ref != ref+2 {
			t.Errorf("got %+v", ack)
		}
	}
}

// TestSession_orderOfSends sends many messages without waiting. Their seqs must follow the
// order of sending.
func TestSession_orderOfSends(t *testing.T) {
	r := newRig(t, Config{})
	c := r.connect(t, "alice")
	const n = 60
	var frames []string
	for i := range n {
		frames = append(frames, fmt.Sprintf(`{"type":"send","ref":%d,"to":"bob","client_id":"c%d","content":{"text":"hi"}}`, i+1, i+1))
	}
	c.send(strings.Join(frames[:n/2], "\n"))
	c.send(strings.Join(frames[n/2:], "\n"))
	for acks := 0; acks < n; {
		if ack, ok := decode[wire.Frame](t, c.next()).(wire.Ack); ok {
			acks++
			if ack.Seq != ack.Ref.Ref {
				t.Errorf("send %d has seq %d", ack.Ref.Ref, ack.Seq)
			}
		}
	}
}

// TestSession_resumes cuts a session, lets it miss messages, and resumes from the position of
// the last event it saw.
func TestSession_resumes(t *testing.T) {
	r := newRig(t, Config{})
	alice := r.connect(t, "alice")
	first := r.dial(t).listen()
	first.send(`{"type":"connect","v":1,"token":"bob"}`)
	w := expect[wire.Welcome](first)
	say := func(from, to int) {
		for i := from; i < to; i++ {
			alice.send(fmt.Sprintf(`{"type":"send","to":"bob","client_id":"c%d","content":{"text":"hi"}}`, i))
		}
	}
	var seen []uint64
	see := func(c *client, n int) {
		for len(seen) < n {
			e := expect[wire.Event](c)
			w.Positions[e.Shard] = e.Pos
			if e.Kind == wire.KindMessage {
				seen = append(seen, e.Seq)
			}
		}
	}
	say(0, 10)
	see(first, 10)
	_ = first.ws.CloseNow()
	say(10, 40)
	for acks := 0; acks < 40; {
		if _, ok := decode[wire.Frame](t, alice.next()).(wire.Ack); ok {
			acks++
		}
	}
	second := r.dial(t).listen()
	second.send(`{"type":"connect","v":1,"token":"bob","resume":` + toJSON(t, wire.Resume{Epoch: w.Epoch, Positions: w.Positions}) + `}`)
	if w2 := expect[wire.Welcome](second); !w2.Recovered {
		t.Fatalf("not recovered: %+v", w2)
	}
	see(second, 40)
	for i, seq := range seen {
		if seq != uint64(i+1) {
			t.Fatalf("saw seq %v", seen)
		}
	}
}

// TestSession_welcomeComesFirst resumes when events already wait, and gives them time to be
// written before the log has answered.
func TestSession_welcomeComesFirst(t *testing.T) {
	r := newRig(t, Config{Log: lateFollow{realLog(t)}})
	alice := r.connect(t, "alice")
	bob := r.dial(t).listen()
	bob.send(`{"type":"connect","v":1,"token":"bob"}`)
	w := expect[wire.Welcome](bob)
	alice.send(`{"type":"send","to":"bob","client_id":"c","content":{"text":"hi"}}`)
	for range 2 {
		expect[wire.Event](bob)
	}
	again := r.dial(t).listen()
	again.send(`{"type":"connect","v":1,"token":"bob","resume":` + toJSON(t, wire.Resume{Epoch: w.Epoch, Positions: w.Positions}) + `}`)
	expect[wire.Welcome](again)
	for range 2 {
		expect[wire.Event](again)
	}
}

// lateFollow returns from Follow some time after the waker has been called.
type lateFollow struct{ *jetstream.Log }

func (l lateFollow) Follow(c *jetstream.Cursor, user string, resume *wire.Resume, w jetstream.Waker) (jetstream.Start, error) {
	start, err := l.Log.Follow(c, user, resume, w)
	time.Sleep(20 * time.Millisecond)
	return start, err
}

// TestSession_slowReaderMissesNothing lets a client read nothing while more is sent than
// sockets and buffers hold.
func TestSession_slowReaderMissesNothing(t *testing.T) {
	overPipesAndTCP(t, Config{Limits: wire.Limits{CommandsPerS: 1 << 20}}, slowReaderMissesNothing)
}

func slowReaderMissesNothing(t *testing.T, r *rig) {
	t.Helper()
	bob := r.dial(t)
	bob.send(`{"type":"connect","v":1,"token":"bob"}`)
	bob.listenOnce()
	alice := r.connect(t, "alice")
	const n = 160
	text := strings.Repeat("x", 12_000)
	for i := 0; i < n; {
		for range 40 {
			alice.send(fmt.Sprintf(`{"type":"send","to":"bob","client_id":"c%d","content":{"text":"%s"}}`, i, text))
			i++
		}
		for acks := 0; acks < 40; {
			if _, ok := decode[wire.Frame](t, alice.next()).(wire.Ack); ok {
				acks++
			}
		}
	}
	bob.listen()
	awaitFrame[wire.Event](bob) // the creation of the channel
	for i := range uint64(n) {
		if e := awaitFrame[wire.Event](bob); e.Seq != i+1 {
			t.Fatalf("seq %d, want %d", e.Seq, i+1)
		}
	}
}

// TestSession_pingsBetweenEvents makes the library write pongs while events are streamed, and
// reads the bytes of the connection. Each frame must be whole, each ping answered, and no event
// missing.
func TestSession_pingsBetweenEvents(t *testing.T) {
	overPipesAndTCP(t, Config{Limits: wire.Limits{CommandsPerS: 1 << 20}}, pingsBetweenEvents)
}

func pingsBetweenEvents(t *testing.T, r *rig) {
	t.Helper()
	bob := r.dial(t)
	bob.send(`{"type":"connect","v":1,"token":"bob"}`)
	bob.listenOnce()
	const events, pings = 500, 500
	var writing sync.WaitGroup
	defer writing.Wait()
	writing.Go(func() {
		for i := range pings {
			if _, err := bob.conn.Write(maskedPing(i)); err != nil {
				t.Errorf("ping: %v", err)
				return
			}
		}
	})
	alice := r.connect(t, "alice")
	writing.Go(func() {
		for i := 0; i < events; {
			for range 50 {
				alice.send(fmt.Sprintf(`{"type":"send","to":"bob","client_id":"c%d","content":{"text":"%s"}}`, i, strings.Repeat("x", i+1)))
				i++
			}
			for acks := 0; acks < 50; {
				if bytes.HasPrefix(alice.next(), []byte(`{"type":"ack"`)) {
					acks++
				}
			}
		}
	})
	var seq, pong int
	for seq < events || pong < pings {
		switch opcode, payload := readFrame(t, bob.conn); opcode {
		case opText:
			for frame := range split(payload) {
				if string(frame) == string(pingFrame) || bytes.HasPrefix(frame, []byte(`{"type":"receipts"`)) {
					continue
				}
				if e := decode[wire.Event](t, frame); e.Kind == wire.KindMessage {
					if seq++; e.Seq != uint64(seq) {
						t.Fatalf("seq %d, want %d", e.Seq, seq)
					}
				}
			}
		default:
			if want := fmt.Sprint("ping ", pong); string(payload) != want {
				t.Fatalf("opcode %x with %q, want %q", opcode, payload, want)
			}
			pong++
		}
	}
}

func maskedPing(i int) []byte {
	payload := fmt.Sprint("ping ", i)
	frame := []byte{finBit | 9, 0x80 | byte(len(payload)), 1, 2, 3, 4}
	for i := range len(payload) {
		frame = append(frame, payload[i]^frame[2+i%4])
	}
	return frame
}

// TestSession_earlyBytes sends the connect frame in one write with the handshake. So net/http
// has read it before the library sees the connection.
func TestSession_earlyBytes(t *testing.T) {
	for _, padding := range []int{0, readBuffer, 3000} {
		r := newRig(t, Config{Log: &fakeLog{}})
		conn, err := r.listener.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		frame := strings.Repeat(" ", padding) + `{"type":"connect","v":1,"token":"alice"}`
		early := "GET /v1/ws HTTP/1.1\r\nHost: bridge\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" + string(masked(frame))
		var writing sync.WaitGroup
		writing.Go(func() { _, _ = conn.Write([]byte(early)) })
		head := make([]byte, 0, 1024)
		for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
			b := make([]byte, 1)
			if _, err := conn.Read(b); err != nil {
				t.Fatalf("%d bytes early: %v after %q", padding, err, head)
			}
			head = append(head, b...)
		}
		if _, payload := readFrame(t, conn); decode[wire.Welcome](t, payload).User != "alice" {
			t.Errorf("got %s", payload)
		}
		writing.Wait()
	}
}

// masked returns a text message as a client writes it, with a mask of zeros.
func masked(payload string) []byte {
	head := appendHeader(nil, len(payload))
	head[1] |= 0x80
	return append(append(head, 0, 0, 0, 0), payload...)
}

// TestSession_panicIsContained makes the log panic in one session. That session ends; the
// others go on.
func TestSession_panicIsContained(t *testing.T) {
	r := newRig(t, Config{Log: &fakeLog{
		submit: func(string, wire.Change, func(wire.Ack, error)) { panic("submit") },
		history: func(context.Context, string, *wire.History) ([][]byte, bool, error) {
			panic("history")
		},
	}})
	c, other := r.connect(t, "alice"), r.connect(t, "bob")
	c.send(`{"type":"history","ref":2,"channel":"alice~bob"}`)
	c.expectError(wire.CodeInternal, 2)
	c.send(`{"type":"send","ref":3,"to":"bob","client_id":"a","content":{"text":"1"}}`)
	c.expectClose(wire.CloseInternal)
	other.send(`{"type":"list_channels","ref":4}`)
	expect[wire.Channels](other)
}
