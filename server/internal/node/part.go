package node

import (
	"context"
	"fmt"
)

// part is a goroutine that runs until it is told to stop.
type part struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{} // closed when it has returned
	err    error         // after done
}

// begin runs a part. If it returns without having been told to stop, begin sends its error to
// failed.
func begin(ctx context.Context, name string, failed chan<- error, run func(context.Context) error) *part {
	p := &part{name: name, done: make(chan struct{})}
	ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go func() { // end waits for it
		defer close(p.done)
		p.err = run(ctx)
		if ctx.Err() != nil {
			return
		}
		select {
		case failed <- fmt.Errorf("%s ended: %w", name, p.err):
		default: // another part has failed before, and the node stops already
		}
	}()
	return p
}

// end stops the part and waits for it as long as ctx allows. It returns at once for a part that
// was never begun.
func (p *part) end(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.cancel()
	select {
	case <-p.done:
		if p.err != nil {
			return fmt.Errorf("%s: %w", p.name, p.err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s did not stop in time: %w", p.name, context.Cause(ctx))
	}
}
