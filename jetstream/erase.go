package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/view"
)

const (
	// eraseEvery is how often what could not be erased is tried again, and how soon a node that does not write the shard makes sure that
	// the one that does has erased.
	eraseEvery = 10 * time.Second
	// eraseTimeout bounds one request: an erasure rewrites a block of the stream.
	eraseTimeout = 5 * time.Second
	erasePage    = 64
)

// erasures are what a view knows to be deleted and not yet gone from the stream, or from its own files.
type erasures interface {
	Erasures(shard int, after uint64, limit int) ([]view.Erasure, error)
	Erased(shard int, pos uint64) error
	Sync() error
	Scrub(ctx context.Context, channels map[string]bool) error
}

// eraser takes what people delete out of the stream of one shard, overwritten and not merely forgotten, and what is void; and then out
// of this node's own files. The event that says so was stored first, so what an eraser that dies leaves behind is in every node's
// view, and the next one finds it. The node that writes the shard erases at once; the others make sure, later.
//
// The oldest is erased first. What is void must be gone before what makes room for it is: a message that counted, and whose version a
// void one has.
type eraser struct {
	shard int
	conn  *nats.Conn
	view  erasures
	leads func() bool
	wake  chan struct{}                 // one token: something was deleted
	after func() (time.Duration, error) // how long what was erased may stay in this node's files
	log   *slog.Logger

	// Owned by run.
	upto   uint64 // all that is owed up to this pos is gone from the stream
	dirty  []view.Erasure
	oldest time.Time // when the first of dirty was erased
}

// maxDirty bounds how much may be gone from the stream and not from this node's files.
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
			e.log.WarnContext(ctx, "deleted messages are still in the files; they will be erased later", "shard", e.shard, "error", err)
		}
	}
}

// sweep erases all that is due from the stream.
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
		if err := e.request(ctx, "$JS.API.STREAM.MSG.DELETE."+StreamName(e.shard), map[string]uint64{"seq": pos}); err != nil {
			return fmt.Errorf("erase pos %d: %w", pos, err)
		}
	}
	if d.All { // and what the view did not know of
		purge := map[string]any{"filter": Subject(d.Channel), "seq": d.Pos} // up to, and not including, the event that says so
		if err := e.request(ctx, "$JS.API.STREAM.PURGE."+StreamName(e.shard), purge); err != nil {
			return fmt.Errorf("purge channel: %w", err)
		}
	}
	return nil
}

// due reports whether this node's files have had what is erased for as long as they may.
func (e *eraser) due() bool {
	after, err := e.after()
	return err == nil && len(e.dirty) > 0 && time.Since(e.oldest) >= after
}

// scrub takes what was erased from the stream out of this node's own files, and then owes nothing of it any more.
func (e *eraser) scrub(ctx context.Context) error {
	channels := map[string]bool{}
	for _, d := range e.dirty {
		channels[d.Channel] = true
	}
	if err := e.view.Scrub(ctx, channels); err != nil {
		return fmt.Errorf("scrub the view: %w", err)
	}
	for _, d := range e.dirty {
		if err := e.view.Erased(e.shard, d.Pos); err != nil {
			return err
		}
	}
	e.dirty = nil
	return nil
}

// request asks JetStream itself: nats.go hides the code by which an answer says that there is nothing left to erase.
func (e *eraser) request(ctx context.Context, subject string, body any) error {
	ctx, cancel := context.WithTimeout(ctx, eraseTimeout)
	defer cancel()
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	msg, err := e.conn.RequestWithContext(ctx, subject, data)
	if err != nil {
		return err
	}
	var answer struct {
		Success bool                `json:"success"`
		Error   *jetstream.APIError `json:"error"`
	}
	switch err := json.Unmarshal(msg.Data, &answer); {
	case err != nil:
		return fmt.Errorf("parse answer: %w", err)
	case answer.Success || gone(answer.Error):
		return nil
	case answer.Error == nil:
		return fmt.Errorf("refused without a reason")
	default:
		return answer.Error
	}
}

// gone reports whether an error says that there is no such message.
func gone(err *jetstream.APIError) bool {
	const sequenceNotFound, deleteFailed jetstream.ErrorCode = 10043, 10057 // server/errors.json of nats-server
	if err == nil {
		return false
	}
	switch err.ErrorCode {
	case jetstream.JSErrCodeMessageNotFound, sequenceNotFound:
		return true
	case deleteFailed: // a wrapper around the store's own error, whose text is all there is
		return strings.Contains(err.Description, "no message found") || strings.Contains(err.Description, "deleted message")
	default:
		return false
	}
}
