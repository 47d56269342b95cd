package nodeproc

import (
	"context"
	"fmt"
	"os/exec"
	"time"
)

// Server is the import path of the server.
const Server = "natterjack/server"

const buildTimeout = 10 * time.Minute

// Build builds a command of this module, or of a module that it depends on. path is the output
// file, and flags are flags of go build. The command has no tables for debuggers, since to write
// them takes a third of the time.
func Build(ctx context.Context, path, pkg string, flags ...string) error {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	args := append([]string{"build", "-ldflags=-s -w", "-o", path}, flags...)
	out, err := exec.CommandContext(ctx, "go", append(args, pkg)...).CombinedOutput() //nolint:gosec // what is built is the caller's choice
	if err != nil {
		return fmt.Errorf("go build %s (run this in the repository): %w\n%s", pkg, err, out)
	}
	return nil
}
