package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"natterjack/jetstream"
)

var (
	// ErrAgain is returned when a node has stopped because its engine could not store anything
	// any more. The process should at once make and run a new node.
	ErrAgain = errors.New("node: it must be started again")
	// ErrAnew is returned instead of ErrAgain when parts of the old node may still be there, so
	// that this process cannot run a new one.
	ErrAnew = errors.New("node: its process must be started again")
	// ErrDead is in the chain of an [ErrAgain] when a stream takes no writes although there is
	// room. The engine freezes a stream like this after a failed write.
	ErrDead = errors.New("node: a stream accepts no writes")
)

const (
	keepEvery = time.Second
	// deadAfter is how long a stream must take no writes before a node that is alone is started
	// again.
	deadAfter = 30 * time.Second
	// againAfter is how long a node must run before it is started again. Without it, a disk
	// that fails for good would make the node restart in a tight loop.
	againAfter = 10 * time.Second
)

// keep watches the engine. It returns [ErrAgain] once the engine can store nothing any more and
// there is room on the disk. Until then the node goes on: it serves reads, and reports that its
// storage is full. The engine itself never tries again: it gives up JetStream when the disk is
// full, and it freezes a stream after a failed write.
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
			r.logger.ErrorContext(ctx, "nothing can be stored any more; the node will start again once there is room", "error", err)
			if why = ErrAgain; roomy {
				why = fmt.Errorf("%w: %w", ErrAgain, ErrDead) // a lack of room is not the reason
			}
		}
		if time.Since(began) >= againAfter && roomy {
			return fmt.Errorf("%w: %w", why, err)
		}
	}
}

func (r *running) roomy() bool { return jetstream.Roomy(r.dir.View(), r.engine.StoreDir()) }

// revive watches the streams of a node that is alone. It returns [ErrAgain] if a stream takes
// no writes although the engine reports no error. A member of a cluster hands such a stream
// over to another member instead.
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

// keeping starts to watch the engine. The context that it returns ends also when the engine has
// to be started again.
func (r *running) keeping(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	r.parts.keeper = begin(ctx, "engine", r.failed, func(ctx context.Context) error {
		err := r.keep(ctx)
		cancel(err)
		return err
	})
	return ctx
}
