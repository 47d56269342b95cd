package index

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"natterjack/search/query"
)

// filled returns the directory of a closed index with some messages.
func filled(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "index")
	x := newIndex(t, dir)
	for i := range 5 {
		apply(t, x, uint64(i+1), Change{Put: &Message{Channel: "c", Seq: uint64(i + 1), At: time.Unix(1e9, 0), Fields: []string{"some wording"}}})
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func segments(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := written(filepath.Join(dir, storeDir))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%v, %v, want files of segments", paths, err)
	}
	return paths
}

// TestOpen_damaged shows that whatever happens to the files of an index, opening it says so.
func TestOpen_damaged(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string) error{
		"root": func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, storeDir, "root.bolt"), []byte("no root"), 0o600)
		},
		"root emptied": func(_ *testing.T, dir string) error { return os.Truncate(filepath.Join(dir, storeDir, "root.bolt"), 0) },
		"label":        func(_ *testing.T, dir string) error { return os.Truncate(filepath.Join(dir, labelFile), 3) },
		"label gone":   func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, labelFile)) },
		"a byte":       func(t *testing.T, dir string) error { t.Helper(); return eachSegment(t, dir, flip) },
		"cut off":      func(t *testing.T, dir string) error { t.Helper(); return eachSegment(t, dir, cutTo(100)) },
		"emptied":      func(t *testing.T, dir string) error { t.Helper(); return eachSegment(t, dir, cutTo(0)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			if err := damage(t, dir); err != nil {
				t.Fatal(err)
			}
			x, err := Open(dir, Options{Log: "log"})
			if err == nil {
				_ = x.Close()
			}
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%v, want %v", err, ErrDamaged)
			}
		})
	}
}

// TestOpen_unreadable shows that an index of which a file cannot be opened for now is no damaged
// one, and is as it was once the file can be.
func TestOpen_unreadable(t *testing.T) {
	dir := filled(t)
	for _, path := range append(segments(t, dir), filepath.Join(dir, storeDir, rootFile)) {
		aside := filepath.Join(filepath.Dir(dir), "aside")
		if err := errors.Join(os.Rename(path, aside), os.Symlink(filepath.Base(path), path)); err != nil { // it leads to itself
			t.Fatal(err)
		}
		if x, err := Open(dir, Options{Log: "log"}); err == nil || errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, %v", path, x, err)
		}
		if err := os.Rename(aside, path); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := newIndex(t, dir).Count(); err != nil || n != 5 {
		t.Errorf("%d messages, %v", n, err)
	}
}

// patience is how long something may take that takes no time.
const patience = 30 * time.Second

func eachSegment(t *testing.T, dir string, damage func(path string) error) error {
	t.Helper()
	for _, path := range segments(t, dir) {
		if err := damage(path); err != nil {
			return err
		}
	}
	return nil
}

// flip changes a bit in the middle of a file.
func flip(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	data[len(data)/2] ^= 1
	return os.WriteFile(path, data, 0o600)
}

func cutTo(n int64) func(path string) error {
	return func(path string) error { return os.Truncate(path, n) }
}

