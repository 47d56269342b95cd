package write

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// sure is the stream of a node that certainly leads.
type sure struct{ Stream }

func (sure) Confirmed(context.Context) bool { return true }

// roomy has room for everything.
type roomy struct{}

func (roomy) Full() bool       { return false }
func (roomy) Enough() bool     { return true }
func (roomy) Add(int64) bool   { return true }
func (roomy) Spend(int64) bool { return true }

// table is a writer over a view of its own. Its decisions are stored only if a test says so.
type table struct {
	t    *testing.T
	w    *writer
	view *view.View
	pos  uint64
}

func newTable(t *testing.T) *table {
	t.Helper()
	v, err := view.Open(t.TempDir(), view.Options{Shards: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := &Config{
		View: v, Limits: wire.DefaultLimits(), Room: roomy{}, Admit: func(wire.Command) error { return nil }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	return &table{t: t, w: newWriter(cfg, 0, sure{}, nil), view: v}
}

// show has the view apply the events of plans.
func (tb *table) show(plans ...*plan) {
	tb.t.Helper()
	for _, p := range plans {
		var events []view.Event
		for _, body := range p.bodies {
			tb.pos++
			events = append(events, view.Event{Pos: tb.pos, Channel: p.cmd.channel, Record: body})
		}
		if _, err := tb.view.Apply(0, events, 0); err != nil {
			tb.t.Fatal(err)
		}
	}
}

// wanted is a user's command, and whether the answer is that there is no such message.
type wanted struct {
	user string
	cmd  wire.Command
	none bool
}

// decide decides a round, and checks the answers.
func (tb *table) decide(all ...wanted) (plans []*plan) {
	tb.t.Helper()
	got := make([]error, len(all))
	var round []*Command
	for i, s := range all {
		c := newCommand(s.user, "", s.cmd)
		c.done = func(_ wire.Ack, err error) { got[i] = err }
		round = append(round, c)
	}
	plans = tb.w.decide(tb.t.Context(), round)
	for i, s := range all {
		none := got[i] != nil && strings.Contains(got[i].Error(), "no such message") || errors.Is(got[i], &wire.Error{Code: wire.CodeInvalid})
		if none != s.none || got[i] != nil && !none {
			tb.t.Errorf("%s: %+v: %v", s.user, s.cmd, got[i])
		}
	}
	return plans
}

// TestDecide_staysOfTheRound lets bob join, send, leave and come back within one round. Then it
// checks again when all of it is stored and the view has none of it, or some of it.
func TestDecide_staysOfTheRound(t *testing.T) {
	tb := newTable(t)
	toads := channel.GroupID("own", "g")
	send := func(id, text string) wire.Send {
		return wire.Send{Channel: toads, ClientID: id, Content: wire.Content{Text: text}}
	}
	tb.show(tb.decide(
		wanted{"own", wire.CreateGroup{ClientID: "g", Name: "toads", Members: []string{"ann"}}, false},
		wanted{"own", send("c1", "one"), false},
		wanted{"ann", send("c2", "two"), false},
	)...)
	add, remove := wire.AddMembers{Channel: toads, Members: []string{"bob"}}, wire.RemoveMember{Channel: toads, User: "bob"}
	react := func(seq uint64, emoji string) wire.React { return wire.React{Channel: toads, Seq: seq, Emoji: emoji} }
	answer := func(seq uint64) wire.Send {
		return wire.Send{Channel: toads, ClientID: fmt.Sprint("a", seq), Content: wire.Content{Text: "x", ReplyTo: seq}}
	}
	plans := tb.decide(
		wanted{"own", add, false},
		wanted{"bob", react(2, "👍"), true},
		wanted{"bob", send("c3", "three"), false},
		wanted{"bob", react(3, "👍"), false},
		wanted{"bob", answer(2), true},
		wanted{"own", remove, false},
		wanted{"own", send("c4", "four"), false},
		wanted{"own", add, false},
		wanted{"own", send("c5", "five"), false},
		wanted{"bob", react(4, "👍"), true},
		wanted{"bob", react(5, "👍"), false},
		wanted{"bob", react(3, "🐸"), false},
	)
	again := func() {
		t.Helper()
		tb.decide(
			wanted{"bob", react(1, "🎉"), true}, wanted{"bob", react(2, "🎉"), true}, wanted{"bob", react(3, "🎉"), false},
			wanted{"bob", react(4, "🎉"), true}, wanted{"bob", react(5, "🎉"), false}, wanted{"bob", answer(4), true}, wanted{"bob", answer(3), false},
		)
	}
	pos := tb.pos
	for _, p := range plans {
		pos += uint64(len(p.events))
		p.stored(0, pos)
		tb.w.ahead.add(p)
	}
	again()
	for _, p := range plans { // the view catches up, one event at a time
		tb.show(p)
		again()
	}
	tb.w.ahead.forget(pos)
	if len(tb.w.ahead.moves) > 0 {
		t.Errorf("%d channels have moves that the view has applied", len(tb.w.ahead.moves))
	}
}
