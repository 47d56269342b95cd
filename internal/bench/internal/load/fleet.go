package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	dialsAtOnce  = 32
	welcomeLimit = 30 * time.Second
	drainLimit   = 20 * time.Second
)

// Fleet holds the sessions of one run. Its methods are for one goroutine. Each session reads on
// its own.
type Fleet struct {
	Sessions []*Session

	// run is the prefix of every client id, so that a later run on the same server does not
	// look like a retry of this one.
	run     string
	clock   Clock
	echo    bool // senders hear their own messages
	looping atomic.Bool
	readers sync.WaitGroup
	ctx     context.Context //nolint:containedctx // its end is how a failing session stops those who wait for the fleet
	fail    context.CancelCauseFunc
}

// NewFleet makes a fleet without sessions. With echo, a message is delivered to its sender too.
func NewFleet(ctx context.Context, run string, clock Clock, echo bool) *Fleet {
	f := &Fleet{run: run, clock: clock, echo: echo}
	f.ctx, f.fail = context.WithCancelCause(ctx)
	return f
}

// Connect opens a session for each member, several at once, and waits until all have their
// welcome frame.
func (f *Fleet) Connect(members []Member) error {
	first := len(f.Sessions)
	for _, m := range members {
		f.Sessions = append(f.Sessions, newSession(f, len(f.Sessions), m))
	}
	group, ctx := errgroup.WithContext(f.ctx)
	group.SetLimit(dialsAtOnce)
	for _, s := range f.Sessions[first:] {
		group.Go(func() error { return f.open(ctx, s) })
	}
	return group.Wait()
}

func (f *Fleet) open(ctx context.Context, s *Session) (err error) {
	if s.Socket, err = Dial(ctx, s.Addr, s.Path, s.Local); err != nil {
		return fmt.Errorf("session %d: %w", s.index, err)
	}
	f.readers.Go(func() {
		if err := s.read(); err != nil {
			f.fail(err)
		}
	})
	if s.Member.Connect != nil {
		if err := s.Write(s.Member.Connect); err != nil {
			return fmt.Errorf("session %d: %w", s.index, err)
		}
	}
	timer := time.NewTimer(welcomeLimit)
	defer timer.Stop()
	select {
	case <-s.welcomed:
		return nil
	case <-timer.C:
		return fmt.Errorf("session %d: no welcome within %v", s.index, welcomeLimit)
	case <-ctx.Done():
		return context.Cause(f.ctx)
	}
}

// primedAtOnce is how many messages of [Fleet.Prime] are in flight.
const primedAtOnce = 32

// Prime sends one message from each of the senders and waits until all are acknowledged. The
// first message to a direct channel creates the channel. That costs more than the later
// messages, which a run is meant to measure.
func (f *Fleet) Prime(senders int) error {
	for first := 0; first < senders; first += primedAtOnce {
		for _, s := range f.Sessions[first:min(first+primedAtOnce, senders)] {
			if err := s.Send(f.clock.Now()); err != nil {
				return err
			}
		}
		if err := f.Drain(); err != nil {
			return err
		}
	}
	return nil
}

// Loop sends for a time from the given number of sessions. Each session sends as soon as its
// last message is acknowledged.
func (f *Fleet) Loop(senders int, d time.Duration) error {
	f.looping.Store(true)
	defer f.looping.Store(false)
	for _, s := range f.Sessions[:senders] {
		if err := s.Send(f.clock.Now()); err != nil {
			return err
		}
	}
	return f.Wait(d)
}

// Wait waits for a time while the fleet is at work. It ends early if a session fails.
func (f *Fleet) Wait(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-f.ctx.Done():
		return context.Cause(f.ctx)
	}
}

// Pace sends at a steady rate for a time. The senders take turns.
func (f *Fleet) Pace(senders, rate int, begin, d time.Duration) error {
	interval := time.Second / time.Duration(rate)
	err := f.clock.Pace(f.ctx, begin, interval, int(d/interval), func(i int, due time.Duration) error {
		if late := f.clock.Now() - due; late > lateLimit {
			return &OverloadError{Why: fmt.Sprintf("message %d could be sent %v after it was due", i, late)}
		}
		return f.Sessions[i%senders].Send(due)
	})
	return errors.Join(err, context.Cause(f.ctx))
}

// Drain waits until every message sent is acknowledged, and heard by each session that should
// hear it. If that takes too long, but messages still come, the server is overloaded. If
// nothing comes any more, a message is lost.
func (f *Fleet) Drain() error {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	began, moved, last := time.Now(), time.Now(), int64(-1)
	for {
		sends, acks, heard := f.progress()
		if acks == sends && heard == f.audience() {
			return nil
		}
		if acks+heard != last {
			moved, last = time.Now(), acks+heard
		}
		if time.Since(began) > drainLimit {
			why := fmt.Sprintf("after %v without traffic %d of %d messages are acknowledged, and %d of %d deliveries were made",
				drainLimit, acks, sends, heard, f.audience())
			if time.Since(moved) < time.Second {
				return &OverloadError{Why: why}
			}
			return errors.New(why)
		}
		select {
		case <-ticker.C:
		case <-f.ctx.Done():
			return context.Cause(f.ctx)
		}
	}
}

func (f *Fleet) progress() (sends, acks, heard int64) {
	for _, s := range f.Sessions {
		sends += s.sends.Load()
		acks += s.acks.Load()
		heard += s.heard.Load()
	}
	return sends, acks, heard
}

// audience returns how many deliveries the messages sent so far must cause.
func (f *Fleet) audience() (n int64) {
	for _, c := range f.channels() {
		hearers := len(c)
		if !f.echo {
			hearers--
		}
		for _, s := range c {
			n += s.sends.Load() * int64(hearers)
		}
	}
	return n
}

func (f *Fleet) channels() map[string][]*Session {
	channels := make(map[string][]*Session)
	for _, s := range f.Sessions {
		channels[s.Channel] = append(channels[s.Channel], s)
	}
	return channels
}

// Close ends all sessions and waits for their goroutines. After that their notes may be read.
func (f *Fleet) Close() error {
	f.fail(context.Canceled)
	for _, s := range f.Sessions {
		if s.Socket != nil {
			_ = s.Socket.Close() // the other side may have closed it already
		}
	}
	f.readers.Wait()
	if err := context.Cause(f.ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
