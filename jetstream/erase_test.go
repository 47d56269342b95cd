package jetstream

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

// TestErase deletes a message that was edited. Its texts must be gone from the stream and from
// all files. A rebuilt view must show the same tombstone, and the number of the message must
// not be given out again.
func TestErase(t *testing.T) {
	node, dir := embedtest.Start(t), t.TempDir()
	l, stop := startScrubbing(t, node, dir)
	const secret, worse = "the-word-that-must-go", "the-word-that-came-after"
	first := mustSend(t, l, "alice", text("bob", "c1", secret))
	edited := mustSend(t, l, "alice", wire.Edit{Channel: first.Channel, Seq: 1, ClientID: "c2", Content: wire.Content{Text: worse}})
	mustSend(t, l, "alice", wire.Delete{Channel: first.Channel, Seq: 1})
	stream, err := l.js.Stream(t.Context(), StreamName(first.Shard))
	if err != nil {
		t.Fatal(err)
	}
	for _, pos := range []uint64{first.Pos, edited.Pos} {
		eventually(t, "the message to be gone from the stream", func() bool {
			_, err := stream.GetMsg(t.Context(), pos)
			return errors.Is(err, jetstream.ErrMsgNotFound)
		})
	}
	before := page(t, l, first.Channel)
	if len(before) != 1 || !before[0].Deleted || before[0].Content != nil || before[0].ID != first.ID || before[0].Sender != "alice" || before[0].Seq != 1 {
		t.Fatalf("the tombstone is %+v", before)
	}
	eventually(t, "the text to be in no file", func() bool {
		return holds(t, node.StoreDir(), secret, worse) == "" && holds(t, dir, secret, worse) == ""
	})
	stop()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	l, _ = start(t, node, dir, 1)
	if diff := cmp.Diff(before, page(t, l, first.Channel)); diff != "" {
		t.Errorf("the view built anew (-before +after):\n%s", diff)
	}
	retry := mustSend(t, l, "alice", text("bob", "c1", secret))
	if retry.Pos = first.Pos; retry != first { // the position of the first message is not known any more
		t.Errorf("a retry is answered with %+v, want %+v", retry, first)
	}
	if again := mustSend(t, l, "bob", text("alice", "c3", "next")); again.Seq != 2 {
		t.Errorf("the next message has seq %d, want 2", again.Seq)
	}
	for _, root := range []string{node.StoreDir(), dir} {
		if file := holds(t, root, secret, worse); file != "" {
			t.Errorf("%s still holds the text", file)
		}
	}
}

// startScrubbing starts a log that removes erased data from its own files at once.
func startScrubbing(t *testing.T, node *embedtest.Node, dir string) (l *Log, stop func()) {
	t.Helper()
	l = buildWith(t, Config{Limits: hurried(), scrubAfter: func() (time.Duration, error) { return 0, nil }}, node, dir)
	stop = run(t, l)
	<-l.Ready()
	return l, stop
}

// TestErase_deletedChannel shows which events are left of a deleted group. The stream keeps only
// the group's last event, and no file holds any text of the group.
func TestErase_deletedChannel(t *testing.T) {
	node, dir := embedtest.Start(t), t.TempDir()
	l, _ := startScrubbing(t, node, dir)
	group, err := l.CreateGroup(t.Context(), "alice", &wire.CreateGroup{ClientID: "g", Name: "friends-of-the-toad", Members: []string{"bob"}})
	if err != nil {
		t.Fatal(err)
	}
	mustSend(t, l, "bob", in(group.ID, "c0", "said-among-friends"))
	mustSend(t, l, "bob", wire.Edit{Channel: group.ID, Seq: 1, ClientID: "e", Content: wire.Content{Text: "said-otherwise-among-friends"}})
	sent := mustSend(t, l, "bob", in(group.ID, "c1", "hello"))
	gone := mustSend(t, l, "alice", wire.DeleteChannel{Channel: group.ID})
	stream, err := l.js.Stream(t.Context(), StreamName(sent.Shard))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log of the group to be purged", func() bool {
		_, err := stream.GetMsg(t.Context(), sent.Pos)
		return errors.Is(err, jetstream.ErrMsgNotFound)
	})
	if _, err := stream.GetMsg(t.Context(), gone.Pos); err != nil {
		t.Errorf("the event that says so: %v", err)
	}
	for _, root := range []string{node.StoreDir(), dir} {
		eventually(t, "what was said to be in no file", func() bool {
			return holds(t, root, "friends-of-the-toad", "said-among-friends", "said-otherwise-among-friends") == ""
		})
	}
	if _, _, err := l.History(t.Context(), "bob", &wire.History{Channel: group.ID}); !errors.Is(err, wire.Errorf(wire.CodeForbidden, "")) {
		t.Errorf("history of a deleted group: %v", err)
	}
}

// page returns a channel's history as alice sees it.
func page(t *testing.T, l *Log, channel string) (events []wire.Event) {
	t.Helper()
	frames, _, err := l.History(t.Context(), "alice", &wire.History{Channel: channel})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		ev, err := wire.DecodeFrame(f)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, ev.(wire.Event))
	}
	return events
}

// holds returns a file below root that contains one of the texts, or "" if there is none.
func holds(t *testing.T, root string, texts ...string) (file string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a file that went away meanwhile holds nothing
		}
		data, _ := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(data, []byte(text)) {
				file = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// eventually calls ok until it returns true. It fails the test if that takes too long.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !ok() {
		if pause.For(ctx, 5*time.Millisecond) != nil {
			t.Fatalf("gave up waiting for %s", what)
		}
	}
}

// TestErase_resume shows that a user who was away while a message was sent and deleted does not
// see its content on return.
func TestErase_resume(t *testing.T) {
	l := alone(t)
	watching, begun := follow(t, l, "bob", nil) // makes the node hold events in memory
	first := mustSend(t, l, "alice", text("bob", "c1", "the-word-that-must-go"))
	mustSend(t, l, "alice", wire.Delete{Channel: first.Channel, Seq: 1})
	watching.read(t, 3)
	late, start := follow(t, l, "bob", &wire.Resume{Epoch: begun.Epoch, Positions: begun.Positions})
	if !start.Recovered {
		t.Fatal("not resumed")
	}
	events := late.read(t, 3)
	if events[1].Kind != wire.KindMessage || events[1].Content != nil || events[2].Kind != wire.KindDelete || events[2].Target != 1 {
		t.Errorf("shown %+v", events)
	}
}
