package tell

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"natterjack/jetstream/queue"
)

// afterFull is how long users wait for another decision if the queue had no room for their
// provider.
const afterFull = 5 * time.Minute

// eventJobs are the jobs of one message. They are stored together: the first of them says that the
// message was decided about.
type eventJobs struct {
	id   string
	jobs []planned
}

// putEvents stores the jobs of some messages. It stores all jobs at once, if no message was decided
// about before, and the queue has room for all.
func (t *Teller) putEvents(ctx context.Context, events []eventJobs) error {
	var all []queue.Job
	for i := range events {
		jobs, err := events[i].encode()
		if err != nil {
			return err
		}
		all = append(all, jobs...)
	}
	if len(all) <= queue.MostTogether {
		err := t.queue.PutAll(ctx, all)
		if !errors.Is(err, queue.ErrBefore) && !errors.Is(err, queue.ErrFull) {
			return err
		}
	}
	for i := range events {
		if err := t.putEvent(ctx, &events[i]); err != nil {
			return err
		}
	}
	return nil
}

func (e *eventJobs) encode() (jobs []queue.Job, err error) {
	jobs = make([]queue.Job, len(e.jobs))
	for i := range e.jobs {
		as := e.id
		if i > 0 {
			as = id(e.jobs[i].content())
		}
		if jobs[i], err = e.jobs[i].job(as); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

// putEvent stores the jobs of one message. If they cannot be stored together, the first one comes
// last, because it says that all others are stored.
func (t *Teller) putEvent(ctx context.Context, e *eventJobs) error {
	jobs, err := e.encode()
	if err != nil {
		return err
	}
	if len(jobs) <= queue.MostTogether {
		err := t.queue.PutAll(ctx, jobs)
		if errors.Is(err, queue.ErrBefore) {
			return nil
		}
		if !errors.Is(err, queue.ErrFull) {
			return err
		}
	}
	for i := range slices.Backward(jobs) {
		if err := t.putOne(ctx, &e.jobs[i], jobs[i]); err != nil {
			return err
		}
	}
	return nil
}

// putOne stores a job. If its provider has no room, its users are looked at later. If there is no
// room for that either, they are not told.
func (t *Teller) putOne(ctx context.Context, p *planned, job queue.Job) error {
	err := t.queue.Put(ctx, job)
	if !errors.Is(err, queue.ErrFull) {
		return err
	}
	t.counts.add("full", len(p.To))
	if p.Look {
		t.lose(p)
		return nil
	}
	later := p.task
	later.Look = true
	for _, l := range looks(later, p.users(), t.now().Add(afterFull)) {
		again, err := l.job(id(l.content()))
		if err != nil {
			return err
		}
		switch err := t.queue.Put(ctx, again); {
		case errors.Is(err, queue.ErrFull):
			t.lose(&l)
		case err != nil:
			return err
		}
	}
	return nil
}

// lose notes that users get no notification, because the queue has no room.
func (t *Teller) lose(p *planned) {
	t.logger.Warn("users get no notification, because the queue has no room", "users", len(p.To), "target", p.target)
	for i := range p.To {
		t.note(p.To[i].User, not(p.Channel, p.Seq, "full"))
	}
}

// put stores the jobs that are left of a job.
func (t *Teller) put(ctx context.Context, all []planned) error {
	var jobs []queue.Job
	for i := range all {
		job, err := all[i].job(id(all[i].content()))
		if err != nil {
			return err
		}
		jobs = append(jobs, job)
	}
	if len(jobs) <= queue.MostTogether {
		err := t.queue.PutAll(ctx, jobs)
		if !errors.Is(err, queue.ErrBefore) && !errors.Is(err, queue.ErrFull) {
			return err
		}
	}
	for i := range jobs {
		if err := t.putOne(ctx, &all[i], jobs[i]); err != nil {
			return fmt.Errorf("put what is left of a job: %w", err)
		}
	}
	return nil
}
