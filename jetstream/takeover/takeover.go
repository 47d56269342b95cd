// Package takeover takes the streams of a single server into a cluster: whole, with their
// sequences, and verified message by message. The log's first stream comes last, and is marked
// as unfinished until everything is verified. No node opens the log before that.
package takeover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	log "natterjack/jetstream"
	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/presence"
)

// Config names the log that is taken, its server, and the cluster that takes it.
type Config struct {
	// From is a connection to the single server. No other client may write to that server.
	From *nats.Conn
	// To is a connection to the cluster. Both connections are in the chat account, with all
	// permissions there.
	To       *nats.Conn
	Node     string // the name of the member that To is connected to
	Replicas int    // of each stream
	// Copies returns the state of each member's copy of a stream.
	Copies func(ctx context.Context, stream string) ([]Copy, error)
	Logger *slog.Logger
}

// Stream is a stream that was taken and is the same on both sides.
type Stream struct {
	Name     string
	Messages uint64
	Last     uint64 // sequence
	Sum      string // SHA-256 of all messages, with their sequences, times, subjects and headers
}

// Copy describes a member's copy of a stream.
type Copy struct{ Messages, First, Last uint64 }

// ErrHasLog is returned for a cluster that has a log already.
var ErrHasLog = errors.New("takeover: the cluster has a log already: only an empty one can take another's")

type takeover struct {
	Config

	from, to jetstream.JetStream
}

// Run takes everything. After an error the single server still has all it had, and Run can be
// called again. It then removes the streams that an earlier call has left in the cluster.
func Run(ctx context.Context, cfg Config) ([]Stream, error) {
	t := &takeover{Config: cfg}
	t.Logger = cfg.Logger.With("component", "takeover")
	var err, err2 error
	t.from, err = jetstream.New(cfg.From)
	t.to, err2 = jetstream.New(cfg.To)
	if err := errors.Join(err, err2); err != nil {
		return nil, fmt.Errorf("takeover: %w", err)
	}
	brings, err := log.Bring(cfg.To, cfg.Node)
	if err != nil {
		return nil, fmt.Errorf("takeover: %w", err)
	}
	defer func() { _ = brings.Unsubscribe() }() // on a closed connection the announcement has ended already
	taken, err := t.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("takeover: %w", err)
	}
	return taken, nil
}

func (t *takeover) run(ctx context.Context) ([]Stream, error) {
	names, err := t.list(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.clear(ctx); err != nil {
		return nil, err
	}
	was := make([]whole, len(names)) // summed up during the copying, which waits for disks
	err = both(ctx,
		func(ctx context.Context) error { return t.each(ctx, names, "copied a stream", t.copy) },
		func(ctx context.Context) error { return t.sumAll(ctx, t.from, names, was) },
	)
	if err != nil {
		return nil, err
	}
	if err := t.each(ctx, names, "all members have a stream", t.level); err != nil {
		return nil, err
	}
	is := make([]whole, len(names))
	if err := t.sumAll(ctx, t.to, names, is); err != nil {
		return nil, err
	}
	taken := make([]Stream, len(names))
	for i, name := range names {
		if !was[i].same(&is[i]) {
			return nil, fmt.Errorf("stream %s: the copy differs from the original, which was %+v, and is %+v", name, was[i], is[i])
		}
		taken[i] = was[i].Stream
	}
	for _, name := range slices.Backward(names) { // the log's first stream is finished first: that opens the log
		if err := t.finish(ctx, name); err != nil {
			return nil, fmt.Errorf("stream %s: %w", name, err)
		}
	}
	return taken, nil
}

// list returns the streams to take, the log's first stream last. Streams that were in memory
// only are gone with the node.
func (t *takeover) list(ctx context.Context) (names []string, err error) {
	first := log.StreamName(0)
	all := t.from.ListStreams(ctx)
	for info := range all.Info() {
		if info.Config.Storage == jetstream.FileStorage {
			names = append(names, info.Config.Name)
		}
	}
	if err := all.Err(); err != nil && !errors.Is(err, jetstream.ErrEndOfData) {
		return nil, fmt.Errorf("list streams: %w", err)
	}
	if !slices.Contains(names, first) {
		return nil, fmt.Errorf("there is no stream %s, with which a log begins: this is not the data of a node that was alone", first)
	}
	slices.Sort(names)
	return append(slices.DeleteFunc(names, func(n string) bool { return n == first }), first), nil
}

// clear removes the streams that an earlier run has left in the cluster. It refuses a cluster that
// has a log.
func (t *takeover) clear(ctx context.Context) error {
	left, err := pause.Until(ctx, "the list of streams", func(ctx context.Context) (left []string, err error) {
		all := t.to.ListStreams(ctx)
		for info := range all.Info() {
			switch {
			case info.Config.Metadata[log.MetaUnfinished] != "":
				left = append(left, info.Config.Name)
			case strings.HasPrefix(info.Config.Name, "CHAT_"):
				return nil, pause.Final(ErrHasLog)
			}
		}
		if err := all.Err(); !errors.Is(err, jetstream.ErrEndOfData) {
			return left, err
		}
		return left, nil
	})
	if err != nil {
		return err
	}
	for _, name := range append(left, "KV_"+presence.Bucket) {
		if err := t.to.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("remove what an earlier run has left: stream %s: %w", name, err)
		}
	}
	return nil
}

