package embed

import (
	"context"
	"fmt"
	"time"
)

// flushTimeout bounds how long our own connection may take to deliver the last messages that were
// written to it.
const flushTimeout = 2 * time.Second

// Close closes our own connection and stops the server with all its leaderships. By then the
// owners of the connection's subscriptions have drained them. Call [Server.StepDown] before, so
// that other servers take over without a gap. If ctx ends first, Close returns its error and
// the server goes on stopping. Close may be called repeatedly, and before Start.
func (s *Server) Close(ctx context.Context) error {
	s.closing.Do(func() { s.stop.Go(s.shutdown) })
	select {
	case <-s.closed:
		s.stop.Wait()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop nats server: %w", context.Cause(ctx))
	}
}

// shutdown flushes the connection and does not drain it. nats.go drains with timers from a pool
// of the whole process, which synctest bubbles may not share, and there is nothing left to
// drain.
func (s *Server) shutdown() {
	defer close(s.closed)
	if s.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		if err := s.conn.FlushWithContext(ctx); err != nil {
			s.logger.Debug("the node's own connection was not flushed", "error", err)
		}
		s.conn.Close()
	}
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	s.leads.end()
	if err := s.staging.end(); err != nil {
		s.logger.Debug("staged batches could not be removed from memory", "error", err)
	}
}
