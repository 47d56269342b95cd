package index

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

// TestScrub_damaged shows that an index that is damaged while it is open says so when a merge reads
// the damaged part, and can be closed.
func TestScrub_damaged(t *testing.T) {
	dir := t.TempDir()
	x := newIndex(t, dir)
	var changes []Change
	for i := range uint64(200) {
		changes = append(changes, Change{Put: &Message{Channel: "c", Seq: i + 1, At: time.Unix(1e9+int64(i), 0), Fields: []string{"some wording"}}})
	}
	apply(t, x, 1, changes...)
	apply(t, x, 2, Change{Channel: "c", Seq: 7})
	if err := eachSegment(t, dir, overwrite); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := x.Scrub(ctx); !errors.Is(err, ErrDamaged) {
		t.Errorf("scrub: %v, want %v", err, ErrDamaged)
	}
	if err := x.Apply(Batch{Positions: map[string]uint64{"s": 3}}); !errors.Is(err, ErrDamaged) {
		t.Errorf("apply: %v, want %v", err, ErrDamaged)
	}
	if err := x.Close(); err != nil {
		t.Log(err)
	}
}

// overwrite overwrites the first half of a file, in its place.
func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	junk := make([]byte, info.Size()/2)
	for i := range junk {
		junk[i] = 0xff
	}
	_, err = f.WriteAt(junk, 0)
	return errors.Join(err, f.Close())
}

// TestScrub_givenUp shows that a caller who has given up does not wait.
func TestScrub_givenUp(t *testing.T) {
	x := newIndex(t, t.TempDir())
	for seq := range uint64(2) {
		apply(t, x, 1, Change{Put: &Message{Channel: "c", Seq: seq + 1, At: time.Unix(1e9, 0), Fields: []string{"some wording"}}})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Scrub(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("nothing is owed: %v, want %v", err, context.Canceled)
	}
	apply(t, x, 2, Change{Channel: "c", Seq: 1})
	if err := x.Scrub(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}
