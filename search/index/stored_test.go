package index

import "testing"

// TestApply_stored keeps the time when the log stored the event at a position, and does not keep an
// older time for a newer position.
func TestApply_stored(t *testing.T) {
	dir := t.TempDir()
	x := newIndex(t, dir)
	for _, step := range []struct {
		pos  uint64
		at   int64
		want int64
	}{{5, 500, 500}, {4, 900, 500}, {6, 450, 450}, {7, 0, 0}, {8, 800, 800}} {
		b := Batch{Positions: map[string]uint64{"s": step.pos}, Stored: map[string]int64{"s": step.at}}
		if err := x.Apply(b); err != nil {
			t.Fatal(err)
		}
		if at, err := x.Stored("s"); at != step.want || err != nil {
			t.Errorf("at %d it was stored at %d, %v, want %d", step.pos, at, err, step.want)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = newIndex(t, dir)
	if at, err := x.Stored("s"); at != 800 || err != nil {
		t.Errorf("opened again: %d, %v", at, err)
	}
}
