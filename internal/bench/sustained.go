package main

import (
	"context"
	"errors"
	"fmt"

	"natterjack/internal/bench/internal/load"
)

const (
	sustainedP99   = 500 // milliseconds
	sustainedShare = 0.98
	rampFrom       = 2000
	rampMost       = 128_000
	rampLeast      = 125
	// rampGap bounds the gap between a rate that holds and one that does not, to one part in
	// rampGap of the former.
	rampGap = 16
)

// sustained finds the highest rate of messages between two users at which no backlog grows, and
// 99 of 100 messages are at the peer's socket within half a second from the moment they were
// due. Bare is the gateway of [latency], to which the same is done.
func sustained(ctx context.Context, r *rig) (results []result, err error) {
	t, err := r.startTalk(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	found, err := r.repeat("sustained", func(i int, f *figures) error {
		return inTurn(ctx,
			func(ctx context.Context) error { return t.climb(ctx, f, "", i, t.ours) },
			func(ctx context.Context) error { return t.climb(ctx, f, "bare_", i, t.bare) })
	})
	if err != nil {
		return nil, err
	}
	return []result{{
		Name: "sustained", Value: of(found, "rate"), Unit: "messages/s", Bare: of(found, "bare_rate"), Higher: true,
		More: without(found, "rate", "bare_rate"),
	}}, nil
}

// climb adds the highest rate that holds, with the figures found at it.
func (t *talk) climb(
	ctx context.Context, f *figures, prefix string, i int,
	talk func(ctx context.Context, f *figures, prefix, run string, rate int) error,
) error {
	var best figures
	rate, err := ramp(func(rate int) (bool, error) {
		var at figures
		err := talk(ctx, &at, prefix, fmt.Sprintf("s%d-%d", i, rate), rate)
		if over, ok := errors.AsType[*load.OverloadError](err); ok {
			t.say("%srate %d: %v", prefix, rate, over)
			return false, nil
		}
		if err != nil {
			return false, err
		}
		p99, share := of(at.all, prefix+"p99_ms"), of(at.all, prefix+"peer_deliveries_per_s")/float64(rate)
		t.say("%srate %d: p99 %s ms, %s of the messages in time", prefix, rate, number(p99), number(share))
		holds := p99 < sustainedP99 && share >= sustainedShare
		if holds {
			best = at
		}
		return holds, nil
	})
	if err != nil {
		return err
	}
	if rate == 0 {
		return fmt.Errorf("%d messages/s are too many already", rampLeast)
	}
	f.add(prefix+"rate", float64(rate))
	f.all = append(f.all, best.all...)
	return nil
}

// ramp finds the highest rate that holds. It doubles the rate until one does not hold, or
// halves it until one does. Then it halves the gap between the two. It tries some fifteen rates
// at most. It returns 0 if no rate holds.
func ramp(holds func(rate int) (bool, error)) (best int, err error) {
	low, high := 0, 0 // the highest that holds, and the lowest that does not
	for rate := rampFrom; rate <= rampMost && rate >= rampLeast; {
		ok, err := holds(rate)
		if err != nil {
			return 0, err
		}
		if ok {
			low = rate
		} else {
			high = rate
		}
		switch {
		case high == 0:
			rate = 2 * low
		case low == 0:
			rate = high / 2
		case high-low <= low/rampGap:
			return low, nil
		default:
			rate = (low + high) / 2
		}
	}
	return low, nil
}
