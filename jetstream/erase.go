package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/view"
)

const (
	// eraseEvery is how often a failed erasure is tried again. It is also how soon a node that
	// does not write the shard checks that the writing node has erased.
	eraseEvery = 10 * time.Second
	// eraseTimeout bounds one request: an erasure rewrites a block of the stream.
	eraseTimeout = 5 * time.Second
	erasePage    = 64
)

// erasures is a view's list of the messages that are deleted, but not yet gone from the stream or
// from the view's own files.
type erasures interface {
	Erasures(shard int, after uint64, limit int) ([]view.Erasure, error)
	Erased(shard int, pos uint64) error
	Sync() error
	Scrub(ctx context.Context, channels map[string]bool) error
}

// eraser removes deleted messages and void events from the stream of one shard. It overwrites their
// bytes instead of only dropping the references to them. Then it removes them from this node's own
// files. The event that records the deletion was stored first. So if an eraser dies, every node's
// view still knows which messages are left to erase, and the next eraser finds them. The node that
// writes the shard erases at once. The other nodes check later.
//
// The oldest is erased first. A void event may have the same version as a message that counted.
// The void event must be gone before that message is erased, because it would count in its
// place.
type eraser struct {
	shard int
	conn  *nats.Conn
	view  erasures
	leads func() bool
	wake  chan struct{}                 // holds one token if something was deleted
	after func() (time.Duration, error) // how long erased data may stay in this node's files
	log   *slog.Logger

	// The goroutine of run owns the following fields.
	upto   uint64 // everything owed up to this pos is gone from the stream
	dirty  []view.Erasure
	oldest time.Time // when the first of dirty was erased
}

// maxDirty bounds how many erasures may be gone from the stream but not yet from this node's
// files.
const maxDirty = 4096

// run erases until ctx ends.
func (e *eraser) run(ctx context.Context) {
	tick := time.NewTicker(eraseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-e.wake:
			if !e.leads() {
				continue
			}
		}
		err := e.sweep(ctx)
		if err == nil && e.due() {
			err = e.scrub(ctx)
		}
		if err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "deleted messages could not be erased from the files yet, and are tried again", "shard", e.shard, "error", err)
		}
	}
}

// sweep erases everything that is due from the stream.
func (e *eraser) sweep(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := e.view.Erasures(e.shard, e.upto, erasePage)
		if err != nil || len(due) == 0 {
			return err
		}
		if err := e.view.Sync(); err != nil {
			return err
		}
		for _, d := range due {
			if err := e.erase(ctx, d); err != nil {
				return err
			}
			if len(e.dirty) == 0 {
				e.oldest = time.Now()
			}
			e.upto, e.dirty = d.Pos, append(e.dirty, view.Erasure{Pos: d.Pos, Channel: d.Channel})
		}
		if len(e.dirty) >= maxDirty {
			if err := e.scrub(ctx); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (e *eraser) erase(ctx context.Context, d view.Erasure) error {
	for _, pos := range d.Positions {
		err := bounded(ctx, func(ctx context.Context) error { return api.Delete(ctx, e.conn, StreamName(e.shard), pos) })
		if err != nil {
			return fmt.Errorf("erase pos %d: %w", pos, err)
		}
	}
	if d.All { // also the messages that the view did not know of
		// Up to the event that records the deletion, and not including it.
		err := bounded(ctx, func(ctx context.Context) error {
			return api.Purge(ctx, e.conn, StreamName(e.shard), Subject(d.Channel), d.Pos)
		})
		if err != nil {
			return fmt.Errorf("purge channel: %w", err)
		}
	}
	return nil
}

// bounded makes one request within [eraseTimeout].
func bounded(ctx context.Context, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, eraseTimeout)
	defer cancel()
	return request(ctx)
}

// due reports whether erased data has stayed in this node's files for as long as it may.
func (e *eraser) due() bool {
	after, err := e.after()
	return err == nil && len(e.dirty) > 0 && time.Since(e.oldest) >= after
}

// scrub removes everything that was erased from the stream from this node's own files. Then it
// clears the list.
func (e *eraser) scrub(ctx context.Context) error {
	channels := map[string]bool{}
	for _, d := range e.dirty {
		channels[d.Channel] = true
	}
	if err := e.view.Scrub(ctx, channels); err != nil {
		return fmt.Errorf("erase deleted messages from the view's files: %w", err)
	}
	for _, d := range e.dirty {
		if err := e.view.Erased(e.shard, d.Pos); err != nil {
			return err
		}
	}
	e.dirty = nil
	return nil
}