// TestOpen_oneSegmentGone shows that positions are those of the messages even if Bleve falls back
// to an earlier state that is whole.
func TestOpen_oneSegmentGone(t *testing.T) {
	for i := range segments(t, filled(t)) {
		dir := filled(t)
		all := segments(t, dir)
		if err := os.Remove(all[min(i, len(all)-1)]); err != nil {
			t.Fatal(err)
		}
		x, err := Open(dir, Options{Log: "log"})
		if errors.Is(err, ErrDamaged) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		pos, err := x.Position("s")
		if n, _ := x.Count(); err != nil || n != pos {
			t.Errorf("opened with %d messages at position %d, %v", n, pos, err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOpen_others shows that an index of another version, or of another log, is not opened, and
// that one whose texts were analysed otherwise can be.
func TestOpen_others(t *testing.T) {
	dir := filled(t)
	if _, err := Open(dir, Options{Log: "another"}); !errors.Is(err, ErrLog) {
		t.Errorf("another log: %v", err)
	}
	relabel := func(l label) {
		t.Helper()
		if err := os.Remove(filepath.Join(dir, labelFile)); err != nil {
			t.Fatal(err)
		}
		old := filepath.Join(filepath.Dir(dir), "old")
		if err := l.make(old); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(old, labelFile), filepath.Join(dir, labelFile)); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(old); err != nil {
			t.Fatal(err)
		}
	}
	relabel(label{Layout: layout, Analysis: analysis - 1, Log: "log"})
	if _, err := Open(dir, Options{Log: "log"}); !errors.Is(err, ErrVersion) {
		t.Errorf("another analysis: %v", err)
	}
	x, err := OpenOld(dir, Options{Log: "log"})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := x.Count(); err != nil || n != 5 {
		t.Errorf("%d messages, %v", n, err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	relabel(label{Layout: layout - 1, Analysis: analysis, Log: "log"})
	if _, err := OpenOld(dir, Options{Log: "log"}); !errors.Is(err, ErrVersion) {
		t.Errorf("another layout: %v", err)
	}
	if _, err := OpenOld(filepath.Join(dir, "nothing"), Options{Log: "log"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
}

// faulty is a source that panics at one message.
type faulty struct {
	memory

	at uint64
}

func (f faulty) Fields(ctx context.Context, channel string, seq uint64) ([]string, bool) {
	if seq == f.at {
		panic("a fault of the program")
	}
	return f.memory.Fields(ctx, channel, seq)
}

// TestSearch_panics shows that a search leaves out a message that makes the program panic, says
// so, and that the index goes on.
func TestSearch_panics(t *testing.T) {
	x, source := many(t, 5)
	for range 2 {
		page, err := x.Search(t.Context(), Request{Query: query.Parse("common"), Now: time.Now(), Channels: []string{"c"}}, faulty{source, 3}, nil)
		if err != nil || len(page.Hits) != 4 || page.Faults == nil || errors.Is(page.Faults, ErrDamaged) {
			t.Errorf("%d hits, %v, %v", len(page.Hits), page.Faults, err)
		}
	}
}

// TestGuard_panics shows that a panic is damage only if the checksums say so.
func TestGuard_panics(t *testing.T) {
	dir := t.TempDir()
	x := newIndex(t, dir)
	apply(t, x, 1, Change{Put: &Message{Channel: "c", Seq: 1, At: time.Unix(1e9, 0), Fields: []string{"some wording"}}})
	panics := func() error { return x.use(func() error { panic("a fault") }) }
	if err := panics(); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("the files are whole: %v", err)
	}
	if _, err := x.Count(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if err := eachSegment(t, dir, overwrite); err != nil {
		t.Fatal(err)
	}
	x.examined.Store(0) // as a minute later
	if err := panics(); !errors.Is(err, ErrDamaged) {
		t.Errorf("the files are damaged: %v, want %v", err, ErrDamaged)
	}
}

// TestClosed shows that a closed index says so.
func TestClosed(t *testing.T) {
	x := newIndex(t, t.TempDir())
	if err := errors.Join(x.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	if err := x.Apply(Batch{}); !errors.Is(err, ErrClosed) {
		t.Errorf("apply: %v", err)
	}
	if _, err := x.Search(t.Context(), Request{}, memory{}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("search: %v", err)
	}
	if err := x.Scrub(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("scrub: %v", err)
	}
}

// TestOpen_lock shows that an index that could not be opened is let go of, whichever part of its
// root is damaged: opening it once more gives the same answer, and does not wait for ever.
func TestOpen_lock(t *testing.T) {
	dir := filled(t)
	root := filepath.Join(dir, storeDir, rootFile)
	whole, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	for at := 0; at < len(whole); at += page / 4 {
		broken := slices.Clone(whole)
		for i := range broken[at : at+page/4] {
			broken[at+i] ^= 0x5a
		}
		if err := os.WriteFile(root, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			ended := make(chan error, 1)
			go func() {
				x, err := Open(dir, Options{Log: "log"})
				if err == nil {
					err = x.Close()
				}
				ended <- err
			}()
			select {
			case err := <-ended:
				if err != nil && !errors.Is(err, ErrDamaged) {
					t.Errorf("from byte %d on: %v", at, err)
				}
			case <-time.After(patience):
				t.Fatalf("from byte %d on: still not open", at)
			}
		}
	}
}

// TestOpen_twice shows that an index that another process has open is no damaged one.
func TestOpen_twice(t *testing.T) {
	dir := filled(t)
	x := newIndex(t, dir)
	if _, err := Open(dir, Options{Log: "log"}); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("opened twice: %v", err)
	}
	if n, err := x.Count(); err != nil || n != 5 {
		t.Errorf("%d messages, %v", n, err)
	}
}