// atATime is how many streams are copied or read at a time.
const atATime = 4

// tries is how often a failing read of a stream is tried. A new consumer may fall silent.
const tries = 5

// each calls do for all streams, several at a time. Replicas are slow to begin to copy their
// leader, and another stream can use that time.
func (t *takeover) each(ctx context.Context, names []string, what string, do func(context.Context, string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atATime)
	for _, name := range names {
		group.Go(func() error {
			began := time.Now()
			if err := do(ctx, name); err != nil {
				return fmt.Errorf("stream %s: %w", name, err)
			}
			t.Logger.InfoContext(ctx, "stream done", "step", what, "stream", name, "took", time.Since(began))
			return nil
		})
	}
	return group.Wait()
}

// sumAll sums up the streams of one side.
func (t *takeover) sumAll(ctx context.Context, js jetstream.JetStream, names []string, all []whole) error {
	return t.each(ctx, names, "read a stream", func(ctx context.Context, name string) (err error) {
		at := &all[slices.Index(names, name)]
		for range tries {
			if *at, err = sum(ctx, js, name); err == nil || pause.For(ctx, time.Second) != nil {
				break
			}
			t.Logger.WarnContext(ctx, "reading a stream again", "stream", name, "error", err)
		}
		return err
	})
}

// both runs two functions at the same time.
func both(ctx context.Context, a, b func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a(ctx) })
	group.Go(func() error { return b(ctx) })
	return group.Wait()
}

// level waits until every copy of a stream is complete. The leader's report on its replicas is
// not reliable so soon after a restore, so each member is asked itself.
func (t *takeover) level(ctx context.Context, name string) error {
	was, err := t.from.Stream(ctx, name)
	if err != nil {
		return err
	}
	state := was.CachedInfo().State
	want := Copy{Messages: state.Msgs, First: max(state.FirstSeq, 1), Last: state.LastSeq}
	_, err = pause.Until(ctx, "copies of "+name, func(ctx context.Context) (bool, error) {
		all, err := t.Copies(ctx, name)
		if err != nil {
			return false, err
		}
		level := 0
		for _, c := range all {
			if c.First = max(c.First, 1); c == want {
				level++
			}
		}
		if level < t.Replicas {
			return false, fmt.Errorf("%[2]d of %[1]d copies are level", t.Replicas, level)
		}
		return true, nil
	})
	return err
}

// finish removes the mark from a stream.
func (t *takeover) finish(ctx context.Context, name string) error {
	_, err := pause.Until(ctx, name, func(ctx context.Context) (bool, error) {
		s, err := t.to.Stream(ctx, name)
		if err != nil {
			return false, err
		}
		cfg := s.CachedInfo().Config
		delete(cfg.Metadata, log.MetaUnfinished)
		_, err = t.to.UpdateStream(ctx, cfg)
		return err == nil, err
	})
	return err
}
