package write

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"natterjack/jetstream/internal/batch"
	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// engine is a stream and a view that is always level with it. It may stop storing the messages that
// it takes in, as a leader does that has lost its quorum, or whose disk is slow. Later it stores
// all of that at once, or nothing.
type engine struct {
	t    *testing.T
	view *view.View
	acks chan *nats.Msg

	mu     sync.Mutex // protects following
	pos    uint64
	batch  []*nats.Msg   // that is not whole yet
	stalls bool          // nothing is stored
	alone  bool          // there is no quorum
	hides  bool          // Last does not wait for messages that were taken in
	taken  [][]*nats.Msg // but not stored
}

func (e *engine) PublishMsg(msg *nats.Msg) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := *msg // the writer reuses headers
	e.batch = append(e.batch, &kept)
	if msg.Header != nil && msg.Header.Get(batch.Commit) == "" {
		return nil
	}
	whole := e.batch
	e.batch = nil
	if e.taken = append(e.taken, whole); !e.stalls {
		e.store()
	}
	return nil
}

// store stores the messages that were taken in. The caller holds mu.
func (e *engine) store() {
	for _, msgs := range e.taken {
		var events []view.Event
		for _, m := range msgs {
			e.pos++
			events = append(events, view.Event{Pos: e.pos, Channel: m.Subject, Record: m.Data})
		}
		if _, err := e.view.Apply(0, events, 0); err != nil {
			e.t.Error(err)
		}
		size := ""
		if len(msgs) > 1 {
			size = fmt.Sprintf(`,"count":%d`, len(msgs))
		}
		e.acks <- &nats.Msg{Subject: msgs[len(msgs)-1].Reply, Data: fmt.Appendf(nil, `{"stream":"S","seq":%d%s}`, e.pos, size)}
	}
	e.taken = nil
}

// stall makes the engine store nothing.
func (e *engine) stall(alone bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stalls, e.alone = true, alone
}

// resume ends a stall. The engine stores what it has taken in since, or forgets it.
func (e *engine) resume(forget bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stalls, e.alone = false, false; forget {
		e.taken = nil
	}
	e.store()
}

// Leads implements [Stream].
func (e *engine) Leads() bool { return true }

// Confirmed implements [Stream].
func (e *engine) Confirmed(context.Context) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.alone
}

// Last implements [Stream].
func (e *engine) Last(ctx context.Context) (uint64, error) {
	for {
		e.mu.Lock()
		pos, open := e.pos, len(e.taken)
		e.mu.Unlock()
		if open == 0 || e.hides {
			return pos, nil
		}
		if err := pause.For(ctx, 50*time.Millisecond); err != nil {
			return 0, err
		}
	}
}

