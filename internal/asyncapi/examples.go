package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// readExamples reads the golden frames of wire's tests: by name, each exactly as it is on the wire.
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
