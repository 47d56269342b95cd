package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// readExamples reads the golden frames of wire's tests, by name. Each is exactly as on the
// wire.
func readExamples(dir string) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	for _, name := range []string{"commands.json", "frames.json"} {
		data, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // a file of the repository
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &all); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// maxExamples bounds the examples of a frame. It is enough to show which members may be left
// out.
const maxExamples = 6

// examplesOf returns the names of the examples of a type of frame.
func (g *generator) examplesOf(frame string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(g.examples)) {
		var head struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(g.examples[name], &head) == nil && head.Type == frame && len(names) < maxExamples {
			names = append(names, name)
		}
	}
	return names
}
