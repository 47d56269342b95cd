package main

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/pause"
	"natterjack/internal/bench/internal/proc"
)

// stretch is the measured period of a run, on the clock of its load. The warm-up comes before
// it.
type stretch struct {
	clock           load.Clock
	begin, from, to time.Duration
}

// newStretch begins a run at the present time.
func (r *rig) newStretch(clock load.Clock) stretch {
	now := clock.Now()
	return stretch{clock: clock, begin: now, from: now + r.cmd.WarmUp, to: now + r.cmd.WarmUp + r.cmd.Time}
}

// whole returns the length of the run with its warm-up.
func (s stretch) whole() time.Duration { return s.to - s.begin }

// during makes traffic, and counts what the processes use in the measured period.
func (s stretch) during(ctx context.Context, pids []int, traffic func(context.Context) error) (usage proc.Usage, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return traffic(ctx) })
	group.Go(func() error {
		if err := s.until(ctx, s.from); err != nil {
			return err
		}
		window, err := proc.Begin(pids...)
		if err != nil {
			return err
		}
		if err := s.until(ctx, s.to); err != nil {
			return err
		}
		usage, err = window.End()
		return err
	})
	return usage, group.Wait()
}

func (s stretch) until(ctx context.Context, t time.Duration) error {
	return pause.For(ctx, t-s.clock.Now())
}

// fleetRun is one run of sessions: their members, the processes that serve them, and their
// traffic.
type fleetRun struct {
	name    string // differs between runs on the same server
	members []load.Member
	senders int  // number of senders, the first of the members
	echo    bool // senders hear their own messages
	pids    []int
	traffic func(f *load.Fleet, s stretch) error
	before  func(f *load.Fleet) error // once all are connected; may be nil
	after   func(f *load.Fleet) error // once everything has arrived; may be nil
}

// measure connects the sessions, makes their traffic, waits until all messages have arrived,
// and checks them.
func (r *rig) measure(ctx context.Context, run fleetRun) (load.Window, proc.Usage, error) {
	clock := load.NewClock()
	fleet := load.NewFleet(ctx, run.name, clock, run.echo)
	err := fleet.Connect(run.members)
	if err == nil {
		err = fleet.Prime(run.senders)
	}
	if err == nil && run.before != nil {
		err = run.before(fleet)
	}
	if err != nil {
		return load.Window{}, proc.Usage{}, errors.Join(err, fleet.Close())
	}
	span := r.newStretch(clock)
	usage, err := span.during(ctx, run.pids, func(context.Context) error { return run.traffic(fleet, span) })
	if err == nil {
		err = fleet.Drain()
	}
	if err == nil && run.after != nil {
		err = run.after(fleet)
	}
	if err := errors.Join(err, fleet.Close()); err != nil {
		return load.Window{}, usage, err
	}
	if err := load.Verify(fleet); err != nil {
		return load.Window{}, usage, err
	}
	return load.Collect(fleet, span.from, span.to), usage, nil
}
