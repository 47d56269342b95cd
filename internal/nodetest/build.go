package nodetest

import (
	"context"

	"natterjack/internal/nodeproc"
)

// Build builds the server. path is the output file, and flags are flags of go build.
func Build(path string, flags ...string) error {
	return nodeproc.Build(context.Background(), path, nodeproc.Server, flags...)
}
