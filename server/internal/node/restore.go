package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"natterjack/embed"
	"natterjack/jetstream/takeover"
	"natterjack/server/internal/config"
)

// Restore restores a backup into the empty data directory of a node that is alone, and returns the
// names of its streams. Only this process can connect to the NATS server meanwhile. Operators have
// no permission to restore a stream, because a stream can write any message that its maker likes.
func Restore(ctx context.Context, cfg *config.Config, logger *slog.Logger) (streams []string, err error) {
	cfg.NATS.DontListen = true
	n, err := New(cfg, logger)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	store, err := embed.LookAt(cfg.NATS.StoreDir)
	if err != nil {
		return nil, err
	}
	if store.Streams || n.dir.Epoch() != "" {
		return nil, fmt.Errorf("restore: data directory %s has a log; choose an empty one (data), or delete it", cfg.Data)
	}
	if err := n.startEngineAlone(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeEngine(ctx, n.engine)) }()
	return takeover.Restore(ctx, n.engine.Conn(), cfg.Restore.From)
}

func (n *Node) startEngineAlone(ctx context.Context) error {
	if err := n.engine.Start(ctx); err != nil {
		return err
	}
	if err := n.engine.Ready(ctx); err != nil {
		return errors.Join(err, closeEngine(ctx, n.engine))
	}
	return nil
}
