package jetstream

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestRoom fills a node's storage. Messages are refused while a reserve is left, in which
// commands that remove things or protect users go through. After enough deletions, messages are
// accepted again.
func TestRoom(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync, func(o *server.Options) { o.JetStreamMaxStore = 4 << 20 })
	l, _ := start(t, node, t.TempDir(), 1)
	group, err := l.CreateGroup(t.Context(), "alice", &wire.CreateGroup{ClientID: "g", Name: "all", Members: []string{"bob", "carol", "dave"}})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 15_000)
	stored := 0
	for ; err == nil; stored++ {
		if stored == 1000 {
			t.Fatal("15 MB were stored in 4")
		}
		_, err = l.Change(t.Context(), "alice", in(group.ID, fmt.Sprint("c", stored), long))
	}
	stored--
	if !errors.Is(err, &wire.Error{Code: wire.CodeStorageFull}) || !wire.AsError(err, 0).Retryable {
		t.Fatalf("after %d messages: %v", stored, err)
	}
	if used, most, err := node.Storage(); used < most*9/10 || used > most*97/100 || err != nil {
		t.Errorf("%d of %d bytes are stored (%v)", used, most, err)
	}
	for n := 0; err == nil || n == 0; n++ { // the counted bytes differ a little from the stored ones
		if n == 100 {
			t.Fatal("edits are let in")
		}
		_, err = l.Change(t.Context(), "alice", wire.Edit{Channel: group.ID, Seq: uint64(stored - n), Content: wire.Content{Text: "edited " + long}})
	}
	if !errors.Is(err, &wire.Error{Code: wire.CodeStorageFull}) {
		t.Errorf("an edit: %v", err)
	}
	for _, step := range []struct {
		user string
		cmd  wire.Change
	}{
		{"bob", wire.Set{Name: "block/alice", Value: "1"}},
		{"alice", wire.RemoveMember{Channel: group.ID, User: "carol", Ban: true}},
		{"dave", wire.Leave{Channel: group.ID}},
		{"alice", wire.Delete{Channel: group.ID, Seq: 1}},
	} {
		if _, err := l.Change(t.Context(), step.user, step.cmd); err != nil {
			t.Errorf("%s: %v", step.cmd.Type(), err)
		}
	}
	for seq := range uint64(stored / 4) {
		mustSend(t, l, "alice", wire.Delete{Channel: group.ID, Seq: seq + 2})
	}
	mustSend(t, l, "alice", in(group.ID, "again", long))
}
