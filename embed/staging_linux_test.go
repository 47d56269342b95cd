package embed_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed"
	"natterjack/embed/embedtest"
)

// staged is a server with a stream that accepts batches.
type staged struct {
	*embedtest.Node
	t       *testing.T
	batches int
}

func startStaged(t *testing.T) *staged {
	t.Helper()
	s := &staged{Node: embedtest.Start(t, embedtest.NoSync), t: t}
	js, err := jetstream.New(s.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}, AllowAtomicPublish: true}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *staged) link() string {
	return filepath.Join(s.StoreDir(), "jetstream", embed.Account, "streams", "S", "batches")
}

// memory returns the directory to which the stream's batches go.
func (s *staged) memory() string {
	s.t.Helper()
	to, err := os.Readlink(s.link())
	if err != nil {
		s.t.Fatal(err)
	}
	return to
}

// send sends one message of a batch, and waits until it is staged or, for the last message,
// stored.
func (s *staged) send(seq string, last bool) {
	s.t.Helper()
	id := string(rune('a' + s.batches))
	m := &nats.Msg{Subject: "s", Data: []byte("words"), Header: nats.Header{"Nats-Batch-Id": {id}, "Nats-Batch-Sequence": {seq}}}
	if last {
		m.Header.Set("Nats-Batch-Commit", "1")
		s.batches++
	}
	answer, err := s.Conn.RequestMsg(m, patience)
	if err != nil {
		s.t.Fatal(err)
	}
	if bytes.Contains(answer.Data, []byte("error")) {
		s.t.Fatalf("message %s of batch %s: %s", seq, id, answer.Data)
	}
}

func (s *staged) count() uint64 {
	s.t.Helper()
	js, err := jetstream.New(s.Conn)
	if err != nil {
		s.t.Fatal(err)
	}
	stream, err := js.Stream(s.t.Context(), "S")
	if err != nil {
		s.t.Fatal(err)
	}
	return stream.CachedInfo().State.Msgs
}

// files counts the files below a directory.
func files(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return n
}

// TestStage shows that uncommitted messages are in memory, whatever happened to the link and
// the memory before.
func TestStage(t *testing.T) {
	s := startStaged(t)
	batch := func(when string) {
		t.Helper()
		before := s.count()
		s.Stage("S")
		s.send("1", false)
		if files(t, s.memory()) == 0 {
			t.Errorf("%s: nothing is staged in memory", when)
		}
		s.send("2", true)
		if got := s.count() - before; got != 2 {
			t.Errorf("%s: %d messages were stored, want 2", when, got)
		}
	}
	batch("at first")
	if err := os.RemoveAll(s.memory()); err != nil {
		t.Fatal(err)
	}
	batch("after somebody cleared the memory")
	if err := os.Remove(s.link()); err != nil {
		t.Fatal(err)
	}
	batch("after somebody removed the link")
	memory := s.memory()
	s.Restart(t)
	if _, err := os.Stat(memory); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the memory was not given back: %v", err)
	}
	batch("after a restart")
	if got, want := s.memory(), memory; got != want {
		t.Errorf("after a restart the memory is at %s, and was at %s: a torn batch could not be completed", got, want)
	}
}

// TestStage_startsOnWhatIsLeft starts on the link of a killed process. The link leads nowhere,
// because the machine was rebooted.
func TestStage_startsOnWhatIsLeft(t *testing.T) {
	s := startStaged(t)
	s.Stage("S")
	memory := s.memory()
	s.Stop(t)
	if err := os.Remove(s.link()); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(memory, s.link()); err != nil {
		t.Fatal(err)
	}
	s.Restart(t)
	s.send("1", false) // without a directory in memory
	s.send("2", true)
	s.Stage("S")
	s.send("1", false)
	s.send("2", true)
	if got := s.count(); got != 4 {
		t.Errorf("%d messages are stored, want 4", got)
	}
}

// TestStage_notInAnothersDirectory shows that a directory of another user is not used, and that
// batches then go to files.
func TestStage_notInAnothersDirectory(t *testing.T) {
	s := startStaged(t)
	s.Stage("S")
	place := filepath.Dir(s.memory())
	s.Stop(t)
	if err := os.Mkdir(place, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(place) })
	if err := os.Chmod(place, 0o777); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	server, err := embed.New(embed.Options{NATS: options(t, s.StoreDir()), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Stage("S")
	if to, err := os.Readlink(s.link()); err == nil {
		t.Errorf("batches are staged in %s", to)
	}
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "belongs to somebody else") {
		t.Errorf("nothing was said of it: %s", log.String())
	}
}

func options(t *testing.T, store string) *embed.NATSOptions {
	t.Helper()
	o := parse(t, configuration)
	o.StoreDir, o.DontListen = store, true
	return o
}
