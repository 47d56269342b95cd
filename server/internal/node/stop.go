package node

import (
	"context"
	"errors"
	"time"
)

// Timeouts of the steps of a stop. A step that does not end in time is abandoned, and the steps
// after it are still executed.
const (
	// A transfer of leadership takes milliseconds. If it fails, the election takes 4 to 9 s,
	// which is not worth the wait.
	stepDownTimeout = 5 * time.Second
	httpTimeout     = 3 * time.Second        // for requests being answered; streams have been told to end
	silentTimeout   = 300 * time.Millisecond // for connections that have not asked anything yet
	partTimeout     = 20 * time.Second       // for rounds under way, and requests in the queue
	engineTimeout   = 20 * time.Second       // for the NATS server to close its files
)

// stop ends the parts that start has begun, even if start did not finish.
func (r *running) stop(ctx context.Context) error {
	r.draining.Store(true)
	if r.listener != nil {
		_ = r.listener.Close() // Shutdown closes it again, and would report this error
	}
	r.stepDown(ctx)
	r.drain(ctx)
	return errors.Join(
		unlessAgain(endPart(ctx, r.parts.keeper)),
		unlessAgain(endPart(ctx, r.parts.reviver)),
		r.endHTTP(ctx),
		endPart(ctx, r.parts.gate),
		endPart(ctx, r.parts.service),
		endPart(ctx, r.parts.bridge),
		r.endTelling(ctx),
		r.endPeople(ctx),
		r.endUploads(ctx),
		r.endMedia(ctx),
		r.endPush(),
		r.endSearch(ctx),
		r.endLog(ctx),
		r.endEngine(ctx),
	)
}

// stepDown hands over the leaderships of this node. If that fails, the other nodes elect leaders by
// themselves, only later.
func (r *running) stepDown(ctx context.Context) {
	if r.engine.Conn() == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, stepDownTimeout)
	defer cancel()
	if err := r.engine.StepDown(ctx); err != nil {
		r.logger.WarnContext(ctx, "not all leaderships were handed over to other nodes", "error", err)
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
	// Shutdown waits for connections without any request too, and browsers open some ahead.
	silent := time.AfterFunc(silentTimeout, r.gate.CutSilent)
	defer silent.Stop()
	if err := r.server.Shutdown(limited); err != nil {
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

// unlessAgain returns the error of a part that ended, or nil if the error is the reason for the
// stop.
func unlessAgain(err error) error {
	if errors.Is(err, ErrAgain) {
		return nil
	}
	return err
}

// endLog closes the view, once the log has ended and nothing can write to the view any more.
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
