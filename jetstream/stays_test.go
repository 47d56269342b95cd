package jetstream

import (
	"fmt"
	"testing"

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
	channel := toads(t, l)
	own := func(cmds ...wire.Change) {
		t.Helper()
		for _, cmd := range cmds {
			mustSend(t, l, "own", cmd)
		}
	}
	add, remove := wire.AddMembers{Channel: channel, Members: []string{"bob"}}, wire.RemoveMember{Channel: channel, User: "bob"}
	own(add, wire.SetRole{Channel: channel, User: "bob", Role: wire.RoleAdmin})
	mustSend(t, l, "bob", in(channel, "c3", "three"))
	own(remove, in(channel, "c4", "four"), wire.Pin{Channel: channel, Seq: 4}, add, wire.SetRole{Channel: channel, User: "bob", Role: wire.RoleAdmin})
	reacted := mustSend(t, l, "bob", wire.React{Channel: channel, Seq: 3, Emoji: "👍", ClientID: "r3"})
	for name, about := range map[string]func(seq uint64) wire.Command{
		"react": func(seq uint64) wire.Command { return wire.React{Channel: channel, Seq: seq, Emoji: "🐸"} },
		"react no more": func(seq uint64) wire.Command {
			return wire.React{Channel: channel, Seq: seq, Emoji: "🐸", Remove: true}
		},
		"edit": func(seq uint64) wire.Command {
			return wire.Edit{Channel: channel, Seq: seq, Content: wire.Content{Text: "x"}}
		},
		"delete": func(seq uint64) wire.Command { return wire.Delete{Channel: channel, Seq: seq} },
		"pin":    func(seq uint64) wire.Command { return wire.Pin{Channel: channel, Seq: seq} },
		"unpin":  func(seq uint64) wire.Command { return wire.Pin{Channel: channel, Seq: seq, Remove: true} },
		"edit to answer": func(seq uint64) wire.Command {
			return wire.Edit{Channel: channel, Seq: 3, Content: wire.Content{Text: "x", ReplyTo: seq}}
		},
		"answer": func(seq uint64) wire.Command {
			return wire.Send{Channel: channel, ClientID: fmt.Sprint("a", seq), Content: wire.Content{Text: "x", ReplyTo: seq}}
		},
		"forward": func(seq uint64) wire.Command {
			return wire.Forward{To: "carol", ClientID: fmt.Sprint("f", seq), From: wire.ChannelSeq{Channel: channel, Seq: seq}}
		},
		"versions": func(seq uint64) wire.Command { return wire.GetVersions{Channel: channel, Seq: seq} },
	} {
		want := answerTo(t, l, about(99))
		for _, seq := range []uint64{1, 2, 4} {
			if diff := cmp.Diff(want, answerTo(t, l, about(seq))); diff != "" {
				t.Errorf("%s %d is not answered as 99 is:\n%s", name, seq, diff)
			}
		}
	}
	if again := mustSend(t, l, "bob", wire.React{Channel: channel, Seq: 3, Emoji: "👍", ClientID: "r3"}); again.Pos != reacted.Pos {
		t.Errorf("a retry is answered with %+v, want %+v", again, reacted)
	}
	if m, err := l.view.Message(channel, 4); err != nil || !m.Pinned {
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
		f, err = l.Answer(t.Context(), "bob", cmd)
	}
	if v, ok := f.(wire.Versions); ok {
		f = wire.Versions{Versions: v.Versions}
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%+v", f)
}
