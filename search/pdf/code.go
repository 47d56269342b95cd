package pdf

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tetratelabs/wazero"
)

const (
	codeDir = "code"     // the machine code of PDFium, as wazero keeps it
	sumsOf  = "code.sum" // a line for each file of it
)

// kept is where a reader keeps PDFium's machine code on disk. The code runs as it was read, within
// this process, and wazero checks only a part of it. So it is of no use unless it has the checksums
// that were taken when it was made.
type kept struct{ dir string }

// open returns a cache with the code that is there. If the code is not as it was written, it is
// removed. If the disk takes no code, the cache is in memory only, and each start makes the code
// anew.
func (c kept) open() (wazero.CompilationCache, error) {
	at := filepath.Join(c.dir, codeDir)
	if sums, err := c.sums(); err != nil || !c.has(sums) {
		if err := os.RemoveAll(at); err != nil {
			return wazero.NewCompilationCache(), nil //nolint:nilerr // what is there cannot be trusted
		}
	}
	return wazero.NewCompilationCacheWithDir(at)
}

// made notes the files that are there once PDFium is ready. Files that were there before code was
// made anew belong to another version, and are removed.
func (c kept) made() error {
	before, err := os.ReadFile(filepath.Join(c.dir, sumsOf))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	now, err := c.sums()
	if err != nil || now == string(before) {
		return err
	}
	for line := range strings.Lines(string(before)) {
		if strings.Contains(now, line) {
			name, _, _ := strings.Cut(line, " ")
			err = errors.Join(err, os.Remove(filepath.Join(c.dir, codeDir, filepath.FromSlash(name))))
		}
	}
	if now, err = c.sums(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.dir, sumsOf), []byte(now), 0o600)
}

// has reports whether the code has the checksums that were noted.
func (c kept) has(sums string) bool {
	noted, err := os.ReadFile(filepath.Join(c.dir, sumsOf))
	return err == nil && string(noted) == sums
}

// sums returns a line for each file of the code.
func (c kept) sums() (string, error) {
	var all strings.Builder
	root := os.DirFS(filepath.Join(c.dir, codeDir))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, name)
		fmt.Fprintf(&all, "%s %d %08x\n", name, len(content), crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli)))
		return err
	})
	return all.String(), err
}
