// Package bucket opens and watches KV buckets.
package bucket

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

// Open looks a bucket up and creates it if it is missing. It tries until ctx ends.
func Open(ctx context.Context, js jetstream.JetStream, cfg jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	return pause.Until(ctx, "bucket "+cfg.Bucket, func(ctx context.Context) (jetstream.KeyValue, error) {
		kv, err := js.KeyValue(ctx, cfg.Bucket)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			return js.CreateKeyValue(ctx, cfg)
		}
		return kv, err
	})
}

// ErrAgain is the error of a watch that was the watch was asked to begin again.
var ErrAgain = errors.New("the watch was asked to begin again")

// Watch calls f with every existing key, then once with nil, and then with every change. It
// does so until ctx ends, until again receives something, or until the watch fails. It returns
// the reason.
func Watch(ctx context.Context, kv jetstream.KeyValue, again <-chan struct{}, f func(jetstream.KeyValueEntry)) error {
	w, err := kv.WatchAll(ctx)
	if err != nil {
		return err
	}
	defer stop(w)
	for {
		select {
		case e, ok := <-w.Updates():
			if !ok {
				return errors.New("the watch has ended")
			}
			f(e)
		case <-again:
			return ErrAgain
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stop ends a watch and drains its updates. Otherwise the library would wait forever to deliver
// them.
func stop(w jetstream.KeyWatcher) {
	_ = w.Stop() // on a closed connection the watch has ended already
	timeout := time.NewTimer(time.Second)
	defer timeout.Stop()
	for {
		select {
		case _, ok := <-w.Updates():
			if !ok {
				return
			}
		case <-timeout.C:
			return
		}
	}
}
