package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"natterjack/jetstream"
)

var (
	// ErrAgain is why a node has stopped that is to be run again, at once, by making a new one: its engine could store nothing any more.
	ErrAgain = errors.New("node: it has to be started again")
	// ErrAnew is the same where this process cannot do it: parts of the old node may still be there.
	ErrAnew = errors.New("node: its process has to be started again")
	// ErrDead is in the chain of an [ErrAgain] for a stream that takes no writes although there is
	// room, as one does that the engine has frozen because a write has failed.
	ErrDead = errors.New("node: a stream takes no writes")
)

const (
	keepEvery = time.Second
	// deadAfter is how long a stream takes no writes before a node that is alone is started again for
	// it.
	deadAfter = 30 * time.Second
	// againAfter is how long a node runs at least before it is started again: a disk that fails for good must not make it spin.
	againAfter = 10 * time.Second
)

// keep watches over the engine, and ends with [ErrAgain] once it can store nothing any more, and there is room. Until then the node
// goes on: it serves what can be read, and says that its storage is full. The engine itself never looks again: it gives JetStream up where a
// disk is full, and freezes a stream of which a write has failed.
func (r *running) keep(ctx context.Context) error {
	began := time.Now()
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for why := error(nil); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		_, _, err := r.engine.Storage()
		if err == nil {
			continue
		}
		roomy := r.roomy()
		if why == nil {
			r.logger.ErrorContext(ctx, "nothing can be stored any more; the node will be started again once there is room", "error", err)
			if why = ErrAgain; roomy {
				why = fmt.Errorf("%w: %w", ErrAgain, ErrDead) // it is not for want of that
			}
		}
		if time.Since(began) >= againAfter && roomy {
			return fmt.Errorf("%w: %w", why, err)
		}
	}
}

func (r *running) roomy() bool { return jetstream.Roomy(r.dir.View(), r.engine.StoreDir()) }

// revive watches over the streams of a node that is alone, and ends with [ErrAgain] where one takes
// no writes although the engine knows of no error. A member of a cluster hands such a stream to
// another.
func (r *running) revive(ctx context.Context) error {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := r.log.Dead(deadAfter); err != nil && r.roomy() {
			return fmt.Errorf("%w: %w: %w", ErrAgain, ErrDead, err)
		}
	}
}

// keeping begins to watch over the engine. The context that it returns ends, too, when the engine has to be started again.
func (r *running) keeping(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	r.parts.keeper = begin(ctx, "engine", r.failed, func(ctx context.Context) error {
		err := r.keep(ctx)
		cancel(err)
		return err
	})
	return ctx
}
