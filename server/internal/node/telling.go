package node

import (
	"context"
	"errors"
	"time"

	"natterjack/server/internal/push/devices"
	"natterjack/server/internal/push/tell"
	"natterjack/server/wire"
)

// tellingFirst is how long a start waits for the streams of push at most.
const tellingFirst = 2 * time.Second

// telling is the part that notifies users who are not looking. It is empty if push is off.
type telling struct {
	teller *tell.Teller

	part *part
}

// startTelling starts the part that decides which users to notify, and notifies them. It does so
// without a sender, too: services may tell users by themselves.
func (r *running) startTelling(ctx context.Context, cfg *devices.Config) error {
	t := tell.New(tell.Config{
		Log: r.log, Presence: r.people.presence, Senders: cfg.Senders, Content: cfg.Content, Interest: r.engine.Interest, Sweeps: r.sweeps, Logger: r.base,
	})
	cfg.Records = t
	r.telling.teller = t
	if err := r.openMail(cfg); err != nil {
		return err
	}
	r.telling.part = begin(ctx, "push", r.failed, t.Run)
	r.startMail(ctx)
	return nil
}

// awaitTelling waits for the streams of push, and not for long.
func (r *running) awaitTelling(ctx context.Context) {
	if r.telling.teller != nil {
		r.telling.teller.Await(ctx, tellingFirst)
	}
	if r.mailing.digests != nil {
		r.mailing.digests.Await(ctx, tellingFirst)
	}
}

// tellingData returns the figures in the statistics of get_push_log: how often this node has made
// each decision, and how often each result of a notification came.
func (r *running) tellingData() map[string]func() any {
	if r.telling.teller == nil {
		return nil
	}
	return map[string]func() any{wire.GetPushLog{}.Type(): func() any { return r.telling.teller.Counts() }}
}

// endTelling ends digests first, because their results are noted in the push log.
func (r *running) endTelling(ctx context.Context) error {
	return errors.Join(endPart(ctx, r.mailing.part), endPart(ctx, r.telling.part))
}
