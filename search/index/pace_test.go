package index

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"natterjack/search/internal/leisure"
)

// paced opens an index that writes to disk only when it must.
func paced(t *testing.T, dir string) *Index {
	t.Helper()
	x, err := Open(dir, Options{Log: "log", Pace: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() }) // a second call does nothing
	return x
}

// say applies messages of one word, each at its position.
func say(t *testing.T, x *Index, from, to uint64, word string) {
	t.Helper()
	var changes []Change
	for seq := from; seq <= to; seq++ {
		changes = append(changes, Change{Put: &Message{Channel: "c", Seq: seq, At: time.Unix(int64(seq), 0), Fields: []string{word}}})
	}
	if err := x.Apply(Batch{Changes: changes, Positions: map[string]uint64{"s": to}}); err != nil {
		t.Fatal(err)
	}
}

// TestPace_close shows that messages that are only in memory are found, and are on disk after
// Close.
func TestPace_close(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	x := paced(t, dir)
	say(t, x, 1, 1, "toad") // the first one is written at once
	for seq := range uint64(9) {
		say(t, x, 2+seq, 2+seq, "toad")
	}
	if n := len(found(t, x, "toad")); n != 10 || x.pace.isWritten() {
		t.Errorf("%d are found, and all are on disk: %v", n, x.pace.isWritten())
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = paced(t, dir)
	if pos, err := x.Position("s"); err != nil || pos != 10 {
		t.Errorf("at %d, %v", pos, err)
	}
	if n := len(found(t, x, "toad")); n != 10 {
		t.Errorf("%d are found afterwards", n)
	}
}

// TestPace_full applies more than may be in memory only. It goes on without waiting for the hour.
func TestPace_full(t *testing.T) {
	x := paced(t, filepath.Join(t.TempDir(), "index"))
	for seq := uint64(0); seq < 3*mostUnwritten; seq += 1000 {
		say(t, x, seq+1, seq+1000, "toad")
		x.pace.mu.Lock()
		unwritten := x.pace.unwritten
		x.pace.mu.Unlock()
		if unwritten >= mostUnwritten {
			t.Fatalf("%d changes are in memory only", unwritten)
		}
	}
	if pos, err := x.Position("s"); err != nil || pos != 3*mostUnwritten {
		t.Errorf("at %d, %v", pos, err)
	}
}

// TestPace_building shows that an index rests while it is built, in its segments and in its merges
// alike, and that it is on disk and rests no more once it is.
func TestPace_building(t *testing.T) {
	var events atomic.Uint64
	l := leisure.New(func() uint64 { return events.Add(1) })
	x, err := Open(filepath.Join(t.TempDir(), "index"), Options{Log: "log", Pace: time.Millisecond, Building: true, Leisure: l})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for seq := range uint64(9) {
		before := l.Spent()
		say(t, x, 1+seq, 1+seq, "toad")
		if after := l.Spent(); after.Worked == before.Worked || after.Rested == before.Rested {
			t.Errorf("message %d was indexed without a rest: %+v", 1+seq, after)
		}
	}
	if x.pace.isWritten() {
		t.Error("an index that is not in use yet is written again and again")
	}
	before := l.Spent()
	if err := x.touch(); err != nil { // merges segments that are only in memory
		t.Fatal(err)
	}
	if after := l.Spent(); after.Rested == before.Rested {
		t.Error("segments were merged without a rest")
	}
	say(t, x, 10, 10, "toad")
	l.End()
	if err := x.Built(); err != nil {
		t.Fatal(err)
	}
	if !x.pace.isWritten() {
		t.Error("an index that is in use from now on is not all on disk")
	}
	before = l.Spent()
	say(t, x, 11, 11, "toad")
	if after := l.Spent(); after.Worked != before.Worked {
		t.Errorf("an index that is in use rests: %+v", after)
	}
	if n := len(found(t, x, "toad")); n != 11 {
		t.Errorf("%d are found", n)
	}
}

// TestPace_scrub shows that words that were removed leave the files without waiting for the hour.
func TestPace_scrub(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	x := paced(t, dir)
	say(t, x, 1, 5, "unutterable")
	say(t, x, 6, 9, "toad")
	for seq := range uint64(5) {
		if err := x.Apply(Batch{Changes: []Change{{Channel: "c", Seq: 1 + seq}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := written(x.dir)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "unutterable") {
			t.Errorf("%s has the word still", filepath.Base(file))
		}
	}
	if n := len(found(t, x, "toad")); n != 4 {
		t.Error(fmt.Sprint(n, " are left"))
	}
}
