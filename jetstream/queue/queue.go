package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/batch"
	"natterjack/jetstream/internal/crashpoint"
	"natterjack/jetstream/internal/kept"
	"natterjack/jetstream/internal/pause"
)

// Worker does jobs. It is called by many goroutines, and may be called twice for a job.
type Worker interface {
	// Do does a job. It returns nil when the job is done for good. [Dead], [After] and [Hold] say
	// how the queue goes on with a job that failed, and [Early] that a job has to wait. After any
	// other error it is tried again, with pauses that grow. The text of the error is stored and
	// shown to operators. Do must return soon after ctx has ended.
	Do(ctx context.Context, job *Job) error
}

// Config describes a queue. Each number that is 0 has a default.
type Config struct {
	Name   string // a token of a subject: "removal"
	Worker Worker // nil for a node that only puts jobs

	Jobs       int           // in the queue at most; 10,000
	Bytes      int64         // of them, which the engine then keeps free for them; without a bound
	TargetJobs int           // of one target; 1,000
	Window     time.Duration // in which a job with the same id is the same job; 2 min, 10 min at most
	Keep       time.Duration // for how long a job is kept that does not say so; a week

	AtOnce       int           // jobs that a node has at once; 256
	TargetAtOnce int           // tries of one target at once on a node; 4
	Timeout      time.Duration // of one try; 30 s
	Tries        int           // after which a job is given up; without a bound
	FirstPause   time.Duration // before the second try; twice as long before each further one; 1 s
	MostPause    time.Duration // 10 min

	// AckWait is how long a node may be silent about a job that it has until another node gets it;
	// 30 s. The jobs of a node that dies wait for as long.
	AckWait time.Duration
}

func (c *Config) defaults() {
	c.Jobs, c.TargetJobs = cmp.Or(c.Jobs, 10_000), cmp.Or(c.TargetJobs, 1000)
	c.Window, c.Keep = cmp.Or(c.Window, 2*time.Minute), cmp.Or(c.Keep, 7*24*time.Hour)
	c.AtOnce, c.TargetAtOnce, c.Timeout = cmp.Or(c.AtOnce, 256), cmp.Or(c.TargetAtOnce, 4), cmp.Or(c.Timeout, 30*time.Second)
	c.FirstPause, c.MostPause = cmp.Or(c.FirstPause, time.Second), cmp.Or(c.MostPause, 10*time.Minute)
	c.AckWait = cmp.Or(c.AckWait, ackWait)
}

// Log is the part of the log on this node that a queue needs.
type Log struct {
	Conn *nats.Conn
	JS   jetstream.JetStream
	// Open makes a stream unless it exists, and Keep changes it until it is as configured. Both
	// try until ctx ends.
	Open   func(ctx context.Context, cfg jetstream.StreamConfig) error
	Keep   func(ctx context.Context, cfg jetstream.StreamConfig)
	Copies int // of each stream
	// Stage has the engine stage the next batch to a stream in memory; nil if it does so anyway.
	Stage  func(stream string)
	Logger *slog.Logger
}

// putTimeout bounds the time that it takes to store a job.
const putTimeout = 5 * time.Second

// Queue is a queue on this node. All methods may be called concurrently.
type Queue struct {
	cfg   Config
	log   *Log
	slog  *slog.Logger
	hands *hands
	count counters
	batch *batch.Publisher

	opened chan struct{} // closed once the streams are there
}

// New returns a queue and starts nothing.
func New(log *Log, cfg Config) *Queue {
	cfg.defaults()
	return &Queue{
		cfg: cfg, log: log, slog: log.Logger.With("component", "queue", "queue", cfg.Name),
		hands: newHands(cfg.AtOnce, cfg.TargetAtOnce), opened: make(chan struct{}),
		batch: batch.NewPublisher(log.Conn, log.Stage),
	}
}

// Put stores a job. It returns nil if the job is stored, or was put before. [ErrFull] is in the
// chain of the error if there is no room for it. After any other error the job may be stored or
// not; put it again. The first call of Run on any node makes the stream.
func (q *Queue) Put(ctx context.Context, job Job) error {
	if err := q.prepare(&job); err != nil {
		return err
	}
	err := q.store(ctx, &job)
	if err == nil {
		q.count.put.Add(1)
		crashpoint.Reach(crashpoint.JobStored)
	} else {
		q.count.refused.Add(1)
	}
	return err
}

// prepare completes a new job, or returns why it cannot be put.
func (q *Queue) prepare(job *Job) error {
	if job.Expires.IsZero() {
		job.Expires = time.Now().Add(q.cfg.Keep)
	}
	job.Tries, job.Error = 0, ""
	return job.validate()
}

// store publishes a job.
func (q *Queue) store(ctx context.Context, job *Job) error {
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	for {
		_, _, err := api.PublishMsg(ctx, q.log.Conn, job.message(Subject(q.cfg.Name, job.Target)))
		switch {
		case err == nil:
			return nil
		case api.AtLimit(err):
			return fmt.Errorf("%w: queue %s, target %s: %w", ErrFull, q.cfg.Name, job.Target, err)
		case !api.UnderWay(err) || pause.For(ctx, 10*time.Millisecond) != nil:
			return fmt.Errorf("put a job into queue %s: %w", q.cfg.Name, err)
		}
	}
}

// Opened returns a channel that is closed once Run has its streams. While a stream is being made,
// the engine says that it is not healthy.
func (q *Queue) Opened() <-chan struct{} { return q.opened }

// Run does jobs until ctx ends. Then it waits for the jobs that are being done, whose contexts end
// too, and gives back the others. It is called once.
func (q *Queue) Run(ctx context.Context) error {
	streams := kept.Streams{
		Open: q.log.Open, Keep: q.log.Keep, Opened: q.opened,
		All: []jetstream.StreamConfig{q.cfg.streamConfig(q.log.Copies), deadConfig(q.log.Copies)},
	}
	err := streams.Run(ctx, func(ctx context.Context) {
		if q.cfg.Worker != nil {
			q.work(ctx)
		}
	})
	if err != nil {
		return fmt.Errorf("queue %s: %w", q.cfg.Name, err)
	}
	return nil
}

// errStopped is the cause of the end of a job's context when the node stops.
var errStopped = errors.New("queue: the node stops")
