package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

//go:generate go run .

// output is the path of the generated file, from the root of the repository.
const output = "asyncapi.yaml"

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(); err != nil {
		log.Error("asyncapi.yaml not written", "error", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	data, err := generate(root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, output), data, 0o644) //nolint:gosec // a document for everybody
}

// generate returns the document for the repository at root.
func generate(root string) ([]byte, error) {
	d, err := readDocs(filepath.Join(root, "server", "wire"))
	if err != nil {
		return nil, err
	}
	examples, err := readExamples(filepath.Join(root, "server", "wire", "testdata"))
	if err != nil {
		return nil, err
	}
	g := &generator{docs: d, examples: examples}
	return g.yaml(), nil
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
