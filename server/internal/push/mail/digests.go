package mail

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/mail"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"natterjack/jetstream"
	"natterjack/jetstream/digests"
	"natterjack/jetstream/queue"
	"natterjack/server/internal/push/mail/letter"
	"natterjack/server/internal/push/mail/post"
	"natterjack/server/internal/push/mail/unsubscribe"
	"natterjack/server/internal/push/wording"
	"natterjack/server/wire"
)

const (
	// name is the name of the queue.
	name = "mail"
	// target is the only target of the jobs.
	target = "smtp"
	// allJobs bounds the queue. A user has some jobs at most, and most have one or none.
	allJobs = 100_000
	// atOnce is how many mails a node sends at once.
	atOnce = 4
	// workTime bounds a job, with its try, which has less time.
	workTime = 30 * time.Second
	// keep is how long a job is kept after it is due: longer than the notes that it is for.
	keep = digests.MissedAge + 24*time.Hour
	// idLabel names the key of the ids of mails.
	idLabel = "natterjack digest ids 1"
)

// The times of digests that a configuration may leave out.
const (
	DefaultEvery = 4 * time.Hour
	DefaultAfter = time.Hour
)

// Log is the part of the log on this node that digests need. [*natterjack/jetstream.Log] implements
// it.
type Log interface {
	Queue(cfg queue.Config) *queue.Queue
	Digests() *digests.Store
	Derive(label string) []byte
}

// Reader is how a user wants to be told by mail.
type Reader struct {
	On        bool // whether they want a digest at all
	Privacy   wording.Privacy
	Languages []string       // the preferred first, such as ja or en-GB; may be empty
	Zone      *time.Location // nil if it is not known
}

// Found holds the missed messages that are still worth telling.
type Found struct {
	Missed []letter.Missed // unread messages that are worth telling now, by time
	// Until is when to look again, if nothing is worth telling now and something will be. The zero
	// time is never.
	Until time.Time
}

// Facts tells about users and messages as they are now.
type Facts interface {
	// Reader returns how a user wants to be told.
	Reader(ctx context.Context, user string) (Reader, error)
	// Look decides again about messages that a user has missed.
	Look(ctx context.Context, user string, missed []wire.ChannelSeq) (Found, error)
}

// Sender gives a mail to a mail server. [*post.Post] is one.
type Sender interface {
	Send(ctx context.Context, m *gomail.Msg) post.Outcome
}

// Config holds the parts and settings of [Digests].
type Config struct {
	Log    Log
	Facts  Facts
	Sender Sender
	From   *mail.Address
	Home   string // the public URL of the app, without a slash at its end
	Every  time.Duration
	After  time.Duration
	// Noted is called with the result of a digest, for the push log of the user. It must not block.
	Noted  func(user string, o post.Outcome)
	Logger *slog.Logger

	// The following have their constants, but for tests.
	giveUp, refusedFor, firstPause, mostPause time.Duration
}

func (c *Config) defaults() {
	c.Every, c.After = cmp.Or(c.Every, DefaultEvery), cmp.Or(c.After, DefaultAfter)
	c.giveUp, c.refusedFor = cmp.Or(c.giveUp, giveUp), cmp.Or(c.refusedFor, refusedFor)
	c.firstPause, c.mostPause = cmp.Or(c.firstPause, firstPause), cmp.Or(c.mostPause, mostPause)
}

// Digests sends digests on this node.
type Digests struct {
	cfg     Config
	store   *digests.Store
	queue   *queue.Queue
	tokens  *unsubscribe.Tokens
	ids     []byte // a key
	waiting *waiting
	trouble trouble
	logger  *slog.Logger
}

// New returns digests and starts nothing.
func New(cfg Config) (*Digests, error) {
	cfg.defaults()
	tokens, err := unsubscribe.NewTokens(cfg.Log.Derive(unsubscribe.Label))
	if err != nil {
		return nil, err
	}
	logger := cfg.Logger.With("component", "mail")
	d := &Digests{
		cfg: cfg, store: cfg.Log.Digests(), tokens: tokens, ids: cfg.Log.Derive(idLabel), waiting: newWaiting(), logger: logger,
		trouble: trouble{logger: logger},
	}
	d.queue = cfg.Log.Queue(queue.Config{
		Name: name, Worker: worker{d}, Jobs: allJobs, TargetJobs: allJobs, Window: 10 * time.Minute, Keep: keep,
		TargetAtOnce: atOnce, Timeout: workTime, FirstPause: 30 * time.Second, MostPause: 15 * time.Minute,
	})
	return d, nil
}

// Tokens returns the tokens of the links that turn digests off.
func (d *Digests) Tokens() *unsubscribe.Tokens { return d.tokens }

// Learn takes in the mail address and the language that the identity provider gives for a user. The
// address is empty unless the provider has verified it. An address that mail cannot be sent to
// counts as none.
func (d *Digests) Learn(ctx context.Context, user, address, language string) error {
	if _, ok := letter.Address(address); !ok {
		address, language = "", ""
	}
	return d.store.Learn(ctx, user, digests.Address{Mail: address, Language: language})
}

// Addressed reports whether an address of a user is known.
func (d *Digests) Addressed(ctx context.Context, user string) (bool, error) {
	a, err := d.store.Address(ctx, user)
	return a.Mail != "", err
}

// Await waits until the streams are there, as [jetstream.AwaitOpened] does.
func (d *Digests) Await(ctx context.Context, while time.Duration) {
	jetstream.AwaitOpened(ctx, while, d.store, d.queue)
}

// Run sends digests until ctx ends.
func (d *Digests) Run(ctx context.Context) error {
	var running sync.WaitGroup
	var errs [2]error
	running.Go(func() { errs[0] = d.store.Run(ctx) })
	running.Go(func() { errs[1] = d.queue.Run(ctx) })
	running.Wait()
	return errors.Join(errs[:]...)
}
