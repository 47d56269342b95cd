package presence

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"natterjack/server/wire"
)

// Privacy says who may see whom. It may be called concurrently, and should be quick.
type Privacy interface {
	MaySee(viewer, user string) bool
}

// Config is what a [Tracker] is made of.
type Config struct {
	Conn     *nats.Conn // in the chat account; may do everything there
	Node     string     // this node's name, which is unique and stays
	Replicas int        // of the bucket; 1 where 0; counts only when it is first made
	Privacy  Privacy
	Logger   *slog.Logger
}

// times are when things happen. They are constants but for tests.
type times struct {
	linger time.Duration // from the last session's end to offline: a reconnect is not seen
	settle time.Duration // from the first session to online: who comes to be invisible has said so by then
	retry  time.Duration // of a write that failed
	renew  time.Duration // of the lease
	lease  time.Duration // how long it holds
	tell   time.Duration // between two frames to a follower
	look   time.Duration // between two looks at the leases
}

// A lease outlives what can keep one from being heard of although its node lives: an election of the bucket (up to 9 s), a watch
// whose host has died (10 s), and the wait for the next renewal. All of it together stays well within the minute after
// which a node that vanished has to be noticed.
var usual = times{
	linger: 5 * time.Second,
	settle: time.Second,
	retry:  time.Second,
	renew:  5 * time.Second,
	lease:  40 * time.Second,
	tell:   time.Second,
	look:   time.Second,
}

// Tracker is one node's part in knowing who is there. All methods may be called concurrently, those about sessions also before
// [Tracker.Run] runs and after.
type Tracker struct {
	js      jetstream.JetStream
	kv      jetstream.KeyValue
	node    string // one token
	run     string
	privacy Privacy
	times   times
	log     *slog.Logger

	local     *local
	roster    *roster
	followers *followers
	rewatch   chan struct{} // the watch is not to be trusted
	ready     chan struct{}
	once      sync.Once // closes ready
}

// New waits for JetStream until ctx ends, makes the bucket where it is missing, and starts nothing.
func New(ctx context.Context, cfg Config) (*Tracker, error) {
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	t := &Tracker{
		js: js, node: token(cfg.Node), run: nuid.Next(), privacy: cfg.Privacy, log: cfg.Logger.With("component", "presence"),
		roster: newRoster(), rewatch: make(chan struct{}, 1), ready: make(chan struct{}),
	}
	t.setTimes(usual)
	t.kv, err = openBucket(ctx, js, max(cfg.Replicas, 1))
	return t, err
}

func (t *Tracker) setTimes(times times) {
	t.times, t.local, t.followers = times, newLocal(times), newFollowers(times.tell)
}

// Run writes, follows and tells until ctx ends; then it ends this node's lease, and with it what it said of its users.
func (t *Tracker) Run(ctx context.Context) error {
	var working sync.WaitGroup
	for _, work := range []func(context.Context){t.watch, t.hold, t.announce, t.tell} {
		working.Go(func() { work(ctx) })
	}
	working.Wait()
	return nil
}

// Ready is closed once this node knows all the others do.
func (t *Tracker) Ready() <-chan struct{} { return t.ready }

// Living is the number of nodes that are known to live.
func (t *Tracker) Living() int { return t.roster.living() }

// Enter counts a session of a user in. It is online.
func (t *Tracker) Enter(user string) {
	t.local.change(user, false, func(p *person) { p.sessions[online]++ })
}

// Set changes a session's state.
func (t *Tracker) Set(user string, from, to wire.PresenceState) {
	t.local.change(user, true, func(p *person) {
		p.sessions[rankOf(from)]--
		p.sessions[rankOf(to)]++
	})
}

// Leave counts a session out that is in a state.
func (t *Tracker) Leave(user string, state wire.PresenceState) {
	t.local.change(user, false, func(p *person) { p.sessions[rankOf(state)]-- })
}

// Get is how people appear to a viewer, in the order in which they are given.
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
	return wire.UserPresence{User: user, State: state.state(), LastSeen: seen}
}
