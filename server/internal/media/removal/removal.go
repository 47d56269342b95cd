package removal

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"natterjack/jetstream"
	"natterjack/jetstream/duty"
	"natterjack/jetstream/queue"
	"natterjack/jetstream/uploads"
	"natterjack/server/wire"
)

const (
	// name is the name of the duty and of the queue.
	name = "removal"
	// target is the only target of the jobs.
	target = "storage"
	// wait is how long a file is kept after a message has dropped it, and again after it was
	// withdrawn. A message that was on its way at that moment, by a forward or a ticket, is in the
	// log by then: a node hears within [uploads.Late] that a file was withdrawn, and the messages
	// that it took before that are stored within [way], or never.
	wait = time.Minute
	// way is the longest way of a command into the log: through the lanes of two nodes, 5 s each,
	// to an engine that stores it when it has elected a leader, within 10 s.
	way = 20 * time.Second
	// keep is for how long the removal of a file is tried again.
	keep = 30 * 24 * time.Hour
)

// Log tells which files messages have and had. [*jetstream.Log] implements it.
type Log interface {
	// Dropped returns the files that the event at a position took from a message, ascending. It
	// returns at most limit of them, those after a given one.
	Dropped(shard int, pos uint64, after string, limit int) (media []string, err error)
	// DroppedDone forgets the results of Dropped for the events of a shard up to a position.
	DroppedDone(shard int, upto uint64) error
	// Referenced reports whether any message has a file, as far as this node's view knows.
	Referenced(media string) (bool, error)
	// AwaitLevel waits until this node's view shows everything that is stored by now.
	AwaitLevel(ctx context.Context) error
	// Shards returns the number of shards.
	Shards() int

	// Duty and Queue make the parts of the removal.
	Duty(cfg duty.Config) *duty.Duty
	Queue(cfg queue.Config) *queue.Queue
}

// Files are the stored files.
type Files interface {
	// Withdraw makes it impossible for good to attach a file by a ticket, and returns since when
	// this node has known that, by the monotonic clock. All nodes hear of it within [uploads.Late].
	// It may be repeated.
	Withdraw(ctx context.Context, media string) (since time.Time, err error)
	// Remove removes a file. It succeeds if there is none. After an error it is called again.
	Remove(ctx context.Context, media string) error
}

// A negative constant is no uint: this does not compile if wait is too short.
const _ = uint(wait - uploads.Late - way)

// Removal removes files on this node.
type Removal struct {
	decider decider
	remover remover
	forgets forgets
	duty    *duty.Duty
	queue   *queue.Queue
}

// New returns a removal and starts nothing.
func New(log Log, files Files, logger *slog.Logger) *Removal {
	logger = logger.With("component", "removal")
	r := &Removal{remover: remover{log: log, files: files, logger: logger}}
	r.queue = log.Queue(queue.Config{
		Name: name, Worker: &r.remover, TargetJobs: 10_000, Window: 10 * time.Minute, Keep: keep,
		Timeout: 2 * time.Minute, FirstPause: 10 * time.Second, MostPause: 15 * time.Minute,
	})
	r.decider = decider{log: log, jobs: r.queue}
	r.duty = log.Duty(duty.Config{
		Name: name, Begin: duty.AtFirst, Doer: &r.decider,
		Kinds: []wire.Kind{wire.KindDelete, wire.KindEdit, wire.KindMeta, wire.KindProfile},
	})
	r.forgets = forgets{log: log, stored: r.duty.Stored, logger: logger}
	return r
}

// Await waits until the streams are there, as [jetstream.AwaitOpened] does.
func (r *Removal) Await(ctx context.Context, while time.Duration) {
	jetstream.AwaitOpened(ctx, while, r.queue, r.duty)
}

// Run removes files until ctx ends.
func (r *Removal) Run(ctx context.Context) error {
	var running sync.WaitGroup
	var errs [2]error
	running.Go(func() { errs[0] = r.queue.Run(ctx) })
	running.Go(func() { errs[1] = r.duty.Run(ctx) })
	running.Go(func() { r.forgets.run(ctx) })
	running.Wait()
	return errors.Join(errs[:]...)
}
