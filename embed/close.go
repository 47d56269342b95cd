package embed

import (
	"context"
	"fmt"
	"time"
)

// flushTimeout bounds how long our own connection may take to hand over what was written to it last.
const flushTimeout = 2 * time.Second

// Close closes our own connection, whose subscriptions their owners have drained by now, and stops the server, leaderships and all;
// call [Server.StepDown] before, for others to take over without a gap. Where ctx ends first, Close returns its
// error and the server goes on stopping. Safe to repeat, and before Start.
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

// shutdown flushes rather than drains the connection: nats.go drains with timers from a pool of the whole process, which
// synctest bubbles may not share, and there is nothing left to drain.
func (s *Server) shutdown() {
	defer close(s.closed)
	if s.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		if err := s.conn.FlushWithContext(ctx); err != nil {
			s.logger.Debug("our own connection was not flushed", "error", err)
		}
		s.conn.Close()
	}
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	s.leads.end()
	if err := s.staging.end(); err != nil {
		s.logger.Debug("what was staged is still in memory", "error", err)
	}
}
