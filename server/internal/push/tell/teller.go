package tell

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"natterjack/jetstream"
	"natterjack/jetstream/duty"
	"natterjack/jetstream/pushlog"
	"natterjack/jetstream/queue"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/prefs"
	"natterjack/server/internal/push/wording"
	"natterjack/server/wire"
)

const (
	// name is the name of the duty and of the queue.
	name = "push"
	// keep is how long a message is worth telling. A job to look may wait for longer.
	keep = 24 * time.Hour
	// keepLook is how long a job to look is kept after it is due.
	keepLook = 24 * time.Hour
	// atOnce is how many jobs a node has at once, and targetAtOnce how many of a provider. A
	// provider that hangs has twice as many places for one try, and one place after that.
	atOnce, targetAtOnce = 512, 32
	// allJobs and targetJobs bound the queue, and the jobs of one provider or device.
	allJobs, targetJobs = 50_000, 1_000
	// workTime bounds a job: its users' devices are told beside each other.
	workTime = time.Minute
	// ackWait is how long the jobs of a node that dies wait for another node.
	ackWait = 10 * time.Second
)

// Presence tells which users are looking. [natterjack/jetstream/presence.Tracker] implements it.
type Presence interface {
	// Active reports whether a user uses the chat now, on any node.
	Active(user string) bool
}

// Config holds the parts and settings of a [Teller].
type Config struct {
	Log      *jetstream.Log
	Presence Presence
	Senders  map[wire.PushKind]push.Sender // by which the node tells
	Content  wire.PushContent              // the most that notifications say
	// Interest reports whether anybody has subscribed to a subject: a service that tells users by
	// itself. If it is nil, nobody has.
	Interest func(subject string) bool
	// Sweeps reports whether this node ends unused subscriptions; nil if it does.
	Sweeps func() bool
	Logger *slog.Logger
	Now    func() time.Time // nil for [time.Now]
}

// Teller tells users on this node.
type Teller struct {
	cfg       Config
	log       *jetstream.Log
	logger    *slog.Logger
	now       func() time.Time
	cap       wording.Privacy
	prefs     *prefs.Cache
	waiting   *waiting
	rates     *rates
	providers *providers
	share     share
	pace      *pace
	resting   *resting
	journal   *journal
	counts    *counts
	store     *pushlog.Store
	queue     *queue.Queue
	duty      *duty.Duty
	digest    Digest // nil if there is none
}

// New returns a teller and starts nothing.
func New(cfg Config) *Teller {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Interest == nil {
		cfg.Interest = func(string) bool { return false }
	}
	logger := cfg.Logger.With("component", "push")
	t := &Teller{
		cfg: cfg, log: cfg.Log, logger: logger, now: cfg.Now, cap: prefs.Privacy(cfg.Content), prefs: prefs.NewCache(),
		waiting: newWaiting(), rates: newRates(), providers: newProviders(),
		share: newShare(), pace: newPace(), resting: newResting(), counts: newCounts(), store: cfg.Log.PushLog(),
	}
	t.journal = newJournal(t.store, logger)
	t.queue = cfg.Log.Queue(queue.Config{
		Name: name, Worker: worker{t}, Jobs: allJobs, TargetJobs: targetJobs, Window: 10 * time.Minute, Keep: keep,
		AtOnce: atOnce, TargetAtOnce: targetAtOnce, Timeout: workTime, FirstPause: 2 * time.Second, MostPause: 10 * time.Minute, AckWait: ackWait,
	})
	t.duty = cfg.Log.Duty(duty.Config{Name: name, Begin: duty.AtNow, Recent: time.Minute, Kinds: []wire.Kind{wire.KindMessage}, Doer: decider{t}})
	cfg.Log.WatchOwn(t.prefs.Forget)
	return t
}

// Await waits until the streams are there, as [jetstream.AwaitOpened] does.
func (t *Teller) Await(ctx context.Context, while time.Duration) {
	jetstream.AwaitOpened(ctx, while, t.queue, t.store, t.duty)
}

// Run tells users until ctx ends.
func (t *Teller) Run(ctx context.Context) error {
	var running sync.WaitGroup
	var errs [3]error
	writing, end := context.WithCancel(context.WithoutCancel(ctx))
	var written sync.WaitGroup
	written.Go(func() { t.journal.run(writing) })
	running.Go(func() { errs[0] = t.store.Run(ctx) })
	running.Go(func() { errs[1] = t.queue.Run(ctx) })
	running.Go(func() { errs[2] = t.duty.Run(ctx) })
	running.Go(func() { t.sweep(ctx) })
	running.Wait()
	end() // entries that the others have noted to their end are written, too
	written.Wait()
	return errors.Join(errs[:]...)
}
