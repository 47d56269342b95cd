package embed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	poll       = 20 * time.Millisecond // between checks of a state that the NATS server does not announce
	stillAfter = 5 * time.Second       // after this time the log says which part is not ready
)

// listening waits until the listeners are open, or until the server has failed to open one.
func (s *Server) listening(ctx context.Context) error {
	return s.await(ctx, func() error {
		if err := s.natsLog.failed(); err != nil {
			return fatal{err}
		}
		if !s.nats.ReadyForConnections(time.Millisecond) {
			return errors.New("nats server: the listeners are not open yet")
		}
		return nil
	})
}

// Ready waits until JetStream can be used. A server that is alone is ready at once. In a
// cluster, a metadata leader must be known and this server must be current with it. If ctx ends
// first, the error says what was missing.
func (s *Server) Ready(ctx context.Context) error {
	return s.await(ctx, func() error { return s.healthz(&server.HealthzOptions{JSMetaOnly: true}) })
}

// Health returns nil if every stream and consumer on this server is present and current, and no
// write has failed. After a failed write a stream stays frozen until the process is started
// again.
func (s *Server) Health() error { return s.healthz(nil) }

func (s *Server) healthz(opts *server.HealthzOptions) error {
	if h := s.nats.Healthz(opts); h.Status != "ok" {
		return fmt.Errorf("nats server: %s", h.Error)
	}
	return nil
}

// fatal is an error of a check for which waiting does not help.
type fatal struct{ error }

// await repeats check until it returns nil or a fatal error, or until ctx ends.
func (s *Server) await(ctx context.Context, check func() error) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	said := time.Now()
	for {
		err := check()
		if err == nil {
			return nil
		}
		if f, ok := errors.AsType[fatal](err); ok {
			return f.error
		}
		if time.Since(said) >= stillAfter {
			said = time.Now()
			s.logger.InfoContext(ctx, "still waiting", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}
