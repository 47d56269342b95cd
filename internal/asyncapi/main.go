package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

//go:generate go run .

// The paths of the generated files, from the root of the repository.
const (
	asyncAPI   = "asyncapi.yaml"
	typeScript = "clients/ts/src/wire.gen.ts"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(); err != nil {
		log.Error("the descriptions of the protocol were not written", "error", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	files, err := generate(root)
	if err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(root, name), data, 0o644); err != nil { //nolint:gosec // files for everybody
			return err
		}
	}
	return nil
}

// generate returns the generated files for the repository at root, by path.
func generate(root string) (map[string][]byte, error) {
	dir := filepath.Join(root, "server", "wire")
	d, err := readDocs(dir)
	if err != nil {
		return nil, err
	}
	examples, err := readExamples(filepath.Join(dir, "testdata"))
	if err != nil {
		return nil, err
	}
	plain, err := readConstants(dir)
	if err != nil {
		return nil, err
	}
	g := &generator{docs: d, examples: examples}
	return map[string][]byte{asyncAPI: g.yaml(), typeScript: newModule(d, plain).bytes()}, nil
}

// findRoot returns the directory of go.mod, here or above. go generate runs in this package,
// people run the command in the root.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if !errors.Is(err, fs.ErrNotExist) {
			return dir, err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod here or above")
		}
		dir = parent
	}
}
