// Package kept makes the streams that a part of a node has beside the log, and keeps them as they
// are configured.
package kept

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// Streams are the streams of one part.
type Streams struct {
	// Open makes a stream unless it exists, and Keep changes it until it is as configured. Both
	// try until ctx ends.
	Open func(ctx context.Context, cfg jetstream.StreamConfig) error
	Keep func(ctx context.Context, cfg jetstream.StreamConfig)

	All    []jetstream.StreamConfig
	Opened chan<- struct{} // closed once all are there
}

// Run makes the streams, and keeps them until ctx ends. Meanwhile it does do, which ends with ctx.
func (s *Streams) Run(ctx context.Context, do func(ctx context.Context)) error {
	var keeping sync.WaitGroup
	defer keeping.Wait()
	for _, cfg := range s.All {
		if err := s.Open(ctx, cfg); err != nil {
			if ctx.Err() != nil {
				return nil // the node stops before the stream could be made
			}
			return err
		}
		keeping.Go(func() { s.Keep(ctx, cfg) })
	}
	close(s.Opened)
	do(ctx)
	<-ctx.Done()
	return nil
}
