package tell

import (
	"context"
	"math/rand/v2"
	"time"

	"natterjack/server/wire"
)

const (
	// unused is how long a user is told on a device whose client has not renewed the subscription.
	// Clients renew at each start, so that client has not been started since. The subscription is
	// gone then, and it ends after forgotten. A device that starts in between is told again.
	unused, forgotten = 75 * 24 * time.Hour, 365 * 24 * time.Hour
	// sweepEvery is how often unused subscriptions are looked for, and sweptAtOnce how many are
	// ended then.
	sweepEvery  = 6 * time.Hour
	sweptAtOnce = 1_000
	// firstSweep is the time of the first sweep after a start, at the latest.
	firstSweep = 10 * time.Minute
)

// sweep ends unused subscriptions until ctx ends.
func (t *Teller) sweep(ctx context.Context) {
	timer := time.NewTimer(rand.N(firstSweep))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if t.cfg.Sweeps == nil || t.cfg.Sweeps() {
			t.sweepOnce(ctx)
		}
		timer.Reset(sweepEvery)
	}
}

func (t *Teller) sweepOnce(ctx context.Context) {
	now := t.now()
	all, err := t.log.UnusedSubscriptions(now.Add(-unused).UnixMilli(), now.Add(-forgotten).UnixMilli(), sweptAtOnce)
	if err != nil {
		t.logger.WarnContext(ctx, "unused subscriptions could not be looked up, and are tried again", "error", err)
		return
	}
	for i := range all {
		s := &all[i]
		_, err := t.log.Change(ctx, s.User, wire.UnsubscribePush{ID: s.ID, Version: s.Version})
		if err != nil {
			t.logger.DebugContext(ctx, "an unused subscription could not be removed, and is tried again", "user", s.User, "error", err)
			continue
		}
		t.counts.add("swept", 1)
	}
}
