// Package s3test runs a gateway for tests.
package s3test

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"testing"

	"natterjack/embed/s3"
)

// The keys of gateways of tests.
const (
	AccessKey = "access-key-of-tests"
	SecretKey = "secret-key-of-tests-only" //nolint:gosec // it opens nothing else
)

// Start runs a gateway on a free port until the end of the test. What opts leaves out gets a
// value for tests.
func Start(tb testing.TB, opts s3.Options) *s3.Gateway {
	tb.Helper()
	opts.AccessKey, opts.SecretKey = cmp.Or(opts.AccessKey, AccessKey), cmp.Or(opts.SecretKey, SecretKey)
	opts.Listen = cmp.Or(opts.Listen, "127.0.0.1:0")
	if opts.Dir == "" {
		opts.Dir = tb.TempDir()
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(tb.Output(), nil))
	}
	g, err := s3.New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	if err := g.Start(context.WithoutCancel(tb.Context())); err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := g.Run(ctx); err != nil {
			tb.Errorf("the gateway: %v", err)
		}
	})
	tb.Cleanup(func() {
		cancel()
		running.Wait()
		_ = g.Close()
	})
	return g
}
