package node

import (
	"context"
	"errors"
	"time"
)

// Each step of a stop is bounded: what does not end in time is left behind, and the steps after it still get their turn.
const (
	stepDownTimeout = 5 * time.Second  // a transfer takes milliseconds, an election where it fails 4 to 9 s, which is not worth waiting for
	httpTimeout     = 3 * time.Second  // for requests that are being answered; streams have been told to end
	partTimeout     = 20 * time.Second // for rounds at hand, and requests that were queued
	engineTimeout   = 20 * time.Second // for the NATS server to close its files
)

// stop takes apart what start has put together, however far it got.
func (r *running) stop(ctx context.Context) error {
	r.draining.Store(true)
	if r.listener != nil {
		_ = r.listener.Close() // Shutdown closes it again and would tell
	}
	r.stepDown(ctx)
	r.drain(ctx)
	return errors.Join(
		unlessAgain(endPart(ctx, r.parts.keeper)),
		unlessAgain(endPart(ctx, r.parts.reviver)),
		r.endHTTP(ctx),
		endPart(ctx, r.parts.service),
		endPart(ctx, r.parts.bridge),
		r.endPeople(ctx),
		r.endLog(ctx),
		r.endEngine(ctx),
	)
}

// stepDown hands over what this node leads. Failing that, the others elect, only later.
func (r *running) stepDown(ctx context.Context) {
	if r.engine.Conn() == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, stepDownTimeout)
	defer cancel()
	if err := r.engine.StepDown(ctx); err != nil {
		r.logger.WarnContext(ctx, "not everything was handed over", "error", err)
	}
}

func (r *running) drain(ctx context.Context) {
	if r.bridge == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Drain)
	defer cancel()
	r.logger.InfoContext(ctx, "draining", "sessions", r.bridge.Sessions())
	if err := r.bridge.Drain(ctx); err != nil {
		r.logger.WarnContext(ctx, "sessions were cut off", "sessions", r.bridge.Sessions(), "error", err)
	}
}

func (r *running) endHTTP(ctx context.Context) error {
	if r.server == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	if err := r.server.Shutdown(limited); err != nil { // a connection that has not asked anything yet is enough: browsers open some ahead
		r.logger.WarnContext(ctx, "requests were cut off", "error", err)
		_ = r.server.Close()
	}
	return endPart(ctx, r.parts.http)
}

func endPart(ctx context.Context, p *part) error {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	return p.end(ctx)
}

// unlessAgain returns the error of a part that ended, but not one that is the reason for the stop.
func unlessAgain(err error) error {
	if errors.Is(err, ErrAgain) {
		return nil
	}
	return err
}

// endLog closes the view only once nothing can write to it any more.
func (r *running) endLog(ctx context.Context) error {
	if r.log == nil {
		return nil
	}
	if err := endPart(ctx, r.parts.log); err != nil {
		return err
	}
	return r.log.Close()
}

func (r *running) endEngine(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	return r.engine.Close(ctx)
}
