package removal

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"

	"natterjack/embed/embedtest"
	"natterjack/jetstream"
	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) {
	ats.Register() // its one goroutine stays
	m.Run()
}

// office opens tickets that are ids.
type office struct{}

func (office) Open(_, _, ticket string) (wire.Attachment, error) {
	return wire.Attachment{ID: ticket, Kind: wire.AttachmentFile, Name: "a.bin", Type: "application/octet-stream", Size: 1}, nil
}

func (o office) OpenPicture(user, channel, ticket string) (wire.Picture, error) {
	a, err := o.Open(user, channel, ticket)
	return wire.Picture{ID: a.ID, Type: "image/png", Size: a.Size}, err
}

// shelf is storage that may be down.
type shelf struct {
	mu      sync.Mutex // protects following
	down    bool
	tries   int
	removed []string
}

// Withdraw implements [Files], for files of long ago.
func (s *shelf) Withdraw(context.Context, string) (since time.Time, err error) { return since, nil }

func (s *shelf) Remove(_ context.Context, media string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tries++; s.down {
		return errTest
	}
	s.removed = append(s.removed, media)
	return nil
}

// set says whether storage is down.
func (s *shelf) set(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// gone returns the first letters of the files that were removed, in the order of the alphabet.
func (s *shelf) gone() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	letters := []string{}
	for _, media := range s.removed {
		letters = append(letters, media[:1])
	}
	slices.Sort(letters)
	return strings.Join(letters, "")
}

// node is a log with a removal beside it.
type node struct {
	*jetstream.Log

	t    *testing.T
	stop func()
	n    int // messages
}

func start(t *testing.T, engine *embedtest.Node, dir string, files Files) *node {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	l, err := jetstream.New(t.Context(), jetstream.Config{Conn: engine.Conn, Engine: engine, ViewDir: dir, Shards: 2, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	l.TakeAttachments(office{})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	removing, end := context.WithCancel(ctx)
	var log, removal sync.WaitGroup
	log.Go(func() { _ = l.Run(ctx) })
	removal.Go(func() {
		if err := New(l, files, logger).Run(removing); err != nil {
			t.Error(err)
		}
	})
	<-l.Ready()
	return &node{Log: l, t: t, stop: func() {
		end()
		removal.Wait()
		cancel()
		log.Wait()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}}
}

// send sends a message to bob, or into a group, with some files by their letters.
func (n *node) send(group, letters string) wire.Ack {
	n.t.Helper()
	n.n++
	cmd := wire.Send{Channel: group, ClientID: fmt.Sprint("c", n.n), Content: wire.Content{Text: "hi"}}
	if group == "" {
		cmd.To = "bob"
	}
	for _, letter := range letters {
		id := strings.Repeat(string(letter), 26)
		cmd.Content.Attachments = append(cmd.Content.Attachments, wire.Attachment{ID: id, Ticket: id})
	}
	return n.must(cmd)
}

func (n *node) must(cmd wire.Change) wire.Ack {
	n.t.Helper()
	ack, err := n.Change(n.t.Context(), "alice", cmd)
	if err != nil {
		n.t.Fatal(err)
	}
	return ack
}

// TestRemoval removes files a minute after the last message that has them was deleted, or edited,
// or went with its channel; over a restart, and after storage was down.
func TestRemoval(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	dir := filepath.Join(t.TempDir(), "view")
	synctest.Test(t, func(t *testing.T) {
		engine, files := embedtest.Start(t, embedtest.NoSync), &shelf{}
		n := start(t, engine, dir, files)
		one, two, three := n.send("", "a"), n.send("", "bc"), n.send("", "a")
		made, err := n.Operations().Answer(t.Context(), operation.Caller{User: "alice"}, wire.CreateGroup{ClientID: "g", Name: "toads", Members: []string{"bob"}})
		if err != nil {
			t.Fatal(err)
		}
		group := made.(wire.Channel).Channel
		n.send(group.ID, "d")
		n.send(group.ID, "eb")
		after := func(d time.Duration, want string) {
			t.Helper()
			time.Sleep(d)
			if got := files.gone(); got != want {
				t.Errorf("removed %q, want %q", got, want)
			}
		}
		direct := one.Channel
		n.must(wire.Delete{Channel: direct, Seq: one.Seq})
		n.must(wire.Edit{Channel: direct, Seq: two.Seq, Content: wire.Content{
			Text: "hi", Attachments: []wire.Attachment{{ID: strings.Repeat("b", 26)}},
		}})
		after(50*time.Second, "")
		after(20*time.Second, "c") // another message has a
		n.must(wire.DeleteChannel{Channel: group.ID})
		after(10*time.Second, "c")
		n.stop()
		n = start(t, engine, dir, files)
		n.n = 100
		after(time.Minute, "cde") // a message in another channel has b
		files.set(true)
		n.must(wire.Delete{Channel: direct, Seq: two.Seq})
		n.must(wire.Delete{Channel: direct, Seq: three.Seq})
		after(10*time.Minute, "cde")
		if files.tries < 5 {
			t.Errorf("storage that is down was asked %d times", files.tries)
		}
		files.set(false)
		after(20*time.Minute, "abcde")
		for shard := range n.Shards() {
			for pos := range uint64(30) {
				if left, err := n.Dropped(shard, pos, "", 10); len(left) > 0 || err != nil {
					t.Errorf("the view still knows of %v, %v", left, err)
				}
			}
		}
		n.stop()
	})
}

// TestRemoval_pictures removes the pictures of users and groups that have others now, or none.
func TestRemoval_pictures(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	dir := filepath.Join(t.TempDir(), "view")
	synctest.Test(t, func(t *testing.T) {
		files := &shelf{}
		n := start(t, embedtest.Start(t, embedtest.NoSync), dir, files)
		made, err := n.Operations().Answer(t.Context(), operation.Caller{User: "alice"}, wire.CreateGroup{ClientID: "g", Name: "toads", Members: []string{"bob"}})
		if err != nil {
			t.Fatal(err)
		}
		group := made.(wire.Channel).Channel.ID
		picture := func(letter string) *wire.Picture {
			id := strings.Repeat(letter, 26)
			return &wire.Picture{ID: id, Ticket: id}
		}
		own := func(p *wire.Picture) { n.must(wire.SetProfile{ProfileChange: wire.ProfileChange{Picture: p}}) }
		ofGroup := func(p *wire.Picture) { n.must(wire.UpdateChannel{Channel: group, Picture: p}) }
		own(picture("a"))
		ofGroup(picture("b"))
		ofGroup(picture("c"))
		own(picture("d"))
		own(picture("e"))
		own(picture("d")) // it is used again before it is removed
		own(&wire.Picture{})
		own(picture("f"))
		time.Sleep(70 * time.Second)
		if got := files.gone(); got != "abdde" { // d was given up twice, and each time counts
			t.Errorf("removed %q, want %q", got, "abdde")
		}
		n.must(wire.DeleteChannel{Channel: group})
		time.Sleep(70 * time.Second)
		if got := files.gone(); got != "abcdde" {
			t.Errorf("after the group: removed %q, want %q", got, "abcdde")
		}
		n.stop()
	})
}
