package sessions

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/bucket"
	"natterjack/jetstream/internal/pause"
)

// Bucket is the name of the KV bucket.
const Bucket = "REVOKED"

const (
	// margin is by how much a clock may be ahead, of this node, of another one or of the bucket's
	// leader. A revoked token is remembered for that long after its expiry. A token that seems to
	// have expired is valid again once the clock is right, and must not open anything then.
	margin = 7 * 24 * time.Hour
	// longest is the longest life of a key. A revoked token that is valid for longer could be
	// used again after a hundred years.
	longest = 100 * 365 * 24 * time.Hour
	// markers is how long the bucket reports expired keys. Nothing reads these reports, but
	// without this setting keys cannot have a life of their own.
	markers    = time.Minute
	sweepEvery = time.Hour
	retry      = time.Second
)

// revocation is the value of a key, which is a fingerprint.
type revocation struct {
	User    string `json:"user"`
	Expires int64  `json:"expires"` // of the token, Unix milliseconds
}

// announced is a revocation as all nodes are told of it.
type announced struct {
	Fingerprint string     `json:"fingerprint"`
	Revoked     revocation `json:"revoked"`
}

func openBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	return bucket.Open(ctx, js, jetstream.KeyValueConfig{
		Bucket:         Bucket,
		Description:    "tokens that were signed out, by fingerprint, until they expire",
		Storage:        jetstream.FileStorage,
		Replicas:       replicas,
		LimitMarkerTTL: markers,
	})
}

// store revokes a token for all nodes and tells them.
func (r *Registry) store(ctx context.Context, fingerprint string, v revocation) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode revocation: %w", err)
	}
	life := min(longest, time.Until(time.UnixMilli(v.Expires))+margin)
	// Only Create accepts a life for a key. If the key already exists, the goal is reached.
	_, err = r.kv.Create(ctx, fingerprint, value, jetstream.KeyTTL(max(life, margin).Truncate(time.Second)))
	if err != nil && !errors.Is(err, jetstream.ErrKeyExists) {
		return fmt.Errorf("store revocation: %w", err)
	}
	r.apply(fingerprint, v)
	news, err := json.Marshal(announced{fingerprint, v})
	if err != nil {
		return fmt.Errorf("encode revocation: %w", err)
	}
	return r.conn.Publish(revokedSubject, news)
}

// heard handles the message of a node that revoked a token.
func (r *Registry) heard(msg *nats.Msg) {
	var news announced
	if json.Unmarshal(msg.Data, &news) == nil { // else a newer node sent it; the watch may know more
		r.apply(news.Fingerprint, news.Revoked)
	}
}

func (r *Registry) apply(fingerprint string, v revocation) {
	raw, err := hex.DecodeString(fingerprint)
	if err == nil && len(raw) == len(Fingerprint{}) { // else the fingerprint is invalid
		r.revoke(Fingerprint(raw), v)
	}
}

// watch follows the bucket until ctx ends.
func (r *Registry) watch(ctx context.Context) {
	for {
		err := bucket.Watch(ctx, r.kv, nil, func(e jetstream.KeyValueEntry) { r.seen(ctx, e) })
		if ctx.Err() != nil {
			return
		}
		r.log.WarnContext(ctx, "watching revocations anew", "reason", err)
		if pause.For(ctx, retry) != nil {
			return
		}
	}
}

func (r *Registry) seen(ctx context.Context, e jetstream.KeyValueEntry) {
	if e == nil { // all initial content has arrived
		r.once.Do(func() { close(r.ready) })
		return
	}
	// The key expired, or an operator deleted it. This node forgets the token by itself.
	if e.Operation() != jetstream.KeyValuePut {
		return
	}
	var v revocation
	if err := json.Unmarshal(e.Value(), &v); err != nil {
		r.log.ErrorContext(ctx, "a revocation cannot be read", "error", err)
		return
	}
	r.apply(e.Key(), v)
}

// tidy forgets expired revocations until ctx ends.
func (r *Registry) tidy(ctx context.Context) {
	for pause.For(ctx, sweepEvery) == nil {
		r.sweep(time.Now())
	}
}
