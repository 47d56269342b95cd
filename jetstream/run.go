package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/pause"
)

// Run follows and writes until ctx ends. Then it stops taking other nodes' rounds, finishes the
// current ones, and answers waiting commands with a retryable error. Then it returns.
func (l *Log) Run(ctx context.Context) error {
	announcements, err := l.leaders.Listen(l.conn)
	if err != nil {
		return fmt.Errorf("subscribe to leaders: %w", err)
	}
	var following, writing sync.WaitGroup
	followCtx, stopFollowing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFollowing()
	for _, s := range l.shards {
		following.Go(func() { s.follower.run(followCtx) })
	}
	for _, s := range l.shards {
		writing.Go(func() { s.write.Run(ctx) })
		writing.Go(func() { s.eraser.run(ctx) })
		writing.Go(func() { s.partings.run(ctx) })
	}
	writing.Go(func() { l.receipts.Run(ctx) })
	writing.Go(func() { l.keepConfigured(ctx) })
	writing.Go(func() { l.watchLevel(ctx) })
	writing.Go(func() { l.tellNews(ctx) })
	writing.Go(func() { l.watchRoom(ctx) })
	writing.Go(func() { l.watchClock(ctx) })
	writing.Go(func() { l.watchDates(ctx) })
	writing.Go(func() { l.pulse.run(ctx) })
	warmed := l.warm(ctx, &writing)
	writing.Go(func() { l.awaitReady(ctx, warmed) })
	writing.Wait()
	stopFollowing() // last: a writer that finishes its round may wait for the view
	following.Wait()
	for _, s := range l.shards {
		s.follower.telling.Wait()
	}
	// The subscription has then ended already.
	if err := announcements.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) {
		return err
	}
	return nil
}

// warmFirst is how much longer a start may take so that long lists of channels are read ahead.
const warmFirst = 250 * time.Millisecond

// warm makes the view read ahead for the users whose first request would be noticeably slow. It
// hurries until the node is ready, and then runs beside the requests. It returns a channel that
// is closed when it is done.
func (l *Log) warm(ctx context.Context, wg *sync.WaitGroup) (warmed <-chan struct{}) {
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		if err := l.view.Warm(ctx, l.ready); err != nil {
			l.log.WarnContext(ctx, "not all long lists of channels could be read into memory", "error", err)
		}
	})
	return done
}

// Ready returns a channel that is closed once every shard's view has caught up with the end
// that its stream had when Run began. It does not wait for the receipts to be level. By then,
// the long lists of channels that could be read quickly are in memory too.
func (l *Log) Ready() <-chan struct{} { return l.ready }

// readyPause is the pause between two looks at the end of a stream.
const readyPause = 200 * time.Millisecond

// awaitReady closes ready, or gives up when ctx ends.
func (l *Log) awaitReady(ctx context.Context, warmed <-chan struct{}) {
	first := time.NewTimer(warmFirst)
	defer first.Stop()
	for shard, s := range l.shards {
		for {
			last, err := lastPos(ctx, l.js, shard)
			if err == nil {
				err = s.follower.Await(ctx, last)
			}
			if err == nil {
				break
			}
			if ctx.Err() != nil || pause.For(ctx, readyPause) != nil {
				return
			}
		}
	}
	select {
	case <-warmed:
	case <-first.C:
	case <-ctx.Done():
		return
	}
	select {
	case <-l.receipts.Begun():
		close(l.ready)
	case <-ctx.Done():
	}
}
