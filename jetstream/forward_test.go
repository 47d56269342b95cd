package jetstream

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

func TestForward(t *testing.T) {
	l := alone(t)
	said := mustSend(t, l, "bob", text("alice", "c1", "loud @alice"))
	from := wire.ChannelSeq{Channel: said.Channel, Seq: said.Seq}
	forward := func(user, to, clientID string, from wire.ChannelSeq) error {
		_, err := l.Answer(t.Context(), user, wire.Forward{To: to, ClientID: clientID, From: from})
		return err
	}
	if err := forward("alice", "carol", "f1", from); err != nil {
		t.Fatal(err)
	}
	passed := page(t, l, "alice~carol")
	want := &wire.Content{Text: "loud @alice", Forwarded: &wire.Forwarded{Sender: "bob", Timestamp: said.Timestamp}}
	if len(passed) != 1 || passed[0].Sender != "alice" || !cmp.Equal(passed[0].Content, want) {
		t.Fatalf("forwarded as %+v", passed)
	}
	if err := forward("carol", "dave", "f2", wire.ChannelSeq{Channel: "alice~carol", Seq: 1}); err != nil {
		t.Fatal(err)
	}
	if err := l.awaitLatest(t.Context(), "carol~dave"); err != nil {
		t.Fatal(err)
	}
	onward, err := l.view.Message("carol~dave", 1)
	if err != nil || !cmp.Equal(onward.Content, want) {
		t.Errorf("forwarded on as %+v, %v: the words stay bob's", onward, err)
	}
	mustSend(t, l, "bob", wire.Delete{Channel: said.Channel, Seq: 1})
	retry := wire.Forward{To: "carol", ClientID: "f1", From: from}
	again, err := l.Answer(t.Context(), "alice", retry)
	if err != nil || again.(wire.Ack).ID != passed[0].ID {
		t.Errorf("a retry after the deletion of what was forwarded: %+v, %v", again, err)
	}
	for name, c := range map[string]struct {
		user string
		from wire.ChannelSeq
		code wire.Code
	}{
		"an outsider's":       {"carol", from, wire.CodeForbidden},
		"one that is deleted": {"alice", from, wire.CodeInvalid},
		"one that is not":     {"alice", wire.ChannelSeq{Channel: said.Channel, Seq: 9}, wire.CodeInvalid},
	} {
		err := forward(c.user, "erin", "f3", c.from)
		if !errors.Is(err, &wire.Error{Code: c.code}) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// A node that is behind the log forwards words, and no files: their message may be deleted by now.
func TestForward_behind(t *testing.T) {
	l, o := alone(t), new(office)
	l.TakeAttachments(o)
	said := mustSend(t, l, "bob", text("alice", "c1", "hi"))
	mustSend(t, l, "bob", o.attach("bob", text("alice", "c2", ""), paper))
	behind := errors.New("as the test wants it")
	forward := func(seq uint64, try int) error {
		l.level.deaf.Store(&behind)
		cmd := wire.Forward{To: "carol", ClientID: fmt.Sprint(seq, "-", try), From: wire.ChannelSeq{Channel: said.Channel, Seq: seq}}
		_, err := l.Answer(t.Context(), "alice", cmd)
		return err
	}
	if err := forward(1, 0); err != nil {
		t.Errorf("words: %v", err)
	}
	var err error
	for try := range 5 { // the node finds out once a second that it is level
		if err = forward(2, try); errors.Is(err, &wire.Error{Code: wire.CodeUnavailable}) {
			return
		}
	}
	t.Errorf("a file: %v", err)
}
