package jetstream

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

func TestForward(t *testing.T) {
	l := alone(t)
	said := mustSend(t, l, "bob", text("alice", "c1", "loud @alice"))
	from := wire.ChannelSeq{Channel: said.Channel, Seq: said.Seq}
	mustSend(t, l, "alice", wire.Forward{To: "carol", ClientID: "f1", From: from})
	passed := page(t, l, "alice~carol")
	want := &wire.Content{Text: "loud @alice", Forwarded: &wire.Forwarded{Sender: "bob", Timestamp: said.Timestamp}}
	if len(passed) != 1 || passed[0].Sender != "alice" || !cmp.Equal(passed[0].Content, want) {
		t.Fatalf("forwarded as %+v", passed)
	}
	mustSend(t, l, "carol", wire.Forward{To: "dave", ClientID: "f2", From: wire.ChannelSeq{Channel: "alice~carol", Seq: 1}})
	onward, err := l.view.Message("carol~dave", 1)
	if err != nil || !cmp.Equal(onward.Content, want) {
		t.Errorf("forwarded on as %+v, %v: the words stay bob's", onward, err)
	}
	mustSend(t, l, "bob", wire.Delete{Channel: said.Channel, Seq: 1})
	for name, c := range map[string]struct {
		user string
		from wire.ChannelSeq
		code wire.Code
	}{
		"an outsider's":       {"carol", from, wire.CodeForbidden},
		"one that is deleted": {"alice", from, wire.CodeInvalid},
		"one that is not":     {"alice", wire.ChannelSeq{Channel: said.Channel, Seq: 9}, wire.CodeInvalid},
	} {
		_, err := l.Change(t.Context(), c.user, wire.Forward{To: "erin", ClientID: "f3", From: c.from})
		if !errors.Is(err, &wire.Error{Code: c.code}) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}
