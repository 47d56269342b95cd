package removal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"natterjack/jetstream/queue"
	"natterjack/server/wire"
)

const (
	// perJob is how many files one job has at most. A deleted channel may have had very many.
	perJob = 64
	// atOnce is how many jobs of an event are put at a time.
	atOnce = 16
)

// content is the body of a job.
type content struct {
	Media   []string `json:"media"`
	Channel string   `json:"channel"` // of the event that dropped them; for operators
}

// jobs take jobs. [*queue.Queue] implements it.
type jobs interface {
	Put(ctx context.Context, job queue.Job) error
}

// decider puts the files that events have dropped into jobs. It is the Doer of the duty.
type decider struct {
	log  Log
	jobs jobs
}

// Do implements [duty.Doer].
func (d *decider) Do(ctx context.Context, events []wire.Event) error {
	for i := range events {
		if err := d.decide(ctx, &events[i]); err != nil {
			return err
		}
	}
	return nil
}

func (d *decider) decide(ctx context.Context, e *wire.Event) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	after := ""
	for {
		media, err := d.log.Dropped(e.Shard, e.Pos, after, perJob)
		if err != nil {
			group.Go(func() error { return fmt.Errorf("look for dropped files: %w", err) })
		}
		if len(media) == 0 || ctx.Err() != nil {
			break
		}
		after = media[len(media)-1]
		group.Go(func() error { return d.put(ctx, e, media) })
	}
	return group.Wait()
}

// put puts a job. Its id names the event, because a file that two messages drop one after the other
// has to be looked at twice.
func (d *decider) put(ctx context.Context, e *wire.Event, media []string) error {
	body, err := json.Marshal(content{Media: media, Channel: e.Channel})
	if err != nil {
		return fmt.Errorf("encode a job: %w", err)
	}
	return d.jobs.Put(ctx, queue.Job{
		ID: fmt.Sprintf("%d.%d.%s", e.Shard, e.Pos, media[0]), Target: target, NotBefore: time.Now().Add(wait), Body: body,
	})
}
