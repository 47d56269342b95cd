package jetstream

import (
	"cmp"
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// openAll opens the streams of the log and the streams derived from it. It creates missing
// streams where that is allowed. The log it finds must be the one that the node remembers.
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
		// Remember comes before the view is opened, for a view of another log is deleted then.
		err = cfg.Memory.Remember(l.epoch, l.shards)
	}
	if err != nil {
		return layout{}, nil, errors.Join(err, said.close())
	}
	return l, said, nil
}

// gated is JetStream for the streams of the log itself. It creates a stream only where the
// census permits it, and it withholds a stream whose takeover is unfinished.
type gated struct {
	jetstream.JetStream

	census *census
}

// CreateStream implements [jetstream.JetStream]. It asks the census first.
func (g gated) CreateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	if err := g.census.permit(ctx, cfg.Name); err != nil {
		return nil, err
	}
	return g.JetStream.CreateStream(ctx, cfg)
}

// Stream implements [jetstream.JetStream]. It returns an error for a stream that is being taken
// over.
func (g gated) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := g.JetStream.Stream(ctx, name)
	if err == nil && s.CachedInfo().Config.Metadata[MetaUnfinished] != "" {
		return nil, g.census.unfinished(ctx, name)
	}
	return s, err
}
