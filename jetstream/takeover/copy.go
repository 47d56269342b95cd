package takeover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"

	log "natterjack/jetstream"
	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/pause"
)

const (
	chunkBytes   = 256 << 10 // below any max_payload that a node takes
	windowBytes  = 8 << 20   // how far the sender may be ahead
	chunkTimeout = 30 * time.Second
	endTimeout   = 5 * time.Minute // for the engine to open the stream that it was given
	// placeTimeout is how long the cluster may take to make a place for a stream, on each member.
	// If the caller does not wait for that, the place is in the way of the next try until the
	// engine gives it up.
	placeTimeout = 20 * time.Second
)

// copy copies a stream as the engine backs it up and restores it, file by file. Nothing is
// stored in between.
func (t *takeover) copy(ctx context.Context, name string) error {
	out, stream, err := t.snapshot(ctx, name)
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer func() { _ = out.Unsubscribe() }()
	to, err := t.restore(ctx, name, stream)
	if err != nil {
		return fmt.Errorf("begin to restore: %w", err)
	}
	for {
		chunk, err := next(ctx, out)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if len(chunk.Data) == 0 {
			break
		}
		if err := t.send(ctx, to, chunk.Data, chunkTimeout); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		if chunk.Reply != "" {
			if err := chunk.Respond(nil); err != nil {
				return fmt.Errorf("read: %w", err)
			}
		}
	}
	if err := t.send(ctx, to, nil, endTimeout); err != nil {
		return fmt.Errorf("end of restore: %w", err)
	}
	return nil
}

// snapshot requests a stream's files from the engine.
func (t *takeover) snapshot(ctx context.Context, name string) (*nats.Subscription, api.Copy, error) {
	out, err := t.From.SubscribeSync(t.From.NewRespInbox())
	if err != nil {
		return nil, api.Copy{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, chunkTimeout)
	defer cancel()
	stream, err := api.Snapshot(ctx, t.From, name, out.Subject, chunkBytes, windowBytes)
	if err != nil {
		return nil, stream, errors.Join(err, out.Unsubscribe())
	}
	return out, stream, nil
}

// restore asks the cluster to take a stream's files, and returns the subject to send them to.
// It waits until there are enough members.
func (t *takeover) restore(ctx context.Context, name string, stream api.Copy) (string, error) {
	cfg, err := t.unfinished(stream)
	if err != nil {
		return "", err
	}
	return pause.UntilWithin(ctx, "place for "+name, placeTimeout, func(ctx context.Context) (string, error) {
		return api.Restore(ctx, t.To, name, cfg, stream.State)
	})
}

// send sends a chunk of a stream's files to the cluster.
func (t *takeover) send(ctx context.Context, to string, chunk []byte, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return api.Send(ctx, t.To, to, chunk)
}

// unfinished returns the configuration with which a stream is restored: it has the mark that the
// stream is unfinished.
func (t *takeover) unfinished(stream api.Copy) (map[string]any, error) {
	cfg := map[string]any{}
	if err := json.Unmarshal(stream.Config, &cfg); err != nil {
		return nil, fmt.Errorf("configuration of the stream: %w", err)
	}
	cfg["num_replicas"] = t.Replicas
	metadata, ok := cfg["metadata"].(map[string]any)
	if !ok {
		metadata = map[string]any{}
	}
	metadata[log.MetaUnfinished] = "true"
	cfg["metadata"] = metadata
	return cfg, nil
}

// next returns the next chunk. A chunk without data is the end.
func next(ctx context.Context, out *nats.Subscription) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, chunkTimeout)
	defer cancel()
	m, err := out.NextMsgWithContext(ctx)
	if err != nil {
		return nil, err
	}
	if status := m.Header.Get("Status"); status != "" && status != "204" {
		return nil, fmt.Errorf("the engine says %s %s", status, m.Header.Get("Description"))
	}
	return m, nil
}
