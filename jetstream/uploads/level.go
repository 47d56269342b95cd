package uploads

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

const (
	// Late is how late this node may hear of a change of a record while [Records.Fresh] returns
	// true. A leader of the bucket that is cut off does not know that it is for up to ten seconds,
	// and may say until then that nothing has changed.
	Late = freshFor + 10*time.Second
	// freshFor is for how long this node trusts its copies of records. It is longer than an
	// election, so that nothing is refused because of one.
	freshFor = 15 * time.Second
	// lookEvery is how often this node compares itself with the bucket.
	lookEvery = 2 * time.Second
	// lookTimeout bounds one comparison.
	lookTimeout = 5 * time.Second
	// levelPause is the pause between two looks whether this node has become level.
	levelPause = 10 * time.Millisecond
)

// level says when this node last knew everything that was in the bucket.
type level struct {
	ready chan struct{}
	once  sync.Once                 // closes ready
	at    atomic.Pointer[time.Time] // with the monotonic clock
}

// Fresh reports whether this node has lately known everything that was in the bucket. If not, it
// may not have heard of changes for longer than [Late].
func (r *Records) Fresh() bool {
	at := r.level.at.Load()
	return at != nil && time.Since(*at) < freshFor
}

// AwaitLevel waits until this node knows everything that is in the bucket at the time of the call.
func (r *Records) AwaitLevel(ctx context.Context) error {
	began := time.Now()
	end, err := r.end(ctx)
	if err != nil {
		return err
	}
	for !r.known.hasPassed(end) {
		if err := pause.For(ctx, levelPause); err != nil {
			return unavailable(err)
		}
	}
	if at := r.level.at.Load(); at == nil || began.After(*at) {
		r.level.at.Store(&began)
	}
	return nil
}

// Passed reports whether this node knows a revision of a record, or a later one.
func (r *Records) Passed(revision uint64) bool { return r.known.hasPassed(revision) }

// look compares this node with the bucket from time to time, until ctx ends.
func (r *Records) look(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.lookOnce(ctx)
		every := lookEvery
		switch {
		case err == nil:
			r.level.once.Do(func() { close(r.level.ready) })
		case ctx.Err() == nil:
			r.log.DebugContext(ctx, "this node cannot tell yet whether it has all records of uploads", "reason", err)
			every = retry
		}
		_ = pause.For(ctx, every) // the loop looks at ctx
	}
}

func (r *Records) lookOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return r.AwaitLevel(ctx)
}

// end returns the last revision of the bucket, as its leader says.
func (r *Records) end(ctx context.Context) (uint64, error) {
	status, err := r.kv.Status(ctx)
	if err != nil {
		return 0, unavailable(err)
	}
	s, ok := status.(*jetstream.KeyValueBucketStatus)
	if !ok {
		return 0, errStatus
	}
	return s.StreamInfo().State.LastSeq, nil
}

var errStatus = errors.New("uploads: the bucket does not say where it ends")
