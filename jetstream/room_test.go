package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/channel"
	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// TestRoom fills a node's storage. Messages are refused while a reserve is left, in which
// commands that remove things or protect users go through. After enough deletions, messages are
// accepted again.
func TestRoom(t *testing.T) {
	t.Parallel()
	node := embedtest.Start(t, embedtest.NoSync, func(o *server.Options) { o.JetStreamMaxStore = 4 << 20 })
	l, _ := start(t, node, t.TempDir(), 1)
	group, err := l.CreateGroup(t.Context(), "alice", &wire.CreateGroup{ClientID: "g", Name: "all", Members: []string{"bob", "carol", "dave", "eve"}})
	if err != nil {
		t.Fatal(err)
	}
	prepare(t, l, group.ID)
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
	protect(t, l, node, group.ID)
	for seq := range uint64(stored / 4) {
		mustSend(t, l, "alice", wire.Delete{Channel: group.ID, Seq: seq + 2})
	}
	mustSend(t, l, "alice", in(group.ID, "again", long))
}

// prepare makes what [protect] takes away.
func prepare(t *testing.T, l *Log, group string) {
	t.Helper()
	change(t, l, "alice", in(group, "first", "x"))
	change(t, l, "bob", wire.React{Channel: group, Seq: 1, Emoji: "x"})
	change(t, l, "alice", wire.Pin{Channel: group, Seq: 1})
	change(t, l, "alice", wire.CreateInvite{Channel: group, Hash: channel.SecretHash(secretOf("s"))})
	change(t, l, "alice", wire.RemoveMember{Channel: group, User: "fay", Ban: true})
	if _, err := l.CreateGroup(t.Context(), "bob", &wire.CreateGroup{ClientID: "g", Name: "other", Members: []string{"alice"}}); err != nil {
		t.Fatal(err)
	}
}

// protect carries out all commands that remove something or protect a user, when there is no room
// for others.
func protect(t *testing.T, l *Log, node *embedtest.Node, group string) {
	t.Helper()
	archived, pause := true, 10
	for _, step := range []struct {
		user string
		cmd  wire.Change
	}{
		{"bob", wire.Set{Name: wire.SettingBlock + "alice", Value: "1"}},
		{"bob", wire.Set{Name: wire.SettingBlock + "alice", Value: ""}},
		{"bob", wire.Set{Name: wire.SettingHide + group + "/1", Value: "1"}},
		{"bob", wire.Set{Name: wire.SettingMute + group, Value: "0"}},
		{"bob", wire.Set{Name: wire.SettingLastSeen, Value: "nobody"}},
		{"bob", wire.Set{Name: wire.SettingReceipts, Value: "off"}},
		{"bob", wire.React{Channel: group, Seq: 1, Emoji: "x", Remove: true}},
		{"alice", wire.Pin{Channel: group, Seq: 1, Remove: true}},
		{"alice", wire.RevokeInvite{Channel: group, Hash: channel.SecretHash(secretOf("s"))}},
		{"alice", wire.Unban{Channel: group, User: "fay"}},
		{"alice", wire.RemoveMember{Channel: group, User: "carol", Ban: true}},
		{"alice", wire.RemoveMember{Channel: group, User: "eve"}},
		{"alice", wire.SetRole{Channel: group, User: "dave", Role: wire.RoleReader}},
		{"alice", wire.UpdateChannel{Channel: group, SlowModeS: &pause}},
		{"dave", wire.Leave{Channel: group}},
		{"alice", wire.Delete{Channel: group, Seq: 1}},
		{"bob", wire.SetRole{Channel: channel.GroupID("bob", "g"), User: "alice", Role: wire.RoleOwner}},
		{"bob", wire.Leave{Channel: channel.GroupID("bob", "g")}},
		{"alice", wire.UpdateChannel{Channel: channel.GroupID("bob", "g"), Archived: &archived}},
		{"alice", wire.DeleteChannel{Channel: channel.GroupID("bob", "g")}},
	} {
		if _, err := l.Change(t.Context(), step.user, step.cmd); err != nil {
			t.Errorf("%s %+v: %v", step.cmd.Type(), step.cmd, err)
		}
	}
	if err := l.Read(t.Context(), "bob", group, 3); err != nil {
		t.Errorf("read: %v", err)
	}
	signOut(t, node)
	useUp(t, l)
}

// signOut signs out a session on a node.
func signOut(t *testing.T, node *embedtest.Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := sessions.New(ctx, sessions.Config{Conn: node.Conn, Nodes: func() int { return 1 }, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) })
	defer running.Wait()
	defer cancel()
	<-r.Ready()
	token := sessions.Token{Fingerprint: sessions.Fingerprint{1}, Expires: time.Now().Add(time.Hour).UnixMilli()}
	if err := r.Enter(&sessions.Session{ID: "s", User: "bob", Owner: signedOut{}}, token); err != nil {
		t.Fatal(err)
	}
	if err := r.SignOut(ctx, "bob", "s"); err != nil {
		t.Errorf("sign out: %v", err)
	}
}

type signedOut struct{}

func (signedOut) SignedOut() {}
func (signedOut) Heard()     {}

// useUp has a user change a setting to and fro, until that is refused, too. The rest is for
// deletions.
func useUp(t *testing.T, l *Log) {
	t.Helper()
	for i := range 2000 {
		_, err := l.Change(t.Context(), "bob", wire.Set{Name: wire.SettingMute + "x~y", Value: fmt.Sprint(i % 2)})
		if errors.Is(err, &wire.Error{Code: wire.CodeStorageFull}) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("one user may use up all that is left")
}

// TestRoomFor tells what fits on a disk from what does not.
func TestRoomFor(t *testing.T) {
	dir := t.TempDir()
	if RoomFor(dir, 1<<60) || RoomFor(dir, 0) != Roomy(dir) {
		t.Error("a huge file fits, or nothing does")
	}
}
