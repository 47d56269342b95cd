package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/errgroup"

	"natterjack/jetstream/queue"
	"natterjack/server/wire"
)

// putAtOnce is how many jobs of a message are put at a time.
const putAtOnce = 16

// Missed notes that users who want a digest have a message that they have not read. After an error
// it may be called again for all of them. The duty of push calls it, so it asks no server outside
// of the cluster.
func (d *Digests) Missed(ctx context.Context, message wire.ChannelSeq, users []string) error {
	if len(users) == 0 {
		return nil
	}
	if err := d.store.Note(ctx, message, users); err != nil {
		return err
	}
	now := time.Now()
	due := now.Add(d.cfg.After)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(putAtOnce)
	for _, user := range users {
		if !d.waiting.has(user, now) {
			group.Go(func() error { return d.put(ctx, user, due) })
		}
	}
	return group.Wait()
}

// put puts a job to look at a user. If there is no room for it, the next message of the user tries
// again. The duty does not wait for that, because all users wait for the duty.
func (d *Digests) put(ctx context.Context, user string, due time.Time) error {
	err := d.queue.Put(ctx, queue.Job{
		ID: fmt.Sprintf("%s.%d", user, due.UnixMilli()), Target: target, NotBefore: due, Expires: due.Add(keep), Body: []byte(user),
	})
	switch {
	case errors.Is(err, queue.ErrFull):
		d.logger.WarnContext(ctx, "a digest is delayed, because the queue has no room", "user", user)
		return nil
	case err != nil:
		return err
	}
	d.waiting.put(user, due)
	return nil
}

const (
	// maxWaiting is of how many users this node knows that a job waits.
	maxWaiting = 1 << 16
	// clocksApart is how far the clocks of nodes may be apart, with the time that a job takes. A
	// job that is due within that time may be under way.
	clocksApart = 10 * time.Second
)

// waiting knows the users for whom this node has put a job that is not due yet. Such a job looks at
// all that was noted before it is due, so no other is needed. Its methods may be called
// concurrently.
type waiting struct{ until *lru.Cache[string, time.Time] }

func newWaiting() *waiting {
	until, err := lru.New[string, time.Time](maxWaiting)
	if err != nil { // only for a size that is not positive
		panic(err)
	}
	return &waiting{until: until}
}

func (w *waiting) has(user string, now time.Time) bool {
	until, ok := w.until.Get(user)
	return ok && now.Add(clocksApart).Before(until)
}

func (w *waiting) put(user string, due time.Time) { w.until.Add(user, due) }
