package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/crashpoint"
)

// settleTimeout bounds each request of the end of a job.
const settleTimeout = 5 * time.Second

// settle ends a try: the job is done, comes again, or is given up.
func (s *shift) settle(t *task, v *verdict) {
	switch {
	case v == nil:
		crashpoint.Reach(crashpoint.JobDone)
		if s.ack(t) {
			s.count.done.Add(1)
		}
	case s.ctx.Err() != nil:
		s.giveBack(t, 0) // the try was cut short, and does not count
	case v.early:
		s.count.later.Add(1)
		s.giveBack(t, v.after)
	case v.dead:
		s.bury(t, "given up", v)
	case s.cfg.Tries > 0 && t.job.Tries+1 >= s.cfg.Tries:
		s.bury(t, "tried "+strconv.Itoa(s.cfg.Tries)+" times", v)
	default:
		s.again(t, v)
	}
}

// ack tells the engine that a job is finished, and waits until that is stored.
func (s *shift) ack(t *task) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), settleTimeout)
	defer cancel()
	if err := t.msg.DoubleAck(ctx); err != nil {
		s.slog.DebugContext(ctx, "the end of a job could not be stored; it may be done again", "job", t.job.ID, "error", err)
		return false
	}
	return true
}

// again stores a failed job again, with one try more. If there is no room for that, the job goes
// back as it is, and the try does not count.
func (s *shift) again(t *task, v *verdict) {
	after := v.after
	if after <= 0 {
		after = spread(doubled(s.cfg.FirstPause, s.cfg.MostPause, t.job.Tries))
	}
	next := t.job
	next.NotBefore, next.Tries, next.Error = time.Now().Add(after), next.Tries+1, brief(v)
	if !next.NotBefore.Before(next.Expires) {
		s.expire(t, v)
		return
	}
	s.slog.Debug("a job is tried again", "job", next.ID, "target", next.Target, "tries", next.Tries, "after", after, "error", v.error)
	s.count.again.Add(1)
	if err := s.store(context.WithoutCancel(s.ctx), &next); err != nil { // a stop would leave it open which of the two counts
		s.giveBack(t, after)
		return
	}
	s.ack(t)
}

// expire gives up a job for which it is too late.
func (s *shift) expire(t *task, why error) {
	s.count.expired.Add(1)
	if why == nil && t.job.Error != "" {
		why = errors.New(t.job.Error)
	}
	s.bury(t, "expired", why)
}

// bury moves a job to the dead letters. If that fails it is tried again soon.
func (s *shift) bury(t *task, reason string, why error) {
	s.slog.Warn("a job is given up and is now a dead letter", "job", t.job.ID, "target", t.job.Target, "tries", t.job.Tries, "reason", reason, "error", why)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), settleTimeout)
	defer cancel()
	m := t.job.message(DeadSubject(s.cfg.Name, t.job.Target))
	m.Header.Set("Nats-Msg-Id", fmt.Sprintf("%s/%s", s.cfg.Name, m.Header.Get("Nats-Msg-Id")))
	m.Header.Set(headerReason, reason)
	if why != nil {
		m.Header.Set(headerError, brief(why))
	}
	if _, _, err := api.PublishMsg(ctx, s.log.Conn, m); err != nil {
		s.slog.WarnContext(ctx, "a dead letter could not be stored, and is tried again", "job", t.job.ID, "error", err)
		s.deliver(t, settleTimeout)
		return
	}
	s.count.dead.Add(1)
	s.ack(t)
}
