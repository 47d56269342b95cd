package uploads

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/bucket"
	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

// Bucket is the name of the KV bucket.
const Bucket = "UPLOADS"

const (
	// keep is how long a record is kept at most after it was last written. The sweep deletes
	// records long before. This bounds the bucket if nothing sweeps.
	keep  = 7 * 24 * time.Hour
	retry = time.Second
)

// ErrChanged is the error of a write to a record that another writer has written meanwhile. The
// caller reads the record again.
var ErrChanged = errors.New("uploads: the record has changed meanwhile")

// Config configures [Records].
type Config struct {
	Conn     *nats.Conn // in the chat account, where it may do everything
	Replicas int        // of the bucket; 0 means 1
	Logger   *slog.Logger
}

// Records are one node's access to the records. All methods may be called concurrently. Until
// [Records.Ready] it does not know all of them.
type Records struct {
	kv    jetstream.KeyValue
	log   *slog.Logger
	known *known
	level level
}

// New waits for JetStream until ctx ends, and makes the bucket if it does not exist. It starts
// nothing.
func New(ctx context.Context, cfg Config) (*Records, error) {
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, fmt.Errorf("uploads: %w", err)
	}
	kv, err := bucket.Open(ctx, js, jetstream.KeyValueConfig{
		Bucket:      Bucket,
		Description: "uploads of files that are in no message yet: <user>.<file>",
		Storage:     jetstream.FileStorage,
		Replicas:    max(cfg.Replicas, 1),
		TTL:         keep,
	})
	if err != nil {
		return nil, err
	}
	return &Records{kv: kv, log: cfg.Logger.With("component", "uploads"), known: newKnown(), level: level{ready: make(chan struct{})}}, nil
}

// Run follows the records until ctx ends.
func (r *Records) Run(ctx context.Context) error {
	var looking sync.WaitGroup
	looking.Go(func() { r.look(ctx) })
	defer looking.Wait()
	for ctx.Err() == nil {
		if err := r.watch(ctx); ctx.Err() == nil {
			r.log.WarnContext(ctx, "watching the records of uploads anew", "reason", err)
		}
		_ = pause.For(ctx, retry) // the loop looks at ctx
	}
	return nil
}

// watch learns all records, and then each change, until ctx ends or the watch fails.
func (r *Records) watch(ctx context.Context) error {
	end, err := r.end(ctx) // the last records may have grown too old, and then no watch tells them
	if err != nil {
		return err
	}
	r.known.begin()
	return bucket.Watch(ctx, r.kv, nil, func(e jetstream.KeyValueEntry) {
		if e == nil { // all initial content has arrived
			r.known.whole()
			r.known.pass(end)
			return
		}
		r.seen(ctx, e)
		r.known.pass(e.Revision())
	})
}

// Ready returns a channel that is closed once this node knows all records.
func (r *Records) Ready() <-chan struct{} { return r.level.ready }

func (r *Records) seen(ctx context.Context, e jetstream.KeyValueEntry) {
	if e.Operation() != jetstream.KeyValuePut {
		r.known.forget(e.Key(), e.Revision())
		return
	}
	record, err := decode(e.Key(), e.Value(), e.Revision())
	if err != nil {
		r.log.ErrorContext(ctx, "the record of an upload cannot be read", "error", err)
		return
	}
	r.known.learn(record)
}

// Get returns a record, or nil if there is none. It asks the bucket: another node may have
// written the record a moment ago.
func (r *Records) Get(ctx context.Context, user, media string) (*Record, error) {
	sought := Record{User: user, Media: media}
	e, err := r.kv.Get(ctx, sought.key())
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return r.newer(&sought), nil
	case err != nil:
		return nil, unavailable(err)
	}
	record, err := decode(sought.key(), e.Value(), e.Revision())
	if err != nil {
		return nil, err
	}
	if mine := r.newer(record); mine != nil {
		return mine, nil
	}
	return record, nil
}

// newer returns this node's copy of a record, if that is newer than the bucket's answer: a copy
// that lags may answer. Without it, newer returns nil. A record that the bucket has dropped for its
// age is not newer.
func (r *Records) newer(than *Record) *Record {
	mine := r.known.of(than.key())
	switch {
	case mine == nil, mine.revision <= than.revision:
		return nil
	case than.revision == 0 && !mine.Live(time.Now()):
		r.known.forget(mine.key(), mine.revision)
		return nil
	}
	return mine
}

// Put stores a record that the caller has made, or has changed after it got it. If another writer
// has made or changed it meanwhile, the error is [ErrChanged].
func (r *Records) Put(ctx context.Context, record *Record) error {
	value, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("uploads: encode a record: %w", err)
	}
	stored := *record
	if record.revision == 0 {
		stored.revision, err = r.kv.Create(ctx, record.key(), value)
	} else {
		stored.revision, err = r.kv.Update(ctx, record.key(), value, record.revision)
	}
	if err != nil {
		return refusal(err)
	}
	r.known.learn(&stored)
	record.revision, record.heard = stored.revision, stored.heard
	return nil
}

// Delete deletes a record, unless another writer has changed it: then the error is [ErrChanged].
func (r *Records) Delete(ctx context.Context, record *Record) error {
	if err := r.kv.Delete(ctx, record.key(), jetstream.LastRevision(record.revision)); err != nil {
		return refusal(err)
	}
	r.known.forget(record.key(), record.revision)
	return nil
}

// refusal returns the error of a write.
func refusal(err error) error {
	if errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return ErrChanged
	}
	return unavailable(err)
}

// unavailable returns an error that the caller of an operation gets when the bucket does not
// answer, such as during an election.
func unavailable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w: %w", wire.Errorf(wire.CodeUnavailable, "the records of uploads cannot be reached now; retry").After(time.Second), err)
}
