package nodetest

import (
	"context"
	"fmt"
	"os/exec"
	"time"
)

const buildTimeout = 10 * time.Minute

// Build builds the server to a path, with flags of go build.
func Build(path string, flags ...string) error {
	args := append([]string{"build", "-o", path}, flags...)
	args = append(args, "natterjack/server")
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go %v: %w\n%s", args, err, out)
	}
	return nil
}
