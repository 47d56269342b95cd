package queue

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/crashpoint"
)

// MostTogether is how many jobs [Queue.PutAll] takes at most. The engine takes twice as many in one
// batch.
const MostTogether = 500

// PutAll stores some jobs, at most [MostTogether]: all of them, or none. [ErrBefore] is in the
// chain of the error if one of several was put before, and [ErrFull] if there is no room for all.
// After any other error they may be stored or not; put them again.
func (q *Queue) PutAll(ctx context.Context, jobs []Job) error {
	switch len(jobs) {
	case 0:
		return nil
	case 1:
		return q.Put(ctx, jobs[0])
	}
	for i := range jobs {
		if err := q.prepare(&jobs[i]); err != nil {
			return err
		}
	}
	err := q.storeAll(ctx, jobs)
	if err == nil {
		q.count.put.Add(uint64(len(jobs)))
		crashpoint.Reach(crashpoint.JobStored)
	} else {
		q.count.refused.Add(uint64(len(jobs)))
	}
	return err
}

func (q *Queue) storeAll(ctx context.Context, jobs []Job) error {
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	msgs := make([]*nats.Msg, len(jobs))
	for i := range jobs {
		msgs[i] = jobs[i].message(Subject(q.cfg.Name, jobs[i].Target))
	}
	err := q.batch.Publish(ctx, StreamName(q.cfg.Name), msgs)
	switch {
	case err == nil:
		return nil
	case api.Before(err):
		return fmt.Errorf("%w: queue %s, %d jobs", ErrBefore, q.cfg.Name, len(jobs))
	case api.AtLimit(err):
		return fmt.Errorf("%w: queue %s, %d jobs: %w", ErrFull, q.cfg.Name, len(jobs), err)
	default:
		return fmt.Errorf("put %d jobs into queue %s: %w", len(jobs), q.cfg.Name, err)
	}
}
