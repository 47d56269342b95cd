package queue

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

const (
	// fetchWait is how long a request for jobs waits for them.
	fetchWait = 2 * time.Second
	// again is the pause after a failure of the engine.
	again = 500 * time.Millisecond
	// openTimeout bounds the making of the consumer.
	openTimeout = 5 * time.Second
)

// shift is a queue's work on this node, from the begin of [Queue.Run] to its end.
type shift struct {
	*Queue

	ctx   context.Context //nolint:containedctx // of the jobs; it ends when the node stops
	tries sync.WaitGroup  // the goroutines of tasks
}

// work does jobs until ctx ends.
func (q *Queue) work(ctx context.Context) {
	doing, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	s := &shift{Queue: q, ctx: doing}
	keep, end := context.WithCancel(context.WithoutCancel(ctx))
	var keeping sync.WaitGroup
	keeping.Go(func() { s.extend(keep) })
	for ctx.Err() == nil {
		err := s.takeAll(ctx)
		if ctx.Err() == nil {
			q.slog.WarnContext(ctx, "jobs cannot be taken from the queue, and are tried again", "error", err)
			_ = pause.For(ctx, again) // the loop checks ctx
		}
	}
	stop(errStopped)
	for _, t := range q.hands.waiting() {
		s.giveBack(t, 0)
		q.hands.put(t, time.Now())
	}
	s.tries.Wait()
	end()
	keeping.Wait()
}

// takeAll takes jobs until ctx ends or the engine fails.
func (s *shift) takeAll(ctx context.Context) error {
	c, err := s.consumer(ctx)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		n := s.hands.free()
		if n <= 0 {
			select {
			case <-s.hands.freed:
			case <-ctx.Done():
			}
			continue
		}
		if err := s.takeSome(ctx, c, n); err != nil {
			return fmt.Errorf("ask for jobs: %w", err)
		}
	}
	return nil
}

// takeSome asks for up to n jobs, and takes the jobs that come within [fetchWait]. It stops waiting
// when ctx ends, and gives back the jobs that have come. A job that is on its way at that moment
// comes again after [ackWait].
func (s *shift) takeSome(ctx context.Context, c jetstream.Consumer, n int) error {
	wait, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	batch, err := c.Fetch(n, jetstream.FetchContext(wait))
	if err != nil {
		return err
	}
	for m := range batch.Messages() {
		s.take(ctx, m)
	}
	if wait.Err() != nil {
		return nil
	}
	return batch.Error()
}

// consumer makes the consumer that all nodes share, or brings it up to date.
func (s *shift) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	c, err := s.log.JS.CreateOrUpdateConsumer(ctx, StreamName(s.cfg.Name), s.cfg.consumerConfig())
	if err != nil {
		return nil, fmt.Errorf("make the consumer: %w", err)
	}
	return c, nil
}

// take decides about a job that came: it is tried now, waits here, goes back until its time, or is
// given up.
func (s *shift) take(ctx context.Context, m jetstream.Msg) {
	job, err := jobOf(m.Headers(), m.Data())
	t, now := &task{msg: m, job: job}, time.Now()
	switch {
	case ctx.Err() != nil:
		s.giveBack(t, 0)
	case err != nil:
		s.begin(t, func() { s.bury(t, "malformed", err) })
	case !now.Before(job.Expires):
		s.begin(t, func() { s.expire(t, nil) })
	case now.Before(job.NotBefore):
		s.giveBack(t, job.NotBefore.Sub(now))
	default:
		begins, later := s.hands.take(t, now)
		if later > 0 {
			s.count.later.Add(1)
			s.giveBack(t, later)
		} else if begins {
			s.tries.Go(func() { s.try(t) })
		}
	}
}

// begin gives a task a place for something other than a try.
func (s *shift) begin(t *task, do func()) {
	s.hands.hold(t)
	s.tries.Go(func() {
		defer func() { s.hands.put(t, time.Now()) }()
		do()
	})
}

// giveBack has the engine deliver a job again, to any node, after a while, and not later than it
// expires.
func (s *shift) giveBack(t *task, after time.Duration) {
	s.deliver(t, min(after, max(time.Until(t.job.Expires), time.Millisecond)))
}

// deliver has the engine deliver a job again after a while. If the engine does not hear that, it
// notices after ackWait that the job is not done.
func (s *shift) deliver(t *task, after time.Duration) {
	var err error
	if after <= 0 {
		err = t.msg.Nak()
	} else {
		err = t.msg.NakWithDelay(after)
	}
	if err != nil {
		s.slog.Debug("a job could not be given back; it comes again by itself", "job", t.job.ID, "error", err)
	}
}

// try has the worker do a job, and the jobs that waited for that.
func (s *shift) try(t *task) {
	defer func() { s.hands.put(t, time.Now()) }()
	began := time.Now()
	err := s.do(t)
	var v *verdict
	if err != nil {
		v = verdictOf(err)
	}
	now := time.Now()
	begin, back, later := s.hands.tried(t, v, now.Sub(began), now)
	for _, next := range begin {
		s.tries.Go(func() { s.try(next) })
	}
	for _, next := range back {
		s.giveBack(next, later)
		s.hands.put(next, now)
	}
	s.settle(t, v)
}

func (s *shift) do(t *task) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Timeout)
	defer cancel()
	return s.cfg.Worker.Do(ctx, &t.job)
}

// extend tells the engine again and again that this node still has its jobs, until ctx ends.
func (s *shift) extend(ctx context.Context) {
	tick := time.NewTicker(s.cfg.AckWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for _, t := range s.hands.all() {
			if err := t.msg.InProgress(); err != nil {
				s.slog.DebugContext(ctx, "a job's time could not be extended; it may be done twice", "job", t.job.ID, "error", err)
			}
		}
	}
}

// spread returns a pause that is up to a quarter longer, so that jobs that failed together do not
// come again together.
func spread(d time.Duration) time.Duration { return d + rand.N(d/4+1) }
