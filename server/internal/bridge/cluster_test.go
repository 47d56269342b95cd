package bridge

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/jetstream"
	"natterjack/jetstream/presence"
	"natterjack/server/wire"
)

// newRigs returns the bridges of the three nodes of a cluster.
func newRigs(t *testing.T) []*rig {
	t.Helper()
	rigs := make([]*rig, 0, 3)
	for _, node := range embedtest.Cluster(t, 3, embedtest.NoSync) {
		log := logWith(t, node, func(c *jetstream.Config) { c.Replicas = 3 })
		presence.NewTyping(node.Conn, log).Bind(log.Operations())
		rigs = append(rigs, newRig(t, Config{Log: log, Limits: wire.Limits{InFlight: 1 << 12}}))
	}
	return rigs
}

// insist posts a command until its answer is no error, or an error that is final.
func (r *rig) insist(tb testing.TB, user, command string) wire.Frame {
	tb.Helper()
	for end := time.Now().Add(patience); ; {
		f := r.lines(tb, wire.PathFrames, command, "Authorization", "Bearer "+user)[0]
		e, refused := f.(*wire.Error)
		if !refused || !e.Retryable || time.Now().After(end) {
			return f
		}
	}
}

// TestCluster_commandsGoElsewhere has bob read a stream on one node, while all commands go to
// another one, which may know less. Nothing is refused out of the past, and nothing that bob has
// read is lost.
func TestCluster_commandsGoElsewhere(t *testing.T) {
	const channels, each = 60, 3
	rigs := newRigs(t)
	frames := rigs[0].frames(t, "bob")
	<-frames // the welcome
	var working sync.WaitGroup
	for n := range channels {
		working.Go(func() {
			for i := range each {
				send := fmt.Sprintf(`{"type":"send","ref":1,"to":"bob","client_id":"m%d","content":{"text":"hi"}}`, i)
				if f, ok := rigs[(n+i)%3].insist(t, fmt.Sprint("user-", n), send).(wire.Ack); !ok {
					t.Errorf("sent: %+v", f)
				}
			}
		})
	}
	defer working.Wait()
	for seen := 0; seen < channels*each; {
		var frame []byte
		select {
		case frame = <-frames:
		case <-time.After(patience):
			t.Fatalf("saw %d messages", seen)
		}
		e, ok := decode[wire.Frame](t, frame).(wire.Event)
		if !ok || e.Kind != wire.KindMessage {
			continue
		}
		seen++
		working.Go(func() { commandsAfter(t, rigs[1], &e) })
	}
	working.Wait()
	for n := range channels {
		ask := `{"type":"get_channel","ref":1,"channel":"` + wire.DirectChannel("bob", fmt.Sprint("user-", n)) + `"}`
		for i, r := range rigs {
			eventually(t, func() bool {
				c, ok := r.insist(t, "bob", ask).(wire.Channel)
				if !ok {
					t.Fatalf("node %d does not know the channel of user-%d", i, n)
				}
				return c.Channel.Unread == 0 && c.Channel.Seq == each
			})
		}
	}
}

// commandsAfter posts the commands that a client may give when it gets an event. Each answer must
// be one that knows of the event.
func commandsAfter(t *testing.T, r *rig, e *wire.Event) {
	t.Helper()
	at := fmt.Sprintf(`"channel":"%s","seq":%d`, e.Channel, e.Seq)
	commands := []string{
		`{"type":"read","ref":1,` + at + `}`,
		`{"type":"received","ref":1,"cursors":[{` + at + `}]}`,
		`{"type":"get_receipts","ref":1,"channel":"` + e.Channel + `"}`,
		`{"type":"get_versions","ref":1,` + at + `}`,
		`{"type":"set_typing","ref":1,"channel":"` + e.Channel + `"}`,
		`{"type":"react","ref":1,` + at + `,"client_id":"r` + fmt.Sprint(e.Seq) + `","emoji":"👍"}`,
		`{"type":"history","ref":1,"channel":"` + e.Channel + `"}`,
	}
	rand.Shuffle(len(commands), func(i, j int) { commands[i], commands[j] = commands[j], commands[i] })
	for _, command := range commands {
		var refused *wire.Error
		if err, ok := r.insist(t, "bob", command).(error); ok && errors.As(err, &refused) {
			t.Errorf("%s: %v", command, refused)
		}
	}
	edit := `{"type":"edit","ref":1,` + at + `,"client_id":"e` + fmt.Sprint(e.Seq) + `","content":{"text":"edited"}}`
	if f, ok := r.insist(t, e.Sender, edit).(wire.Ack); !ok {
		t.Errorf("%s: %+v", edit, f)
	}
	shard := fmt.Sprintf(`{"type":"history","ref":1,"channel":"%s","limit":100,"seen":[{"shard":%d,"pos":%d}]}`, e.Channel, e.Shard, e.Pos)
	page, ok := r.insist(t, "bob", shard).(wire.Page)
	if !ok || len(page.Events) == 0 || page.Events[len(page.Events)-1].Seq < e.Seq {
		t.Errorf("%s: %+v, without message %d", shard, page, e.Seq)
	}
}
