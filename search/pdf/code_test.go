package pdf

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// filesIn returns the files of the code in a directory, and when each was written.
func filesIn(tb testing.TB, dir string) map[string]int64 {
	tb.Helper()
	files := map[string]int64{}
	err := filepath.WalkDir(filepath.Join(dir, codeDir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		files[path] = info.ModTime().UnixNano()
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// TestCode_kept makes the code once, and for a second reader uses it. Code that is damaged anywhere
// is not used but made again.
func TestCode_kept(t *testing.T) {
	dir := code()
	once := func() map[string]int64 {
		t.Helper()
		r := NewReader(dir)
		defer r.Close()
		if got := read(t, r, japanese(t)); got == "" {
			t.Fatal("read nothing")
		}
		return filesIn(t, dir)
	}
	made := once()
	if len(made) != 1 {
		t.Fatalf("the code is in %v", made)
	}
	var path string
	var at int64
	for path, at = range made {
		if again := once(); again[path] != at {
			t.Error("the code was made again")
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, damaged := range map[string][]byte{
		"shorter": content[:len(content)/2],
		"changed": append(bytes.Clone(content[:40]), append([]byte{content[40] ^ 1}, content[41:]...)...),
	} {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if c := (kept{dir}); c.has(must(c.sums())) {
			t.Errorf("%s: the code counts as good", what)
		}
	}
	once()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("damaged code is not made again: %v", err)
	}
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

// TestCode_otherVersion removes the code of a version before this one.
func TestCode_otherVersion(t *testing.T) {
	c := kept{t.TempDir()}
	write := func(name string) {
		t.Helper()
		path := filepath.Join(c.dir, codeDir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.made(); err != nil {
			t.Fatal(err)
		}
	}
	write("wazero-1/a")
	write("wazero-2/b")
	write("wazero-2/c")
	files := filesIn(t, c.dir)
	if _, there := files[filepath.Join(c.dir, codeDir, "wazero-2", "c")]; len(files) != 1 || !there {
		t.Errorf("kept %v", files)
	}
	if !c.has(must(c.sums())) {
		t.Error("what is kept does not count as good")
	}
}

// BenchmarkFirst reads the first PDF of a process: where the code has to be made, and where it is
// on disk.
func BenchmarkFirst(b *testing.B) {
	dir := b.TempDir()
	for _, kept := range []string{"made", "kept"} {
		b.Run(kept, func(b *testing.B) {
			for b.Loop() {
				if kept == "made" {
					if err := os.RemoveAll(filepath.Join(dir, codeDir)); err != nil {
						b.Fatal(err)
					}
				}
				r := NewReader(dir)
				read(b, r, japanese(b))
				r.Close()
			}
		})
	}
}