// Await implements [Follower].
func (e *engine) Await(ctx context.Context, pos uint64) error {
	for e.view.Position(0) < pos {
		if err := pause.For(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// After implements [Follower].
func (e *engine) After(_ uint64, tell func()) { tell() }

// asking is one request for a send, and its answer.
type asking struct {
	id       string
	number   int // the requests before it
	answered bool
	ack      wire.Ack
	err      error
}

// final reports whether the answer says for good that nothing is stored. refused reports whether
// it says so of this request.
func (a *asking) final() bool { return a.err != nil && !wire.AsError(a.err, 0).Retryable }

func (a *asking) refused() bool {
	return a.err != nil && !errors.Is(a.err, &wire.Error{Code: wire.CodeTimeout})
}

// telling is a lane with its writer over an engine, and users who send.
type telling struct {
	t      *rapid.T
	engine *engine
	lane   *lane
	user   string
	ids    []string // of sends, each once

	mu    sync.Mutex // protects following
	asked []*asking
}

// newEngine returns an engine that stores.
func newEngine(t *testing.T) *engine {
	t.Helper()
	v, err := view.Open(t.TempDir(), view.Options{Shards: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return &engine{t: t, view: v, acks: make(chan *nats.Msg, 10_000)}
}

func (e *engine) close() {
	if err := e.view.Close(); err != nil {
		e.t.Error(err)
	}
}

// newTelling returns a new lane, for a user without messages in e.
func newTelling(t *testing.T, rt *rapid.T, e *engine, user string) (*telling, func()) {
	t.Helper()
	cfg := &Config{
		View: e.view, Limits: wire.DefaultLimits(), Room: roomy{}, Admit: func(wire.Command) error { return nil },
		Subject: func(channel string) string { return channel }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	w := newWriter(cfg, 0, e, e)
	w.publisher = publisher{conn: e, acks: &ackInbox{prefix: "acks.", msgs: e.acks}, name: "b", stage: func() {}, from: stagedFrom}
	l := newLane(e.Leads, w, nil)
	w.source = l
	return &telling{t: rt, engine: e, lane: l, user: user}, runLane(t, l)
}

// ask sends a new message, or one of the last again. Some requests would be refused for good if
// the message is not stored, as when the ticket of a file has expired.
func (tl *telling) ask() {
	id, refuse := fmt.Sprint(len(tl.ids)), 9
	if n := len(tl.ids); n > 0 && rapid.IntRange(0, 3).Draw(tl.t, "again") == 0 {
		id = tl.ids[n-1-rapid.IntRange(0, min(n, 6)-1).Draw(tl.t, "which")]
		refuse = 1
	} else {
		tl.ids = append(tl.ids, id)
	}
	c := Change(tl.user, wire.Send{Channel: tl.channelOf(id), ClientID: id, Content: wire.Content{Text: "x"}})
	if rapid.IntRange(0, refuse).Draw(tl.t, "refuse") == 0 {
		c.Refuse(wire.Errorf(wire.CodeInvalid, "has expired"))
	}
	tl.mu.Lock()
	a := &asking{id: id, number: len(tl.asked)}
	tl.asked = append(tl.asked, a)
	tl.mu.Unlock()
	c.done = func(ack wire.Ack, err error) {
		tl.mu.Lock()
		defer tl.mu.Unlock()
		a.answered, a.ack, a.err = true, ack, err
	}
	tl.lane.submit(c)
}

// channelOf spreads the messages over two channels.
func (tl *telling) channelOf(channel string) string {
	if strings.HasSuffix(channel, "3") || strings.HasSuffix(channel, "7") {
		return tl.user + "~x"
	}
	return tl.user + "~y"
}

func (tl *telling) step() {
	switch rapid.IntRange(0, 9).Draw(tl.t, "step") {
	case 0:
		tl.engine.stall(rapid.Bool().Draw(tl.t, "alone"))
	case 1:
		tl.engine.resume(rapid.Bool().Draw(tl.t, "forget"))
	case 2, 3:
		time.Sleep(time.Duration(rapid.IntRange(0, 6000).Draw(tl.t, "pause")) * time.Millisecond)
	case 4:
		time.Sleep(time.Duration(rapid.IntRange(0, 300).Draw(tl.t, "short pause")) * time.Millisecond)
	default:
		tl.ask()
	}
	synctest.Wait()
}

// check compares each answer with the stored messages in the end.
func (tl *telling) check() {
	for _, a := range tl.asked {
		ev, err := tl.engine.view.Find(tl.channelOf(a.id), tl.user, a.id)
		switch {
		case err != nil || !a.answered:
			tl.t.Fatalf("request %d for %s: answered %v, %v", a.number, a.id, a.answered, err)
		case a.err == nil && (ev == nil || ev.Pos != a.ack.Pos):
			tl.t.Fatalf("request %d for %s: acknowledged as %+v, and stored is %+v", a.number, a.id, a.ack, ev)
		case ev != nil && a.final() && !tl.engine.hides && !tl.since(a):
			tl.t.Fatalf("request %d for %s: refused for good with %v, and it is stored at %d", a.number, a.id, a.err, ev.Pos)
		case ev != nil && a.refused() && !tl.otherwise(a):
			tl.t.Fatalf("request %d for %s: refused with %v, and it is stored at %d", a.number, a.id, a.err, ev.Pos)
		}
	}
}

// since reports whether the same message was asked for later.
func (tl *telling) since(a *asking) bool {
	for _, b := range tl.asked[a.number+1:] {
		if b.id == a.id {
			return true
		}
	}
	return false
}

// otherwise reports whether another request for the same message may have stored it.
func (tl *telling) otherwise(a *asking) bool {
	for _, b := range tl.asked {
		if b != a && b.id == a.id && !b.refused() {
			return true
		}
	}
	return false
}

// TestTruth_model lets an engine stall at any moment while users send, and send again. What it
// took in meanwhile comes late, or never. No answer says of a stored message that its request has
// not stored it, or that it never will be. Only the first holds with an engine that hides what it
// has taken in.
func TestTruth_model(t *testing.T) {
	for _, hides := range []bool{false, true} {
		t.Run(fmt.Sprintf("hides %v", hides), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, users := newEngine(t), 0
				defer e.close()
				e.hides = hides
				rapid.Check(undated{t}, func(rt *rapid.T) {
					users++
					tl, stop := newTelling(t, rt, e, fmt.Sprint("u", users))
					defer stop()
					for range rapid.IntRange(1, 60).Draw(rt, "steps") {
						tl.step()
					}
					e.resume(false)
					time.Sleep(2 * commandTimeout)
					synctest.Wait()
					tl.check()
				})
			})
		})
	}
}
