package jetstream

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

// TestVoid_ofOthers publishes, from outside, an event that does not follow its channel's last
// one. It reaches no reader, stops nothing, and is soon erased.
func TestVoid_ofOthers(t *testing.T) {
	l := alone(t)
	mustSend(t, l, "alice", text("bob", "1", "one"))
	historyOf(t, l, "bob", aliceAndBob) // so that bob begins behind the first
	r, _ := follow(t, l, "bob", nil)
	for name, record := range map[string]string{
		"again":   `{"kind":"message","version":2,"id":"x","sender":"alice","seq":1,"timestamp":1,"content":{"text":"forged"}}`,
		"to come": `{"kind":"message","version":9,"id":"x","sender":"alice","seq":2,"timestamp":1,"content":{"text":"forged"}}`,
		"rubbish": `forged`,
	} {
		ack := publishRaw(t, l, Subject(aliceAndBob), record)
		next := mustSend(t, l, "alice", text("bob", name, name))
		if next.Pos != ack.Sequence+1 {
			t.Errorf("%s: the next message is at %d, after %d", name, next.Pos, ack.Sequence)
		}
		if seen := r.readTo(t, name); seen[len(seen)-1].Seq != next.Seq {
			t.Errorf("%s: bob has seen %+v", name, seen)
		}
		awaitGone(t, l, l.layout.shardOf(aliceAndBob), ack.Sequence)
	}
	if got := len(messages(t, r.seen)); got != 3 {
		t.Errorf("bob has seen %d messages, want 3", got)
	}
	if got := l.view.Voided(l.layout.shardOf(aliceAndBob)); got != 3 {
		t.Errorf("%d events were void, want 3", got)
	}
}

func publishRaw(t *testing.T, l *Log, subject, data string) *jetstream.PubAck {
	t.Helper()
	ack, err := l.js.PublishMsg(t.Context(), &nats.Msg{Subject: subject, Data: []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	return ack
}

// awaitGone waits until a stream has no message at a position any more.
func awaitGone(t *testing.T, l *Log, shard int, pos uint64) {
	t.Helper()
	s, err := l.js.Stream(t.Context(), StreamName(shard))
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := s.GetMsg(t.Context(), pos); err != nil {
			return
		}
		if pause.For(t.Context(), reachPause) != nil {
			t.Fatalf("message %d of shard %d is still there", pos, shard)
		}
	}
}

// TestPurge_stopsNobody has an operator purge a channel, so that the view knows more than the
// stream. Neither this channel nor another one of its shard is held up. A view that is built
// from the rest of the stream gives the same answers from there on.
func TestPurge_stopsNobody(t *testing.T) {
	l := alone(t)
	for n := range 5 {
		mustSend(t, l, "alice", text("bob", fmt.Sprint("before ", n), "x"))
	}
	s, err := l.js.Stream(t.Context(), StreamName(l.layout.shardOf(aliceAndBob)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context(), jetstream.WithPurgeSubject(Subject(aliceAndBob))); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if ack := mustSend(t, l, "bob", text("alice", fmt.Sprint("after ", n), "x")); ack.Seq != uint64(6+n) {
			t.Fatalf("message %d after the purge has seq %d", n, ack.Seq)
		}
	}
	if got := l.view.Voided(l.layout.shardOf(aliceAndBob)); got != 0 {
		t.Errorf("%d events were void", got)
	}
}

// TestIntake_answersEachLine has a node relay commands, some of which this node does not know.
// A command that stands behind one of those is not stored before it.
func TestIntake_answersEachLine(t *testing.T) {
	l := alone(t)
	mustSend(t, l, "alice", text("bob", "1", "one"))
	round := `alice {"type":"send","to":"bob","client_id":"2","content":{"text":"two"}}
alice {"type":"poll","channel":"alice~bob","client_id":"3"}
alice {"type":"send","to":"bob","client_id":"4","content":{"text":"four","poll":{}}}
alice/~made {"type":"react","channel":"alice~bob","seq":1,"emoji":"👍"}
alice {"type":"send","to":"bob","client_id":"5","content":{"text":"five"}}
bob {"type":"send","to":"alice","client_id":"6","content":{"text":"six"}}`
	shard := l.layout.shardOf(aliceAndBob)
	msg, err := l.conn.Request(fmt.Sprintf("writer.%d.%s", shard, l.self), []byte(round), patience)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	wire.Split(msg.Data, func(line []byte) bool {
		frame, err := wire.DecodeFrame(line)
		if err != nil {
			t.Error(err)
		}
		switch f := frame.(type) {
		case wire.Ack:
			got = append(got, fmt.Sprint("ack ", f.ClientID, " ", f.Seq))
		case *wire.Error:
			got = append(got, fmt.Sprint(f.Code, " ", f.RetryAfter > 0))
		}
		return true
	})
	want := []string{"ack 2 2", "unavailable true", "unavailable true", "ack  0", "unavailable true", "ack 6 3"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("answered %q, want %q", got, want)
	}
}
