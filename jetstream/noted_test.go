package jetstream

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// idle is a log in which commands were given that had nothing to do.
type idle struct {
	*Log
	group    string
	cmds     map[string]wire.Change // by client id
	answered map[string]wire.Ack
}

// give gives a command under a client id.
func (i *idle) give(t *testing.T, clientID string, cmd wire.Change) wire.Ack {
	t.Helper()
	named := reflect.New(reflect.TypeOf(cmd)).Elem()
	named.Set(reflect.ValueOf(cmd))
	named.FieldByName("ClientID").SetString(clientID)
	return mustSend(t, i.Log, "own", named.Interface().(wire.Change))
}

// giveIdle gives a command whose effect is already in place.
func (i *idle) giveIdle(t *testing.T, clientID string, cmd wire.Change) {
	t.Helper()
	i.cmds[clientID], i.answered[clientID] = cmd, i.give(t, clientID, cmd)
}

func (i *idle) state(t *testing.T) *channel.State {
	t.Helper()
	if err := i.awaitLatest(t.Context(), i.group); err != nil {
		t.Fatal(err)
	}
	st, err := i.view.Channel(i.group)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// again gives all those commands once more.
func (i *idle) again(t *testing.T) {
	t.Helper()
	before := i.state(t)
	for clientID, cmd := range i.cmds {
		if ack := i.give(t, clientID, cmd); ack != i.answered[clientID] {
			t.Errorf("%s: %+v, first %+v", clientID, ack, i.answered[clientID])
		}
		other := wire.Delete{Channel: i.group, Seq: 1, ClientID: clientID}
		if _, err := i.Change(t.Context(), "own", other); !errors.Is(err, &wire.Error{Code: wire.CodeConflict}) {
			t.Errorf("%s as the id of another command: %v", clientID, err)
		}
	}
	if diff := cmp.Diff(before, i.state(t)); diff != "" {
		t.Errorf("retries changed (-before +after):\n%s", diff)
	}
}

// TestNoted_retry gives commands that have nothing to do, undoes what was there already, and
// gives them again. The answer is the first one, and nothing has changed, also by a log that has
// only the stream.
func TestNoted_retry(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	l, stop := start(t, node, t.TempDir(), 1)
	group, err := l.CreateGroup(t.Context(), "own", &wire.CreateGroup{ClientID: "g", Name: "toads", Members: []string{"bob", "cem"}})
	if err != nil {
		t.Fatal(err)
	}
	id, hash := group.ID, strings.Repeat("0", 64)
	mustSend(t, l, "own", in(id, "1", "one"))
	i := &idle{Log: l, group: id, cmds: map[string]wire.Change{}, answered: map[string]wire.Ack{}}
	for n, p := range []struct{ do, undo wire.Change }{
		{wire.React{Channel: id, Seq: 1, Emoji: "👍"}, wire.React{Channel: id, Seq: 1, Emoji: "👍", Remove: true}},
		{wire.Pin{Channel: id, Seq: 1}, wire.Pin{Channel: id, Seq: 1, Remove: true}},
		{wire.Edit{Channel: id, Seq: 1, Content: wire.Content{Text: "two"}}, wire.Edit{Channel: id, Seq: 1, Content: wire.Content{Text: "three"}}},
		{wire.SetRole{Channel: id, User: "bob", Role: wire.RoleAdmin}, wire.SetRole{Channel: id, User: "bob", Role: wire.RoleReader}},
		{wire.AddMembers{Channel: id, Members: []string{"cem"}}, wire.RemoveMember{Channel: id, User: "cem"}},
		{wire.RemoveMember{Channel: id, User: "dot", Ban: true}, wire.Unban{Channel: id, User: "dot"}},
		{wire.CreateInvite{Channel: id, Hash: hash}, wire.RevokeInvite{Channel: id, Hash: hash}},
		{wire.UpdateChannel{Channel: id, Topic: new("x")}, wire.UpdateChannel{Channel: id, Topic: new("y")}},
	} {
		i.give(t, fmt.Sprint("do", n), p.do)
		i.giveIdle(t, fmt.Sprint("again", n), p.do)
		i.give(t, fmt.Sprint("undo", n), p.undo)
		i.giveIdle(t, fmt.Sprint("undone", n), p.undo)
		i.give(t, fmt.Sprint("redo", n), p.do)
		i.give(t, fmt.Sprint("last", n), p.undo)
	}
	i.again(t)
	r, _ := follow(t, l, "bob", &wire.Resume{Epoch: l.Epoch(), Positions: make([]uint64, l.Shards())})
	mustSend(t, l, "own", in(id, "end", "end"))
	if slices.ContainsFunc(r.readTo(t, "end"), func(e wire.Event) bool { return e.Kind == wire.KindNote }) {
		t.Error("a client got a note")
	}
	stop()
	i.Log, _ = start(t, node, t.TempDir(), 1)
	i.again(t)
}

// TestForward_retryAfterAnEdit shows that a forward that comes again is the same, although its
// source was edited since.
func TestForward_retryAfterAnEdit(t *testing.T) {
	l := alone(t)
	said := mustSend(t, l, "bob", text("alice", "c1", "loud"))
	forward := wire.Forward{To: "carol", ClientID: "f", From: wire.ChannelSeq{Channel: said.Channel, Seq: 1}}
	first, err := ask[wire.Ack](t.Context(), l, "alice", forward)
	if err != nil {
		t.Fatal(err)
	}
	mustSend(t, l, "bob", wire.Edit{Channel: said.Channel, Seq: 1, Content: wire.Content{Text: "quiet"}})
	again, err := ask[wire.Ack](t.Context(), l, "alice", forward)
	if err != nil || again != first {
		t.Errorf("again: %+v, %v; first %+v", again, err, first)
	}
	mustSend(t, l, "bob", text("alice", "c2", "another"))
	forward.From.Seq = 2
	if _, err := ask[wire.Ack](t.Context(), l, "alice", forward); !errors.Is(err, &wire.Error{Code: wire.CodeConflict}) {
		t.Errorf("another message under the same id: %v", err)
	}
}
