package api

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/pause"
)

// Copy is a stream as the engine describes it when its files are read.
type Copy struct {
	Config jsontext.Value `json:"config"`
	State  jsontext.Value `json:"state"`
}

// Snapshot requests a stream's files, without its consumers, to be sent to a subject in chunks.
// The engine sends no more than window bytes ahead of the answers to the chunks.
func Snapshot(ctx context.Context, conn *nats.Conn, stream, to string, chunk, window int) (c Copy, err error) {
	err = untilHeard(ctx, func() error {
		return ask(ctx, conn, "SNAPSHOT."+stream, map[string]any{
			"deliver_subject": to, "no_consumers": true, "chunk_size": chunk, "window_size": window,
		}, &c)
	})
	return c, err
}

// Restore asks for a stream to be made from its files, and returns the subject to which to [Send]
// them.
func Restore(ctx context.Context, conn *nats.Conn, stream string, config map[string]any, state jsontext.Value) (to string, err error) {
	var taken struct {
		Deliver string `json:"deliver_subject"`
	}
	err = untilHeard(ctx, func() error {
		return ask(ctx, conn, "RESTORE."+stream, map[string]any{"config": config, "state": state}, &taken)
	})
	return taken.Deliver, err
}

// Send sends a chunk of a stream's files. One without data is the end of them.
func Send(ctx context.Context, conn *nats.Conn, to string, chunk []byte) error {
	return untilHeard(ctx, func() error { return Request(ctx, conn, to, chunk, nil) })
}

// untilHeard tries again while no node receives the request, until ctx ends. The subscription of
// the receiver may not have become known here yet.
func untilHeard(ctx context.Context, try func() error) error {
	err := try()
	for errors.Is(err, nats.ErrNoResponders) && pause.For(ctx, 10*time.Millisecond) == nil {
		err = try()
	}
	return err
}
