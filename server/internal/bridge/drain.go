package bridge

import (
	"context"
	"math/rand/v2"
	"time"

	"natterjack/server/wire"
)

// drainSteps is the number of steps in which a drain closes the sessions.
const drainSteps = 50

// Drain refuses new connections and closes the open ones as draining. It closes them in random
// order, spread over [Config.DrainSpread] or over half the time until ctx ends, whichever is
// shorter. It returns when all connections are gone or ctx ends. Replies that are due go out
// first. Run must still be running.
func (b *Bridge) Drain(ctx context.Context) error {
	b.hub.shut()
	spread := b.spread
	if end, ok := ctx.Deadline(); ok {
		spread = min(spread, time.Until(end)/2)
	}
	if err := b.dismiss(ctx, spread, func() bool { return true }); err != nil {
		return err
	}
	select {
	case <-b.hub.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dismiss closes the open sessions in random order, spread over some time, as long as wanted
// returns true.
func (b *Bridge) dismiss(ctx context.Context, spread time.Duration, wanted func() bool) error {
	all := b.hub.all()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	tick := time.NewTicker(max(spread/drainSteps, time.Millisecond))
	defer tick.Stop()
	for step := range drainSteps {
		if !wanted() {
			return nil
		}
		for _, s := range all[len(all)*step/drainSteps : len(all)*(step+1)/drainSteps] {
			s.stop(wire.CloseDraining)
		}
		select {
		case <-tick.C:
		case <-b.hub.empty:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// jitter returns how long an HTTP transport that is to leave waits before it ends.
func (b *Bridge) jitter() time.Duration {
	return time.Duration(rand.Int64N(int64(b.spread) + 1))
}

func drains() *wire.Error {
	return wire.Errorf(wire.CodeUnavailable, "this node is stopping; connect to another one").After(retrySoon)
}
