package natter

import (
	"context"
	"fmt"

	"natterjack/server/wire"
)

// call hands a request to the outbox and waits for its reply.
func call[T wire.Frame](ctx context.Context, c *Client, r *request) (reply T, err error) {
	if !c.made() {
		return reply, fatal(errNotMade)
	}
	if err := c.outbox.add(ctx, r); err != nil {
		return reply, unsent(r, err)
	}
	var out outcome
	select {
	case out = <-r.done:
	case <-ctx.Done():
		if mayBeStored, ok := c.outbox.giveUp(r); ok {
			return reply, abandoned(r, mayBeStored, context.Cause(ctx))
		}
		out = <-r.done
	}
	if out.err != nil {
		return reply, out.err
	}
	reply, ok := out.frame.(T)
	if !ok {
		return reply, protocolErrorf("a command was answered with a frame of type %s", out.frame.Type())
	}
	return reply, nil
}

func unsent(r *request, err error) error { return abandoned(r, false, err) }

func abandoned(r *request, mayBeStored bool, err error) error {
	if r.clientID == "" {
		return fmt.Errorf("natter: no answer: %w", err)
	}
	return &UnacknowledgedError{ClientID: r.clientID, MayBeStored: mayBeStored, Err: err}
}
