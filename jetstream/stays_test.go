package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// toads creates a group of the owner's, with two messages in it.
func toads(t *testing.T, l *Log) string {
	t.Helper()
	group, err := l.CreateGroup(t.Context(), "own", &wire.CreateGroup{ClientID: "g", Name: "toads", Members: []string{"ann"}})
	if err != nil {
		t.Fatal(err)
	}
	mustSend(t, l, "own", in(group.ID, "c1", "one"))
	mustSend(t, l, "ann", in(group.ID, "c2", "two"))
	return group.ID
}

// TestTargets shows that a user cannot tell messages from before they joined, or from while
// they were away, from messages that do not exist. That holds for every command.
func TestTargets(t *testing.T) {
	l := alone(t)
	ch := toads(t, l)
	own := func(cmds ...wire.Change) {
		t.Helper()
		for _, cmd := range cmds {
			mustSend(t, l, "own", cmd)
		}
	}
	add, remove := wire.AddMembers{Channel: ch, Members: []string{"bob"}}, wire.RemoveMember{Channel: ch, User: "bob"}
	own(add, wire.SetRole{Channel: ch, User: "bob", Role: wire.RoleAdmin})
	mustSend(t, l, "bob", in(ch, "c3", "three"))
	own(remove, in(ch, "c4", "four"), wire.Pin{Channel: ch, Seq: 4}, add, wire.SetRole{Channel: ch, User: "bob", Role: wire.RoleAdmin})
	reacted := mustSend(t, l, "bob", wire.React{Channel: ch, Seq: 3, Emoji: "👍", ClientID: "r3"})
	for name, about := range map[string]func(seq uint64) wire.Command{
		"react":         func(seq uint64) wire.Command { return wire.React{Channel: ch, Seq: seq, Emoji: "🐸"} },
		"react no more": func(seq uint64) wire.Command { return wire.React{Channel: ch, Seq: seq, Emoji: "🐸", Remove: true} },
		"edit": func(seq uint64) wire.Command {
			return wire.Edit{Channel: ch, Seq: seq, Content: wire.Content{Text: "x"}}
		},
		"delete": func(seq uint64) wire.Command { return wire.Delete{Channel: ch, Seq: seq} },
		"pin":    func(seq uint64) wire.Command { return wire.Pin{Channel: ch, Seq: seq} },
		"unpin":  func(seq uint64) wire.Command { return wire.Pin{Channel: ch, Seq: seq, Remove: true} },
		"edit to answer": func(seq uint64) wire.Command {
			return wire.Edit{Channel: ch, Seq: 3, Content: wire.Content{Text: "x", ReplyTo: seq}}
		},
		"answer": func(seq uint64) wire.Command {
			return wire.Send{Channel: ch, ClientID: fmt.Sprint("a", seq), Content: wire.Content{Text: "x", ReplyTo: seq}}
		},
		"forward": func(seq uint64) wire.Command {
			return wire.Forward{To: "carol", ClientID: fmt.Sprint("f", seq), From: wire.ChannelSeq{Channel: ch, Seq: seq}}
		},
		"versions": func(seq uint64) wire.Command { return wire.GetVersions{Channel: ch, Seq: seq} },
	} {
		want := answerTo(t, l, about(99))
		for _, seq := range []uint64{1, 2, 4} {
			if diff := cmp.Diff(want, answerTo(t, l, about(seq))); diff != "" {
				t.Errorf("%s %d is not answered as 99 is:\n%s", name, seq, diff)
			}
		}
	}
	if again := mustSend(t, l, "bob", wire.React{Channel: ch, Seq: 3, Emoji: "👍", ClientID: "r3"}); again.Pos != reacted.Pos {
		t.Errorf("a retry is answered with %+v, want %+v", again, reacted)
	}
	if m, err := l.view.Message(ch, 4); err != nil || !m.Pinned {
		t.Errorf("the fourth is %+v, %v: bob has taken off a pin that he does not see", m, err)
	}
}

