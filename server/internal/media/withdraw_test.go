package media

import (
	"testing"
	"time"

	"natterjack/server/wire"
)

// A file whose last message was deleted is gone, and its tickets with it. It can be sent again.
func TestMedia_Remove(t *testing.T) {
	n := newWorld(t).node(t)
	file := photo(t, 64, 64)
	done := attach(t, n, file, "toad.jpg")
	if _, err := n.Open("alice", "alice~bob", done.Ticket); err != nil {
		t.Fatal(err)
	}
	media, before := done.Attachment.ID, time.Now()
	var since time.Time
	for i := range 2 {
		got, err := n.Withdraw(t.Context(), media)
		if err != nil || got.Before(before) || i > 0 && !got.Equal(since) {
			t.Fatalf("withdrawn at %v, and then at %v, %v", since, got, err)
		}
		since = got
	}
	_, err := n.Open("alice", "alice~bob", done.Ticket)
	refuses(t, "a ticket for a file that was withdrawn", err, wire.CodeInvalid)
	for _, cmd := range []wire.Command{wire.CompleteUpload{Media: media}, wire.ResumeUpload{Media: media}} {
		_, err := n.table.Answer(t.Context(), caller("alice"), cmd)
		refuses(t, cmd.Type(), err, wire.CodeInvalid)
	}
	if use := must[wire.Storage](t, n, "alice", wire.GetStorage{}).User; use.Reserved != 0 {
		t.Errorf("it still takes %d bytes", use.Reserved)
	}
	again := attach(t, n, file, "toad.jpg")
	for range 2 {
		if err := n.Remove(t.Context(), media); err != nil {
			t.Fatal(err)
		}
	}
	if there, _ := exists(t.Context(), n.store, storedKey(media, wire.RenditionSmall)); there {
		t.Error("a preview is left")
	}
	_, err = n.Open("alice", "alice~bob", done.Ticket)
	refuses(t, "a ticket for a file that was uploaded again", err, wire.CodeInvalid)
	if _, err := n.Open("alice", "alice~bob", again.Ticket); err != nil || again.Attachment.ID == media {
		t.Errorf("%s was removed, and uploaded again as %s: %v", media, again.Attachment.ID, err)
	}
	fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: n.log.send(again.Attachment), Media: again.Attachment.ID})
}

// TestWithdraw_clocks shows that each node counts by itself how long it has known that a file was
// withdrawn. A clock of another node, which may be an hour behind, has no part in it.
func TestWithdraw_clocks(t *testing.T) {
	w := newWorld(t)
	n := w.node(t)
	media := attach(t, n, photo(t, 64, 64), "toad.jpg").Attachment.ID
	first, err := n.Withdraw(t.Context(), media)
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	late := w.node(t)
	var since time.Time
	for i := range 2 {
		got, err := late.Withdraw(t.Context(), media)
		if err != nil || got.Before(started) || i > 0 && !got.Equal(since) {
			t.Errorf("withdrawn at %v; a node that started at %v says at %v, and then at %v, %v", first, started, since, got, err)
		}
		since = got
	}
}
