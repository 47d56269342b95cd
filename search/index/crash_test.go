package index

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"natterjack/search/query"
)

// crashes is set for a process that fills the index in its directory until it is killed. It is the
// pace of that index.
const crashes = "NATTERJACK_SEARCH_CRASHES"

func TestMain(m *testing.M) {
	if pace, err := time.ParseDuration(os.Getenv(crashes)); err == nil {
		if err := fillForEver("index", pace); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// fillForEver applies changes from the index's position on, and scrubs it now and then. It
// writes the position from which it goes on, and each one that was applied, to standard output.
func fillForEver(dir string, pace time.Duration) error {
	x, err := Open(dir, Options{Log: "log", Pace: pace})
	if err != nil {
		return err
	}
	pos, err := x.Position("s")
	if err == nil {
		_, err = fmt.Println(pos)
	}
	for n := 0; err == nil; n++ {
		var changes []Change
		for range 1 + pos%7 {
			pos++
			changes = append(changes, crashChange(pos))
		}
		if err = x.Apply(Batch{Changes: changes, Positions: map[string]uint64{"s": pos}}); err == nil {
			_, err = fmt.Println(pos)
		}
		if err == nil && n%8 == 7 {
			err = x.Scrub(context.Background())
		}
	}
	return err
}

// crashChange returns what happens at a position: a message is sent, the one before is edited, or
// an older one is removed.
func crashChange(pos uint64) Change {
	put := func(seq uint64, text string) Change {
		return Change{Put: &Message{Channel: "c", Seq: seq, At: time.Unix(1_700_000_000+int64(seq), 0), Fields: []string{text}}}
	}
	switch {
	case pos%25 == 0:
		return Change{Channel: "c", Seq: pos - 4}
	case pos%10 == 0:
		return put(pos-1, "second wording")
	default:
		return put(pos, "first wording")
	}
}

// crashState returns the text of each message at a position.
func crashState(pos uint64) map[uint64]string {
	state := map[uint64]string{}
	for p := uint64(1); p <= pos; p++ {
		if c := crashChange(p); c.Put != nil {
			state[c.Put.Seq] = c.Put.Fields[0]
		} else {
			delete(state, c.Seq)
		}
	}
	return state
}

// wordings is a source that believes the index about the text of a message.
type wordings string

func (w wordings) Fields(context.Context, string, uint64) ([]string, bool) {
	return []string{string(w)}, true
}

// TestCrash shows that a process that is killed at any moment loses no change that was applied,
// and that no change counts twice: after each kill the index holds what its position says.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	for range 20 {
		_, applied := runUntilKilled(t, dir, 0)
		x := newIndex(t, filepath.Join(dir, "index"))
		pos, err := x.Position("s")
		if err != nil || pos < applied {
			t.Fatalf("position %d, %v, after %d was applied", pos, err, applied)
		}
		holds(t, x, crashState(pos))
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCrash_paced kills a process whose changes get to disk some time later. The index holds what
// its position says then too, and no position is lost that was on disk before the process began.
func TestCrash_paced(t *testing.T) {
	dir := t.TempDir()
	before := uint64(0)
	for i := range 20 {
		pace := []time.Duration{time.Hour, 10 * time.Millisecond}[i%2]
		began, _ := runUntilKilled(t, dir, pace)
		x := newIndex(t, filepath.Join(dir, "index"))
		pos, err := x.Position("s")
		if err != nil || began != before || pos < before {
			t.Fatalf("position %d, %v; it began at %d, and was %d before", pos, err, began, before)
		}
		holds(t, x, crashState(pos))
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		before = pos
	}
}

// holds shows that an index has exactly the messages of a state, as one would that is made anew.
func holds(t *testing.T, x *Index, state map[uint64]string) {
	t.Helper()
	if n, err := x.Count(); err != nil || n != uint64(len(state)) {
		t.Fatalf("%d messages, %v, want %d", n, err, len(state))
	}
	for _, word := range []string{"first", "second", "wording"} {
		want := map[uint64]bool{}
		for seq, text := range state {
			if word == "wording" || text == word+" wording" {
				want[seq] = true
			}
		}
		if got := found(t, x, word); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
			t.Fatalf("%s: %v, want %v", word, got, slices.Sorted(maps.Keys(want)))
		}
	}
}

// found returns the seqs of all messages that an index has under a word, ascending.
func found(t *testing.T, x *Index, word string) (seqs []uint64) {
	t.Helper()
	req := Request{Query: query.Parse(word), Now: time.Now(), Channels: []string{"c"}, Limit: maxLimit}
	for {
		page, err := x.Search(t.Context(), req, wordings(word), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Hits {
			seqs = append(seqs, h.Seq)
		}
		if page.Next == nil {
			slices.Sort(seqs)
			return seqs
		}
		req.After = *page.Next
	}
}

// runUntilKilled runs a process that fills the index, and kills it after some changes. It returns
// the position from which the process said that it went on, and the last one that it said it had
// applied.
func runUntilKilled(t *testing.T, dir string, pace time.Duration) (began, applied uint64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Dir = append(os.Environ(), crashes+"="+pace.String()), dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(out, &began); err != nil {
		t.Fatal(err)
	}
	for range 3 + rand.IntN(15) {
		var line string
		if _, err := fmt.Fscanln(out, &line); err != nil {
			t.Fatal(err)
		}
		if applied, err = strconv.ParseUint(line, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	return began, applied
}
