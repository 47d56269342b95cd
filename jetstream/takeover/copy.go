package takeover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	log "natterjack/jetstream"
	"natterjack/jetstream/internal/pause"
)

const (
	chunkBytes   = 256 << 10 // below any max_payload that a node takes
	windowBytes  = 8 << 20   // how far the sender may be ahead
	chunkTimeout = 30 * time.Second
	endTimeout   = 5 * time.Minute // for the engine to open what it was given
)

// answer is the engine's answer to each of the requests here.
type answer struct {
	Error   *jetstream.APIError `json:"error"`
	Config  jsontext.Value      `json:"config"`
	State   jsontext.Value      `json:"state"`
	Deliver string              `json:"deliver_subject"`
}

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
		if _, err := request(ctx, t.To, to, chunk.Data, chunkTimeout); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		if chunk.Reply != "" {
			if err := chunk.Respond(nil); err != nil {
				return fmt.Errorf("read: %w", err)
			}
		}
	}
	if _, err := request(ctx, t.To, to, nil, endTimeout); err != nil {
		return fmt.Errorf("end of restore: %w", err)
	}
	return nil
}

// snapshot requests a stream's files from the engine.
func (t *takeover) snapshot(ctx context.Context, name string) (*nats.Subscription, *answer, error) {
	out, err := t.From.SubscribeSync(t.From.NewRespInbox())
	if err != nil {
		return nil, nil, err
	}
	body := fmt.Sprintf(`{"deliver_subject":%q,"no_consumers":true,"chunk_size":%d,"window_size":%d}`, out.Subject, chunkBytes, windowBytes)
	stream, err := request(ctx, t.From, "$JS.API.STREAM.SNAPSHOT."+name, []byte(body), chunkTimeout)
	if err != nil {
		return nil, nil, errors.Join(err, out.Unsubscribe())
	}
	return out, stream, nil
}

// restore asks the cluster to take a stream's files, and returns the subject to send them to.
// It waits until there are enough members.
func (t *takeover) restore(ctx context.Context, name string, stream *answer) (string, error) {
	cfg := map[string]any{}
	if err := json.Unmarshal(stream.Config, &cfg); err != nil {
		return "", fmt.Errorf("configuration of the stream: %w", err)
	}
	cfg["num_replicas"] = t.Replicas
	metadata, ok := cfg["metadata"].(map[string]any)
	if !ok {
		metadata = map[string]any{}
	}
	metadata[log.MetaUnfinished] = "true"
	cfg["metadata"] = metadata
	body, err := json.Marshal(map[string]any{"config": cfg, "state": stream.State})
	if err != nil {
		return "", err
	}
	a, err := pause.Until(ctx, "place for "+name, func(ctx context.Context) (*answer, error) {
		return request(ctx, t.To, "$JS.API.STREAM.RESTORE."+name, body, chunkTimeout)
	})
	if err != nil {
		return "", err
	}
	return a.Deliver, nil
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

// request sends a request to the engine. An answer without a body means success.
func request(ctx context.Context, conn *nats.Conn, subject string, body []byte, timeout time.Duration) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	m, err := conn.RequestWithContext(ctx, subject, body)
	// The subscription of the receiver may not have become known here yet.
	for errors.Is(err, nats.ErrNoResponders) && pause.For(ctx, 10*time.Millisecond) == nil {
		m, err = conn.RequestWithContext(ctx, subject, body)
	}
	if err != nil {
		return nil, err
	}
	a := new(answer)
	if len(m.Data) == 0 {
		return a, nil
	}
	if err := json.Unmarshal(m.Data, a); err != nil {
		return nil, fmt.Errorf("answer of the engine: %w", err)
	}
	if a.Error != nil {
		return nil, a.Error
	}
	return a, nil
}
