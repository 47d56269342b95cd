package search

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"natterjack/search/texts"
)

const (
	// sweepEvery is how long the text of a file may stay after the last message with it has gone.
	sweepEvery = time.Minute
	// sweepRest says how long the pause after a sweep is: so many times as long as the sweep.
	sweepRest = 20
)

// sweeper removes the texts of files that no message has any more.
type sweeper struct {
	log   Log
	texts *texts.Store
	slog  *slog.Logger
	owes  atomic.Bool // messages have lost files since the last sweep
}

// newSweeper returns a sweeper that sweeps once in any case: the process before this one may have
// died before its sweep.
func newSweeper(cfg *Config, store *texts.Store) *sweeper {
	s := &sweeper{log: cfg.Log, texts: store, slog: cfg.Logger.With("component", "search")}
	s.owes.Store(true)
	return s
}

// run sweeps until ctx ends.
func (s *sweeper) run(ctx context.Context) {
	for rest := sweepEvery; ; {
		timer := time.NewTimer(rest)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		began := time.Now()
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.slog.WarnContext(ctx, "texts of files that no message has could not be removed yet, and are tried again", "error", err)
		}
		rest = max(sweepEvery, sweepRest*time.Since(began))
	}
}

// sweep removes texts that are no longer needed, if messages have lost files. A view that is behind
// does not know all messages, so sweep waits for it.
func (s *sweeper) sweep(ctx context.Context) error {
	if !s.owes.Swap(false) {
		return nil
	}
	err := s.log.AwaitLevel(ctx)
	if err == nil {
		err = s.texts.Sweep(func(media string) (bool, error) {
			if ctx.Err() != nil {
				return true, ctx.Err()
			}
			return s.log.Referenced(media)
		})
	}
	if err != nil {
		s.owes.Store(true)
	}
	return err
}
