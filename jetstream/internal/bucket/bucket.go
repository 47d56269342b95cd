// Package bucket opens and watches KV buckets.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Open looks a bucket up and makes it where it is missing, until ctx ends: in a cluster that is forming, or when another node makes it at
// the same moment, the first tries fail.
func Open(ctx context.Context, js jetstream.JetStream, cfg jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	for {
		kv, err := try(ctx, js, cfg)
		if err == nil {
			return kv, nil
		}
		if Pause(ctx, 100*time.Millisecond) != nil {
			return nil, fmt.Errorf("open bucket %s: %w", cfg.Bucket, err)
		}
	}
}

// try tries once, briefly: a request that was on its way to a meta leader that is no more is never answered.
func try(ctx context.Context, js jetstream.JetStream, cfg jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	kv, err := js.KeyValue(ctx, cfg.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return js.CreateKeyValue(ctx, cfg)
	}
	return kv, err
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

// Pause waits for d or the end of ctx, and says which.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
