package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const maxArchitectureLines = 250

func TestArchitectureIsShort(t *testing.T) {
	if n := strings.Count(read(t, "ARCHITECTURE.md"), "\n"); n >= maxArchitectureLines {
		t.Errorf("ARCHITECTURE.md has %d lines: a map that long is not looked at", n)
	}
}

// The map has each package that is directly below these: a part that it leaves out is not found.
func TestMapIsWhole(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "ARCHITECTURE.md"), "## Map\n")
	text, _, _ := strings.Cut(rest, "\n## ")
	for _, above := range []string{"jetstream", "server/internal"} {
		entries, err := os.ReadDir(filepath.Join(root(t), above))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() && !regexp.MustCompile(`[ /]`+e.Name()+`\b`).MatchString(text) {
				t.Errorf("the map of ARCHITECTURE.md leaves out %s/%s", above, e.Name())
			}
		}
	}
}

// Everything that the documents name must exist: linked files, paths and tests in code spans,
// recipes of the justfile.
func TestDocumentsPointAtWhatIsThere(t *testing.T) {
	tests := testNames(t)
	recipes := recipeNames(t)
	for _, name := range documents(t) {
		text := read(t, name)
		for _, link := range find(text, `\]\(([^)#:]+)(?:#[^)]*)?\)`) {
			exists(t, name, filepath.Join(filepath.Dir(name), link))
		}
		for _, path := range find(text, "`((?:server|jetstream|embed|clients|internal|docs)/[\\w./-]*)`") {
			exists(t, name, path)
		}
		for _, test := range find(text, "`((?:Test|Fuzz)[A-Z]\\w*)`") {
			if !tests[test] {
				t.Errorf("%s names the test %s, which does not exist", name, test)
			}
		}
		for _, recipe := range find(text, "`just ([a-z-]+)") {
			if !recipes[recipe] {
				t.Errorf("%s names the recipe %q, which is not in the justfile", name, recipe)
			}
		}
	}
}

func exists(t *testing.T, document, path string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root(t), path)); err != nil {
		t.Errorf("%s points at %s, which is not there", document, path)
	}
}

func documents(t *testing.T) []string {
	t.Helper()
	names := []string{"README.md", "ARCHITECTURE.md"}
	more, err := filepath.Glob(filepath.Join(root(t), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range more {
		names = append(names, filepath.Join("docs", filepath.Base(m)))
	}
	return names
}

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root(t), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "data"):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		code, err := os.ReadFile(path)
		for _, name := range find(string(code), `(?m)^func ((?:Test|Fuzz)\w+)\(`) {
			names[name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func recipeNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, name := range find(read(t, "justfile"), `(?m)^([a-z][a-z-]*)[^:=\n]*:(?:[^=]|$)`) {
		names[name] = true
	}
	return names
}

// find returns the first group of every match.
func find(text, pattern string) []string {
	var found []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}
