package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"natterjack/internal/nodeproc"
)

// growth is how long the parts of a growth took, since the old server was told to stop.
type growth struct{ copied, open, whole time.Duration }

// grow measures how long writes are impossible while the log of a single server is taken into a
// cluster of three on the same machine: from the moment when the server is told to stop until the
// first of the three is ready. Bare is the time to copy the same files.
func grow(ctx context.Context, r *rig) ([]result, error) {
	f, err := r.fixture(ctx, r.cmd.Channels, page)
	if err != nil {
		return nil, err
	}
	found, err := r.repeat("grow", func(_ int, fig *figures) error {
		old := f
		if old.dir, err = r.newDir("old"); err != nil {
			return err
		}
		began := time.Now()
		if err := f.copyTo(old.dir); err != nil {
			return err
		}
		fig.add("bare_copy_s", time.Since(began).Seconds())
		g, err := r.grow(ctx, old)
		if err != nil {
			return err
		}
		fig.add("closed_s", g.open.Seconds())
		fig.add("copied_s", g.copied.Seconds())
		fig.add("whole_s", g.whole.Seconds())
		return os.RemoveAll(old.dir)
	})
	if err != nil {
		return nil, err
	}
	more := append(without(found, "closed_s", "bare_copy_s"), metric{"messages", float64(f.Channels * f.Messages)})
	return []result{{Name: "grow", Value: of(found, "closed_s"), Unit: "s without writes", Bare: of(found, "bare_copy_s"), More: more}}, nil
}

// copyTo copies a fixture's files. Nobody else may use them, as the server demands of secrets.
func (f fixture) copyTo(dir string) error {
	if err := os.CopyFS(dir, os.DirFS(f.dir)); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		return os.Chmod(path, 0o600) //nolint:gosec // below a directory of the benchmark's own
	})
}

// grow starts a server on a store and takes its log into a cluster.
func (r *rig) grow(ctx context.Context, old fixture) (g growth, err error) {
	members, err := r.plan(ctx, 3)
	if err != nil {
		return g, err
	}
	config, err := r.shipped()
	if err != nil {
		return g, err
	}
	single, err := r.startServer(ctx, member{data: old.dir, config: config})
	if err != nil {
		return g, err
	}
	nodes := make(servers, len(members))
	group, ctx := errgroup.WithContext(ctx)
	opened := make(chan time.Time, len(members))
	start := func(i int) {
		group.Go(func() (err error) {
			nodes[i], err = r.startServer(ctx, members[i])
			opened <- time.Now()
			return err
		})
	}
	start(1) // these wait for the log
	start(2)
	began := time.Now()
	err = errors.Join(single.proc.Stop(), r.runGrow(ctx, old, members[0]))
	g.copied = time.Since(began)
	if err == nil {
		start(0)
		g.open = (<-opened).Sub(began)
	}
	err = errors.Join(err, group.Wait())
	g.whole = time.Since(began)
	return g, errors.Join(err, nodes.stop())
}

// runGrow runs the command that takes the log of a store into a cluster, as one of its members.
func (r *rig) runGrow(ctx context.Context, old fixture, m member) error {
	config := filepath.Join(m.data, "bench.conf")
	if err := os.WriteFile(config, []byte(m.config), 0o600); err != nil {
		return err
	}
	p, err := nodeproc.Start(nodeproc.Spec{
		Name: "grow", Path: r.server, Env: append(os.Environ(), m.env...),
		Args: []string{"grow", "--from", old.dir, "--data", m.data, "--config", config},
	})
	if err != nil {
		return err
	}
	select {
	case <-p.Done:
	case <-ctx.Done():
		p.Kill()
		return context.Cause(ctx)
	}
	if p.Err() != nil {
		return fmt.Errorf("grow: %w", p.Alive())
	}
	return nil
}
