package presence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"natterjack/server/wire"
)

// Privacy decides which users may see which. It may be called concurrently and should be fast.
type Privacy interface {
	MaySee(viewer, user string) bool
}

// Config configures a [Tracker].
type Config struct {
	Conn *nats.Conn // in the chat account, where it may do everything
	Node string     // this node's name, which is unique and never changes
	// Of the bucket. 0 means 1. It counts only when the bucket is first made.
	Replicas int
	Privacy  Privacy
	Logger   *slog.Logger
}

// times are the intervals of a tracker. They are constants except in tests.
type times struct {
	// From the end of the last session to offline. A reconnect within it is not visible.
	linger time.Duration
	// From the first session to online. A user who wants to be invisible has said so by then.
	settle time.Duration
	retry  time.Duration // until a failed write is repeated
	renew  time.Duration // between renewals of the lease
	lease  time.Duration // how long the lease is valid
	tell   time.Duration // between two frames to a subscriber
	look   time.Duration // between two checks of the leases
}

// A lease lasts longer than the delays that can hide a living node's renewals: an election of
// the bucket (up to 9 s), a watch whose host has died (10 s), and the wait for the next
// renewal. All of them together stay well within one minute. A vanished node has to be noticed
// within that minute.
var usual = times{
	linger: 5 * time.Second,
	settle: time.Second,
	retry:  time.Second,
	renew:  5 * time.Second,
	lease:  40 * time.Second,
	tell:   time.Second,
	look:   time.Second,
}

// Tracker is one node's part of presence. All methods may be called concurrently. Those about
// sessions may also be called before and after [Tracker.Run] runs.
type Tracker struct {
	js      jetstream.JetStream
	kv      jetstream.KeyValue
	node    string // as one token
	run     string
	privacy Privacy
	times   times
	log     *slog.Logger

	local       *local
	roster      *roster
	unseen      unseen
	subscribers *subscribers
	rewatch     chan struct{} // asks for a new watch, because the current one cannot be trusted
	ready       chan struct{}
	once        sync.Once // closes ready
}

// New waits for JetStream until ctx ends, and makes the bucket if it does not exist. It starts
// nothing.
func New(ctx context.Context, cfg Config) (*Tracker, error) {
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	t := &Tracker{
		js: js, node: token(cfg.Node), run: nuid.Next(), privacy: cfg.Privacy, log: cfg.Logger.With("component", "presence"),
		roster: newRoster(), unseen: unseen{of: map[string]*others{}}, rewatch: make(chan struct{}, 1), ready: make(chan struct{}),
	}
	t.setTimes(usual)
	t.kv, err = openBucket(ctx, js, max(cfg.Replicas, 1))
	return t, err
}

func (t *Tracker) setTimes(times times) {
	t.times, t.local, t.subscribers = times, newLocal(times), newSubscribers(times.tell)
}

// Run writes, follows and tells until ctx ends. Then it ends this node's lease, so that the
// entries of this node's users are no longer valid.
func (t *Tracker) Run(ctx context.Context) error {
	questions, err := t.subscribe(presentSubject, t.answerPresent)
	if err != nil {
		return err
	}
	hears, err := t.subscribe(hiddenSubject, t.hearHidden)
	if err != nil {
		return err
	}
	var working sync.WaitGroup
	for _, work := range []func(context.Context){t.watch, t.hold, t.announce, t.tell, t.hide} {
		working.Go(func() { work(ctx) })
	}
	working.Wait()
	for _, s := range []*nats.Subscription{questions, hears} {
		if ended := s.Unsubscribe(); !errors.Is(ended, nats.ErrConnectionClosed) { // in that case it has already ended
			err = errors.Join(err, ended)
		}
	}
	return err
}

func (t *Tracker) subscribe(subject string, hear nats.MsgHandler) (*nats.Subscription, error) {
	s, err := t.js.Conn().Subscribe(subject, hear)
	if err != nil {
		return nil, fmt.Errorf("presence: subscribe: %w", err)
	}
	return s, nil
}

// Ready returns a channel that is closed once this node knows everything the other nodes know.
func (t *Tracker) Ready() <-chan struct{} { return t.ready }

// Living returns the number of nodes that are known to be alive.
func (t *Tracker) Living() int { return t.roster.living() }

// Enter adds a session of a user, in a state.
func (t *Tracker) Enter(user string, state wire.PresenceState) {
	t.local.change(user, false, func(p *person) { p.sessions[rankOf(state)]++ })
}

// Set changes the state of a session, because its client has asked for it.
func (t *Tracker) Set(user string, from, to wire.PresenceState) {
	t.local.change(user, true, func(p *person) {
		p.sessions[rankOf(from)]--
		p.sessions[rankOf(to)]++
		p.heard(rankOf(from), time.Now())
	})
}

// Leave removes a session that is in a state, and says when its client was last heard.
func (t *Tracker) Leave(user string, state wire.PresenceState, heard time.Time) {
	t.local.change(user, false, func(p *person) {
		p.sessions[rankOf(state)]--
		p.heard(rankOf(state), heard)
	})
}

// Get returns the presence of users as a viewer may see it, in the order of users.
func (t *Tracker) Get(viewer string, users []string) []wire.UserPresence {
	people := make([]wire.UserPresence, len(users))
	for i, user := range users {
		people[i] = t.see(viewer, user)
	}
	return people
}

func (t *Tracker) see(viewer, user string) wire.UserPresence {
	if viewer != user && !t.privacy.MaySee(viewer, user) {
		return wire.UserPresence{User: user, State: wire.PresenceUnknown}
	}
	state, seen := t.roster.of(user)
	seen = min(seen, time.Now().UnixMilli()) // until the roster is corrected, and for small differences
	return wire.UserPresence{User: user, State: state.state(), LastSeen: seen}
}
