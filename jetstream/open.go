package jetstream

import (
	"cmp"
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// openAll opens the streams of the log and of what is derived from it, and makes what is missing of them where that may be. What it
// finds has to be what the node remembers.
func openAll(ctx context.Context, js jetstream.JetStream, cfg *Config) (layout, *census, error) {
	said, err := newCensus(cfg, js)
	if err != nil {
		return layout{}, nil, err
	}
	replicas := cmp.Or(cfg.Replicas, 1)
	l, err := openStreams(ctx, gated{js, said}, cmp.Or(cfg.level, logLevel), cmp.Or(cfg.Shards, defaultShards), replicas)
	if err == nil {
		err = openReceipts(ctx, js, l.shards, replicas)
	}
	if err == nil && cfg.Memory != nil {
		err = cfg.Memory.Remember(l.epoch, l.shards) // before the view is opened, which is deleted where it is of another log
	}
	if err != nil {
		return layout{}, nil, errors.Join(err, said.close())
	}
	return l, said, nil
}

// gated is JetStream for the streams of the log itself: it makes one only where the census permits, and keeps back what is being taken over.
type gated struct {
	jetstream.JetStream

	census *census
}

// CreateStream is JetStream's.
func (g gated) CreateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	if err := g.census.permit(ctx, cfg.Name); err != nil {
		return nil, err
	}
	return g.JetStream.CreateStream(ctx, cfg)
}

// Stream is JetStream's.
func (g gated) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := g.JetStream.Stream(ctx, name)
	if err == nil && s.CachedInfo().Config.Metadata[MetaUnfinished] != "" {
		return nil, g.census.unfinished(ctx, name)
	}
	return s, err
}
