package removal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"natterjack/jetstream/queue"
	"natterjack/server/wire"
)

// remover removes the files that no message has. It is the worker of the queue.
type remover struct {
	log    Log
	files  Files
	logger *slog.Logger
}

var errContent = errors.New("removal: the body of the job does not name files")

// Do implements [queue.Worker].
func (r *remover) Do(ctx context.Context, job *queue.Job) error {
	var c content
	if err := json.Unmarshal(job.Body, &c); err != nil || len(c.Media) > perJob {
		return queue.Dead(errContent)
	}
	asked := time.Now()
	// Also before a retry: since the last try a message may have come that has the file.
	if err := r.log.AwaitLevel(ctx); err != nil {
		return fmt.Errorf("wait for the view: %w", err)
	}
	var early time.Duration
	for _, media := range c.Media {
		if !wire.ValidMedia(media) {
			return queue.Dead(errContent)
		}
		left, err := r.remove(ctx, media, asked)
		if err != nil {
			return err
		}
		early = max(early, left)
	}
	if early > 0 {
		return queue.Early(early)
	}
	return nil
}

// remove removes a file that no message has and no ticket can attach to one. The view shows all
// messages up to the time asked. If that is too early to tell, remove returns how long to wait.
func (r *remover) remove(ctx context.Context, media string, asked time.Time) (early time.Duration, err error) {
	has, err := r.log.Referenced(media)
	if err != nil {
		return 0, fmt.Errorf("look for messages with the file: %w", err)
	}
	if has {
		r.logger.DebugContext(ctx, "a file stays, because another message has it", "media", media)
		return 0, nil
	}
	since, err := r.files.Withdraw(ctx, media)
	if err != nil {
		return 0, fmt.Errorf("mark the file as removed: %w", err)
	}
	if early = since.Add(wait).Sub(asked); early > 0 {
		return early, nil
	}
	if err := r.files.Remove(ctx, media); err != nil {
		return 0, fmt.Errorf("remove a file: %w", err)
	}
	r.logger.DebugContext(ctx, "removed a file that no message has any more", "media", media)
	return 0, nil
}
