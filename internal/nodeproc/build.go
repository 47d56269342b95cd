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
// file, and flags are flags of go build.
func Build(ctx context.Context, path, pkg string, flags ...string) error {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", buildArgs(path, pkg, flags)...).CombinedOutput() //nolint:gosec // what is built is the caller's choice
	if err != nil {
		return fmt.Errorf("build %s (run this in the repository): %w\n%s", pkg, err, out)
	}
	return nil
}

// buildArgs returns arguments of go. To link the server takes seven seconds of CPU, and the tests
// of many packages need it. go build links it for each, but go run keeps in the build cache what it
// has linked. Where there is cp, go run hands it the command instead of running that. cp -f also
// replaces a file that runs. In both ways the command has no tables for debuggers, since to write
// them takes a third of the time.
func buildArgs(path, pkg string, flags []string) []string {
	if _, err := exec.LookPath("cp"); err != nil {
		return append(append([]string{"build", "-ldflags=-s -w", "-o", path}, flags...), pkg)
	}
	return append(append([]string{"run", "-exec", "cp -f"}, flags...), pkg, path)
}
