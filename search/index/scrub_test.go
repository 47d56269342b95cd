package index

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	zap "github.com/blevesearch/zapx/v17"
)

// TestScrub shows that the words of messages that were edited or removed are in no file once
// the index is scrubbed, and that the others are still found.
func TestScrub(t *testing.T) {
	dir := t.TempDir()
	x := newIndex(t, dir)
	source := memory{}
	put := func(seq uint64, text string) Change {
		source[id("c", seq)] = []string{text}
		return Change{Put: &Message{Channel: "c", Seq: seq, At: time.Unix(1e9+int64(seq), 0), Fields: []string{text}}}
	}
	var changes []Change
	for i := range uint64(300) {
		text := fmt.Sprintf("plain wording %d", i)
		if i%100 == 7 {
			text = "verysecretword 秘密言葉 " + text
		}
		changes = append(changes, put(i+1, text))
	}
	for part := range slices.Chunk(changes, 30) {
		apply(t, x, 1, part...)
	}
	if !inFiles(t, dir, "verysecretword") {
		t.Fatal("the word is in no file before, so the test shows nothing")
	}
	edited := put(8, "edited wording")
	edited.Reworded = true
	apply(t, x, 2, edited, Change{Channel: "c", Seq: 108}, Change{Channel: "c", Seq: 208})
	if s, err := x.Stats(); err != nil || s.Owed == 0 && inFiles(t, dir, "verysecretword") {
		t.Errorf("%+v, %v, want to owe something", s, err)
	}
	if err := x.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"verysecretword", "密言", id("c", 108)} {
		if inFiles(t, dir, secret) {
			t.Errorf("%q is still in a file", secret)
		}
	}
	s, err := x.Stats()
	if err != nil || s.Owed != 0 || s.Messages != 298 || s.Bytes == 0 || s.Segments == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if n := hits(t, x, source, "edited"); n != 1 {
		t.Errorf("%d messages, want the edited one", n)
	}
	if n := hits(t, x, source, "verysecretword"); n != 0 {
		t.Error("a removed message is found")
	}
	if err := x.Scrub(t.Context()); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}

// TestStats_owed shows that only words that have gone are owed, also after the index was closed.
func TestStats_owed(t *testing.T) {
	dir := t.TempDir()
	x := newIndex(t, dir)
	put := func(seq uint64, text string, marks ...string) Change {
		return Change{Put: &Message{Channel: "c", Seq: seq, At: time.Unix(1e9, 0), Fields: []string{text}, Marks: marks}}
	}
	owes := func(want uint64) {
		t.Helper()
		for range 2 {
			if s, err := x.Stats(); err != nil || s.Owed != want {
				t.Errorf("owes %d, %v, want %d", s.Owed, err, want)
			}
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			x = newIndex(t, dir)
		}
	}
	apply(t, x, 1, put(1, "a"), put(2, "b"), put(3, "c"), put(4, "d"))
	owes(0)
	apply(t, x, 2, put(1, "a", "reaction"), put(2, "b", "pinned"))
	owes(0)
	reworded := put(3, "other")
	reworded.Reworded = true
	apply(t, x, 3, put(1, "a"), reworded, Change{Channel: "c", Seq: 4})
	owes(2)
	if err := x.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	owes(0)
	apply(t, x, 4, Change{Channel: "c"})
	owes(3)
}

// TestScrub_oneSegment shows the same of an index with one segment only, again and again, and that
// searches do not see how it is done.
func TestScrub_oneSegment(t *testing.T) {
	dir := t.TempDir()
	x := newIndex(t, dir)
	const messages = 8
	var all []Change
	for i := range uint64(messages) {
		text := fmt.Sprintf("verysecretword%d", i+1)
		all = append(all, Change{Put: &Message{Channel: "c", Seq: i + 1, At: time.Unix(1e9, 0), Fields: []string{text}}})
	}
	apply(t, x, 1, all...)
	for gone := uint64(1); gone < messages; gone++ {
		word := fmt.Sprintf("verysecretword%d", gone)
		if !inFiles(t, dir, word) {
			t.Fatalf("%s is in no file before, so the test shows nothing", word)
		}
		apply(t, x, gone+1, Change{Channel: "c", Seq: gone})
		if err := x.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		if inFiles(t, dir, word) {
			t.Errorf("%s is still in a file", word)
		}
		if s, err := x.Stats(); err != nil || s.Messages != messages-gone || s.Owed != 0 {
			t.Errorf("%+v, %v", s, err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	again := newIndex(t, dir)
	if n, err := again.Count(); err != nil || n != 1 {
		t.Errorf("opened again it has %d messages, %v", n, err)
	}
	if n := hits(t, again, memory{id("c", messages): {"verysecretword8"}}, "verysecretword8"); n != 1 {
		t.Errorf("%d hits", n)
	}
}

// inFiles reports whether a segment's file has the text, in its dictionary or as it is.
func inFiles(t *testing.T, dir, text string) bool {
	t.Helper()
	for _, path := range segments(t, dir) {
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue // a merge has removed it
		}
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(text)) || inDictionary(t, path, text) {
			return true
		}
	}
	return false
}

func inDictionary(t *testing.T, path, term string) bool {
	t.Helper()
	s, err := (&zap.ZapPlugin{}).Open(path)
	if os.IsNotExist(err) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dict, err := s.Dictionary(fieldText)
	if err != nil {
		t.Fatal(err)
	}
	found, err := dict.Contains([]byte(term))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
