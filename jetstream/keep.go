package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/receipts"
)

const (
	keepTimeout = 10 * time.Second // a stream's change of replicas begins at once, and keep does not wait for its end
	keepFirst   = time.Second
	keepMost    = time.Minute
)

// buckets are the streams of the KV buckets whose number of replicas follows the configuration.
var buckets = []string{"KV_PRESENCE", "KV_REVOKED"}

// keeper changes streams so that they match the configuration.
type keeper struct {
	js       jetstream.JetStream
	replicas int
}

// keepConfigured changes streams that were made under another configuration, or by another
// version. Afterwards they are as if they had just been made.
func (l *Log) keepConfigured(ctx context.Context) {
	l.untilKept(ctx, func() ([]string, error) { return l.keeper.all(ctx, &l.layout) })
}

// keepDerived does the same for the stream of a duty or a queue.
func (l *Log) keepDerived(ctx context.Context, cfg jetstream.StreamConfig) {
	l.untilKept(ctx, func() ([]string, error) {
		changed, err := l.keeper.keep(ctx, cfg.Name, as(cfg))
		if !changed {
			return nil, err
		}
		return []string{cfg.Name}, err
	})
}

// untilKept tries until the engine has accepted all changes. More replicas may need members that
// have not joined yet.
func (l *Log) untilKept(ctx context.Context, keep func() (changed []string, err error)) {
	for wait := keepFirst; ; wait = min(2*wait, keepMost) {
		changed, err := keep()
		if len(changed) > 0 {
			l.log.InfoContext(ctx, "streams follow the configuration", "changed", changed)
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		l.log.WarnContext(ctx, "streams do not follow the configuration yet", "error", err)
		if pause.For(ctx, wait) != nil {
			return
		}
	}
}

func (k *keeper) all(ctx context.Context, l *layout) (changed []string, err error) {
	var errs []error
	keep := func(name string, want func(*jetstream.StreamConfig)) {
		did, err := k.keep(ctx, name, want)
		if err != nil {
			errs = append(errs, fmt.Errorf("stream %s: %w", name, err))
		}
		if did {
			changed = append(changed, name)
		}
	}
	for shard := range l.shards {
		keep(StreamName(shard), as(streamConfig(shard, &l.slots, k.replicas, nil)))
		keep(receipts.StreamName(shard), as(receipts.StreamConfig(shard, k.replicas)))
	}
	for _, name := range buckets {
		keep(name, func(c *jetstream.StreamConfig) { c.Replicas = k.replicas })
	}
	return changed, errors.Join(errs...)
}

// as returns a function that sets the properties of a stream that may change after it was made.
// The stream's content and its subjects are not configuration.
func as(want jetstream.StreamConfig) func(*jetstream.StreamConfig) {
	return func(c *jetstream.StreamConfig) {
		c.Description, c.Replicas = want.Description, want.Replicas
		c.AllowDirect, c.AllowAtomicPublish = want.AllowDirect, want.AllowAtomicPublish
		c.MaxMsgsPerSubject = unlimited(want.MaxMsgsPerSubject)
		c.MaxMsgs, c.MaxBytes, c.MaxAge = unlimited(want.MaxMsgs), unlimited(want.MaxBytes), want.MaxAge
		c.Discard, c.DiscardNewPerSubject = want.Discard, want.DiscardNewPerSubject
		if want.Duplicates != 0 { // otherwise the engine has chosen
			c.Duplicates = want.Duplicates
		}
	}
}

// unlimited returns a limit as the engine writes it: -1 for no limit.
func unlimited(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

// keep changes a stream if its configuration differs from the wanted one. A stream that does not
// exist yet is made correctly later.
func (k *keeper) keep(ctx context.Context, name string, want func(*jetstream.StreamConfig)) (changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	stream, err := k.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	is := stream.CachedInfo().Config
	be := is
	want(&be)
	if same(&is, &be) {
		return false, nil
	}
	_, err = k.js.UpdateStream(ctx, be)
	return err == nil, err
}

// same reports whether two configurations agree in everything that keep may change.
func same(a, b *jetstream.StreamConfig) bool {
	return a.Description == b.Description && a.Replicas == b.Replicas && a.AllowDirect == b.AllowDirect &&
		a.AllowAtomicPublish == b.AllowAtomicPublish && a.MaxMsgsPerSubject == b.MaxMsgsPerSubject &&
		a.MaxMsgs == b.MaxMsgs && a.MaxBytes == b.MaxBytes && a.MaxAge == b.MaxAge && a.Duplicates == b.Duplicates &&
		a.Discard == b.Discard && a.DiscardNewPerSubject == b.DiscardNewPerSubject
}
