package search

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"natterjack/server/wire"
)

// crashes is set for a process that indexes a log with text files until it is killed.
const crashes = "NATTERJACK_SEARCH_CRASHES"

// crashMessages is how many messages the log has. Each has a file of its own at first. Then some
// lose it, some get another one, and some are deleted.
const crashMessages = 120

// crashLog returns the log, and the file that each message has in the end.
func crashLog() (f *fake, files map[uint64]string) {
	f, files = newFake(), map[uint64]string{}
	f.channel("gcrash", "crash", "alice")
	put := func(kind wire.Kind, seq uint64, file string) {
		f.put(kind, "gcrash", seq, "alice", "a message", withFile(file, "text/plain"))
		files[seq] = file
	}
	for seq := uint64(1); seq <= crashMessages; seq++ {
		put(wire.KindMessage, seq, fmt.Sprintf("first%d", seq))
		switch {
		case seq%7 == 0:
			put(wire.KindEdit, seq-3, fmt.Sprintf("second%d", seq-3))
		case seq%11 == 0:
			f.put(wire.KindEdit, "gcrash", seq-2, "alice", "no file")
			delete(files, seq-2)
		case seq%13 == 0:
			f.remove("gcrash", seq-5)
			delete(files, seq-5)
		}
	}
	f.most = 5
	f.file = func(_ context.Context, media string, _ int64, _ int) ([]byte, error) {
		fmt.Println(media)
		return []byte("the word of this file is word" + media), nil
	}
	return f, files
}

// indexForEver indexes the log, and says which files it reads.
func indexForEver(dir string) {
	f, _ := crashLog()
	s := New(Config{Dir: dir, Epoch: "e", Key: []byte("e"), Log: f, Logger: slog.New(slog.DiscardHandler), File: f.file})
	if err := s.Run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}

// TestFiles_crash shows that a process that is killed at any moment, while it reads files and takes
// them in, loses no text, and brings back none that a message has lost.
func TestFiles_crash(t *testing.T) {
	dir := t.TempDir()
	for range 20 {
		readUntilKilled(t, dir)
	}
	f, files := crashLog()
	f.file = func(_ context.Context, media string, _ int64, _ int) ([]byte, error) {
		return []byte("the word of this file is word" + media), nil
	}
	n := run(t, f, dir, "e")
	n.level()
	want := map[string]string{}
	for seq, file := range files {
		want[file] = fmt.Sprint("gcrash/", seq)
	}
	for seq := uint64(1); seq <= crashMessages; seq++ {
		for _, file := range []string{fmt.Sprintf("first%d", seq), fmt.Sprintf("second%d", seq)} {
			if got := n.seqs("alice", `"word`+file+`"`); got != want[file] {
				t.Errorf("%s is found in %q, want %q", file, got, want[file])
			}
		}
	}
	if count := n.ask("alice", "file in:crash", func(c *wire.Search) { c.Limit = 1 }).Count; count < len(files) {
		t.Errorf("%d messages with files are found, want %d", count, len(files))
	}
}

// readUntilKilled runs a process that indexes the log, and kills it after it has read some files,
// or all of them.
func readUntilKilled(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashes+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		var line string
		for range 1 + rand.IntN(12) {
			if _, err := fmt.Fscanln(out, &line); err != nil {
				return
			}
		}
	}()
	select {
	case <-read:
	case <-time.After(time.Second): // it has read all files before
	}
	_ = cmd.Process.Kill() // it cannot have ended
	_ = cmd.Wait()         // it was killed
	<-read
}
