package main

import (
	"fmt"
	"io"

	"natterjack/server/internal/config"
	"natterjack/server/internal/node"
)

// grow takes a log into a cluster and prints the streams that it has taken, one per line. If it
// is interrupted, it has changed nothing that counts, and can be run again.
func grow(cfg *config.Config, out io.Writer) error {
	ctx, stop := untilStopped()
	defer stop()
	taken, err := node.Grow(ctx, cfg, newLogger(cfg.Log))
	if err != nil {
		return fmt.Errorf("grow: %w", err)
	}
	for _, s := range taken {
		fmt.Fprintf(out, "%s: %d messages, the last is %d, sha256 %s, the same on both sides\n", s.Name, s.Messages, s.Last, s.Sum)
	}
	fmt.Fprintf(out, "natterjack: the log is in the cluster %s; start %s with this configuration\n", cfg.NATS.Cluster.Name, cfg.NATS.ServerName)
	return nil
}