// answerTo returns bob's answer, without what distinguishes one message from another.
func answerTo(t *testing.T, l *Log, cmd wire.Command) string {
	t.Helper()
	var f wire.Frame
	var err error
	if c, ok := cmd.(wire.Change); ok {
		var ack wire.Ack
		ack, err = l.Change(t.Context(), "bob", c)
		f = wire.Ack{ID: ack.ID}
	} else {
		f, err = l.Ask(t.Context(), "bob", cmd)
	}
	if v, ok := f.(wire.Versions); ok {
		f = wire.Versions{Versions: v.Versions}
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%+v", f)
}

// TestDecide_staysOfTheRound lets bob join, send, leave and come back within one round. Then it
// checks again when all of it is stored and the view has none of it, or some of it.
func TestDecide_staysOfTheRound(t *testing.T) {
	l := alone(t)
	ch := toads(t, l)
	shard := l.layout.shardOf(ch)
	level := func() {
		t.Helper()
		if err := l.awaitKnown(t.Context(), ch); err != nil {
			t.Fatal(err)
		}
	}
	level()
	w := &writer{shard: shard, view: l.view, leader: sure{}, limits: l.limits, log: l.log, pace: newPace(l.limits), ahead: newAhead(), room: newRoom(), now: time.Now, dialect: l.dialect}
	add, remove := wire.AddMembers{Channel: ch, Members: []string{"bob"}}, wire.RemoveMember{Channel: ch, User: "bob"}
	react := func(seq uint64, emoji string) wire.React { return wire.React{Channel: ch, Seq: seq, Emoji: emoji} }
	type said struct {
		user string
		cmd  wire.Change
		none bool // the answer is that there is no such message
	}
	decide := func(all ...said) (plans []*plan) {
		t.Helper()
		got := make([]error, len(all))
		var round []*command
		for i, s := range all {
			c := newChange(s.user, s.cmd)
			c.done = func(_ wire.Ack, err error) { got[i] = err }
			round = append(round, c)
		}
		plans = w.decide(t.Context(), round)
		for i, s := range all {
			none := got[i] != nil && strings.Contains(got[i].Error(), "no such message") || errors.Is(got[i], &wire.Error{Code: wire.CodeInvalid})
			if none != s.none || got[i] != nil && !none {
				t.Errorf("%s: %+v: %v", s.user, s.cmd, got[i])
			}
		}
		return plans
	}
	answer := func(seq uint64) wire.Send {
		return wire.Send{Channel: ch, ClientID: fmt.Sprint("a", seq), Content: wire.Content{Text: "x", ReplyTo: seq}}
	}
	plans := decide(
		said{"own", add, false},
		said{"bob", react(2, "👍"), true},
		said{"bob", in(ch, "c3", "three"), false},
		said{"bob", react(3, "👍"), false},
		said{"bob", answer(2), true},
		said{"own", remove, false},
		said{"own", in(ch, "c4", "four"), false},
		said{"own", add, false},
		said{"own", in(ch, "c5", "five"), false},
		said{"bob", react(4, "👍"), true},
		said{"bob", react(5, "👍"), false},
		said{"bob", react(3, "🐸"), false},
	)
	again := func() {
		t.Helper()
		decide(
			said{"bob", react(1, "🎉"), true}, said{"bob", react(2, "🎉"), true}, said{"bob", react(3, "🎉"), false},
			said{"bob", react(4, "🎉"), true}, said{"bob", react(5, "🎉"), false}, said{"bob", answer(4), true}, said{"bob", answer(3), false},
		)
	}
	pos := l.view.Position(shard)
	for _, p := range plans {
		pos++
		p.stored(shard, pos)
		w.ahead.add(p)
	}
	again()
	// the view catches up, one event at a time
	for _, cmd := range []said{{"own", add, false}, {"bob", in(ch, "c3", "three"), false}, {"own", remove, false}} {
		mustSend(t, l, cmd.user, cmd.cmd)
		level()
		again()
	}
	w.ahead.forget(pos)
	if len(w.ahead.moves) > 0 {
		t.Errorf("%d channels have moves that the view has applied", len(w.ahead.moves))
	}
}

// sure is a quorum that always confirms this node as the leader.
type sure struct{}

func (sure) confirmed(context.Context) bool { return true }
