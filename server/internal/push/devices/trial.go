package devices

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/operation"
	"natterjack/jetstream/rate"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/wording"
	"natterjack/server/wire"
)

const (
	trialTime    = 9 * time.Second // less than any surface waits for an answer
	trialLife    = time.Minute     // how long a receiver may keep a test for a device that is away
	maxTrials    = 16              // at the same time on a node
	trialsPerMin = 6               // of a user on a node
)

// trials bounds the tests that users ask for: each waits for a receiver, which may hang.
type trials struct {
	places chan struct{}

	mu sync.Mutex // protects the following
	by *rate.Buckets[string]
}

func newTrials() *trials {
	return &trials{places: make(chan struct{}, maxTrials), by: rate.NewBuckets[string](trialsPerMin)}
}

// take counts a test of a user, or refuses it. The clock of the buckets runs slower: one of its
// seconds is a minute.
func (t *trials) take(now time.Time, user string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait := t.by.Take(rate.Slower(now, rate.Minute), user, 1); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "at most %d tests a minute are allowed", trialsPerMin).After(wait * time.Duration(rate.Minute))
	}
	return nil
}

// test answers test_push.
func (d *Devices) test(ctx context.Context, c operation.Caller, cmd wire.TestPush) (reply wire.PushTested, err error) {
	subs, err := d.cfg.Log.Subscriptions(ctx, c.User)
	if err != nil {
		return reply, err
	}
	i := slices.IndexFunc(subs, func(s channel.Subscription) bool { return s.ID == cmd.ID })
	if i < 0 {
		return reply, wire.Errorf(wire.CodeInvalid, "id: you have no such subscription; get_push lists them")
	}
	if subs[i].Gone() {
		return wire.PushTested{Result: wire.PushLost, Reason: reasonGone}, nil
	}
	sender := d.cfg.Senders[subs[i].Kind]
	if sender == nil {
		return wire.PushTested{Result: wire.PushRefused, Reason: reasonKind}, nil
	}
	if err := d.trials.take(d.cfg.Now(), c.User); err != nil {
		return reply, err
	}
	select {
	case d.trials.places <- struct{}{}:
		defer func() { <-d.trials.places }()
	default:
		return reply, wire.Errorf(wire.CodeUnavailable, "too many users are testing their devices at the moment; try again").After(time.Second)
	}
	o := d.try(ctx, sender, &subs[i])
	return wire.PushTested{Result: wire.PushResult(o.Result), Reason: o.Reason}, nil
}

// try sends a test, and waits for the receiver.
func (d *Devices) try(ctx context.Context, sender push.Sender, s *channel.Subscription) push.Outcome {
	to, err := Target(s)
	if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTarget}
	}
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	n := push.Notification{ID: uuid.NewString(), Kind: push.KindTest, Urgent: true, Expires: d.cfg.Now().Add(trialLife)}
	n.Title, n.Body = wording.Test(wording.LanguageOf(s.Language))
	o := sender.Send(ctx, to, n)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && o.Result == push.Again {
		o.Reason = "timeout" // with any name that the sender gives it
	}
	return o
}
