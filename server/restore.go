package main

import (
	"fmt"
	"io"

	"natterjack/server/internal/config"
	"natterjack/server/internal/node"
)

// restore restores a backup and prints how many streams it had. If it is interrupted, no node opens
// the directory, and it has to be begun again with an empty one.
func restore(cfg *config.Config, out io.Writer) error {
	ctx, stop := untilStopped()
	defer stop()
	streams, err := node.Restore(ctx, cfg, newLogger(cfg.Log))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "natterjack: restored %d streams; start the node with this configuration\n", len(streams))
	return nil
}
