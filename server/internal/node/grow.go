package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"natterjack/embed"
	"natterjack/jetstream/takeover"
	"natterjack/server/internal/config"
	"natterjack/server/internal/datadir"
)

// Grow takes the log of a node that was alone into a cluster. The configuration must make this
// node an empty member of that cluster. The source directory is left as it is, except that a
// note is added at the end that its log has moved. After an error, Grow can be called again.
func Grow(ctx context.Context, cfg *config.Config, logger *slog.Logger) (taken []takeover.Stream, err error) {
	old, err := datadir.Open(cfg.Grow.From)
	if errors.Is(err, datadir.ErrInUse) {
		return nil, fmt.Errorf("%w: that directory is of the node that is alone", err)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	store, err := embed.LookAt(old.Path())
	if err == nil {
		err = old.AdmitToGrow(datadir.Store(store))
	}
	if err != nil {
		return nil, err
	}
	n, err := New(cfg, logger)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	if n.dir.Epoch() != "" {
		return nil, fmt.Errorf("data directory %s has a log of its own, and cannot take another: choose an empty directory (data)", cfg.Data)
	}
	if taken, err = n.take(ctx, old); err != nil {
		return nil, err
	}
	if err := old.Move(cfg.NATS.Cluster.Name); err != nil {
		return nil, err
	}
	n.takeView(ctx, old)
	return taken, nil
}

// take runs both servers while the log is taken over.
func (n *Node) take(ctx context.Context, old *datadir.Dir) (taken []takeover.Stream, err error) {
	from, err := embed.NewAlone(old.Path(), n.cfg.NATS, n.base)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := from.Start(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeEngine(ctx, from)) }()
	if err := n.engine.Start(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.leave(ctx)) }()
	n.logger.InfoContext(ctx, "waiting for the other members of the cluster", "took", time.Since(began))
	if err := n.engine.Ready(ctx); err != nil {
		return nil, fmt.Errorf("wait for the cluster: %w", err)
	}
	return takeover.Run(ctx, takeover.Config{
		From: from.Conn(), To: n.engine.Conn(), Node: n.engine.Name(), Replicas: n.cfg.Replicas, Copies: n.copies, Logger: n.base,
	})
}

func (n *Node) copies(ctx context.Context, stream string) (all []takeover.Copy, err error) {
	found, err := n.engine.Copies(ctx, stream)
	for _, c := range found {
		all = append(all, takeover.Copy(c))
	}
	return all, err
}

// leave hands over the leaderships of this node's server, and then stops the server. From then on
// the other members continue the log.
func (n *Node) leave(ctx context.Context) error {
	stepCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepDownTimeout)
	defer cancel()
	if err := n.engine.StepDown(stepCtx); err != nil {
		n.logger.WarnContext(ctx, "not all leaderships were handed over to other nodes", "error", err)
	}
	return closeEngine(ctx, n.engine)
}

func closeEngine(ctx context.Context, s *embed.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), engineTimeout)
	defer cancel()
	return s.Close(ctx)
}

// takeView copies the view, so that this node need not read all of the log. A view is valid for
// the same log on any node.
func (n *Node) takeView(ctx context.Context, old *datadir.Dir) {
	if _, err := os.Stat(n.dir.View()); err == nil {
		return
	}
	if err := os.CopyFS(n.dir.View(), os.DirFS(old.View())); err != nil {
		n.logger.WarnContext(ctx, "the view could not be copied, and will be rebuilt", "error", errors.Join(err, os.RemoveAll(n.dir.View())))
	}
}
