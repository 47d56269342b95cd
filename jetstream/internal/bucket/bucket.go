// Package bucket opens and watches KV buckets.
package bucket

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

// Open looks a bucket up and makes it where it is missing, until ctx ends.
func Open(ctx context.Context, js jetstream.JetStream, cfg jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	return pause.Until(ctx, "bucket "+cfg.Bucket, func(ctx context.Context) (jetstream.KeyValue, error) {
		kv, err := js.KeyValue(ctx, cfg.Bucket)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			return js.CreateKeyValue(ctx, cfg)
		}
		return kv, err
	})
}

// ErrAgain is why a watch ended that was asked to.
var ErrAgain = errors.New("asked to begin again")

// Watch calls f with every key there is, then once with nil, and then with every change, until ctx ends, something comes from
// again, or the watch fails. It returns why.
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

// stop ends a watch, and takes what is on its way: the library would wait for ever to hand it over.
func stop(w jetstream.KeyWatcher) {
	_ = w.Stop() // where the connection is gone, so is the watch
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
