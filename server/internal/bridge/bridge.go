package bridge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"natterjack/jetstream"
	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// Log has the functions of the log that the bridge needs. [*jetstream.Log] implements it; its
// contracts hold.
type Log interface {
	Submit(user string, cmd wire.Change, done func(wire.Ack, error))
	Refused(user string, cmd wire.Change, err error)
	Follow(c *jetstream.Cursor, user string, resume *wire.Resume, w jetstream.Waker) (jetstream.Start, error)
	Member(user, channel string) bool
}

// Operations answers the commands that neither change a channel nor concern a session.
// [*operation.Table] implements it; its contracts hold.
type Operations interface {
	Answer(ctx context.Context, c operation.Caller, cmd wire.Command) (wire.Frame, error)
	Charge(user string) error
}

var (
	_ Log        = (*jetstream.Log)(nil)
	_ ReceiptLog = (*jetstream.Log)(nil)
	_ Operations = (*operation.Table)(nil)
)

// Authenticator checks tokens. Authenticate returns the user of a token and the time until
// which the token is valid. It may block until ctx ends. Its errors are [*wire.Error]s of code
// unauthorized or expired; any other error is a fault of the server. Fingerprint identifies a
// token that was accepted, however the token is spelled.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (user string, expires time.Time, err error)
	Fingerprint(token string) [sha256.Size]byte
}

// Config configures a [Bridge]. The first four fields are required.
type Config struct {
	Log        Log
	Receipts   ReceiptLog
	Operations Operations
	Auth       Authenticator
	// Presence and Sessions know the state of other users and the sessions of all nodes.
	// Without them every user's state is unknown, and no sessions are listed.
	Presence Presence
	Sessions Sessions
	Limits   wire.Limits // unset fields take their values from [wire.DefaultLimits]
	Logger   *slog.Logger
	// Origins are the origins of web pages that may use this server, such as
	// "https://chat.example.com". Pages of the requested host itself may always use it.
	// Patterns are not supported.
	Origins []string
	// Checks is called with the context of a request whose token is about to be checked, and
	// again with false when it has been. SignedIn is called with the context of a request whose
	// client has signed in. Both are set, or neither.
	Checks   func(ctx context.Context, now bool)
	SignedIn func(ctx context.Context)
	// MaxSessions bounds the open connections of this node over all transports, including
	// connections that have not authenticated yet. 0 means 1,000,000.
	MaxSessions int
	// MaxUserSessions bounds the connections of one user on this node. 0 means 100.
	MaxUserSessions int
	// MaxOwed bounds the bytes of replies that are read and not yet written, over all users. One
	// user holds a ninth of it at most. 0 means 128 MiB.
	MaxOwed int
	// DrainSpread is the time over which [Bridge.Drain] spreads closing the sessions, so that
	// their clients do not all arrive at the other nodes at once. 0 means 2 s.
	DrainSpread time.Duration
}

const (
	defaultMaxSessions     = 1_000_000
	defaultMaxUserSessions = 100
	defaultDrainSpread     = 2 * time.Second
)

// Timeouts. The timeouts of the protocol itself are in package wire.
const (
	writeTimeout = 10 * time.Second // a peer that took nothing for this long is slow
	// noticeTimeout is for a peer that takes a little of a message now and then. Such a peer
	// never counts as slow by writeTimeout.
	noticeTimeout = 30 * time.Second
	closeTimeout  = 5 * time.Second // for the peer's answer to a close frame; the library's own is the same
	// settleTimeout bounds the wait for the replies that are due when a session ends in good
	// order: a commit and a write.
	settleTimeout = 2 * time.Second
	// callTimeout bounds a command that waits. An election of the engine takes 4 to 9 s, and a
	// sender does not wait much longer than that.
	callTimeout = 15 * time.Second
	authTimeout = wire.ConnectTimeout
	expiryGrace = 30 * time.Second // for the token of an open session: clocks differ, and a refresh takes time
)

// Bridge serves clients. All methods may be called concurrently.
type Bridge struct {
	log        Log
	receipts   ReceiptLog
	operations Operations
	own        map[string]own
	auth       Authenticator
	presence   Presence
	sessions   Sessions
	limits     wire.Limits
	logger     *slog.Logger
	origins    origins
	spread     time.Duration
	checks     func(ctx context.Context, now bool)
	signedIn   func(ctx context.Context)
	hub        *hub
	audience   *audience
	teller     *teller
	door       *door
	offenders  *offenders
	flushers   *flushers
	owed       *owed
	mux        *http.ServeMux
	diverted   chan struct{} // holds a token while sessions are to be sent elsewhere

	work context.Context //nolint:containedctx // what commands that wait live under: as long as Run, not as long as a request
	stop context.CancelFunc
	wg   sync.WaitGroup // sessions and HTTP handlers; entered through the hub only
}

// New makes a bridge. It starts nothing.
func New(cfg Config) *Bridge {
	b := &Bridge{
		log: cfg.Log, receipts: cfg.Receipts, operations: cfg.Operations, own: ownOperations(),
		auth: cfg.Auth, checks: func(context.Context, bool) {}, signedIn: func(context.Context) {}, presence: cfg.Presence, sessions: cfg.Sessions, limits: complete(cfg.Limits), origins: newOrigins(cfg.Origins),
		logger: slog.New(slog.DiscardHandler), spread: cmp.Or(cfg.DrainSpread, defaultDrainSpread),
		diverted: make(chan struct{}, 1), mux: http.NewServeMux(),
		flushers: newFlushers(), audience: newAudience(), owed: newOwed(cmp.Or(cfg.MaxOwed, defaultMaxOwed)),
	}
	b.teller, b.door, b.offenders = newTeller(b), newDoor(b.limits), newOffenders(b.limits)
	if cfg.SignedIn != nil {
		b.checks, b.signedIn = cfg.Checks, cfg.SignedIn
	}
	if cfg.Logger != nil {
		b.logger = cfg.Logger.With("component", "bridge")
	}
	if cfg.Presence == nil {
		b.presence = nobody{}
	}
	if cfg.Sessions == nil {
		b.sessions = unlisted{}
	}
	b.hub = newHub(cmp.Or(cfg.MaxSessions, defaultMaxSessions), cmp.Or(cfg.MaxUserSessions, defaultMaxUserSessions), b.limits)
	b.work, b.stop = context.WithCancel(context.Background())
	b.mux.HandleFunc("GET "+wire.PathWebSocket, b.serveWebSocket)
	for path, serve := range map[string]httpHandler{
		wire.PathStream: b.serveStream, wire.PathPoll: b.servePoll, wire.PathFrames: b.serveFrames,
	} {
		b.mux.HandleFunc("POST "+path, b.overHTTP(serve))
		b.mux.HandleFunc("OPTIONS "+path, b.preflight)
	}
	return b
}

// Routes returns the paths that a [Bridge] serves.
func (b *Bridge) Routes() []string {
	return []string{wire.PathWebSocket, wire.PathStream, wire.PathPoll, wire.PathFrames}
}

// ServeHTTP implements [http.Handler] for [Bridge.Routes].
func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.mux.ServeHTTP(w, r) }

// Run looks after the sessions until ctx ends. It pings them, closes silent sessions and
// sessions whose token has expired, and tells clients how far other users have read and
// received. When Run returns, no goroutine of the bridge runs any more. Sessions that are still
// open then are closed as draining, without the spread of [Bridge.Drain].
func (b *Bridge) Run(ctx context.Context) error {
	var telling sync.WaitGroup
	telling.Go(func() { b.teller.run(ctx) })
	telling.Go(func() { b.sendAway(ctx) })
	b.receipts.ListenReceipts(b.teller)
	b.heartbeat(ctx)
	telling.Wait()
	b.hub.shut()
	b.stop()
	for _, s := range b.hub.all() {
		s.stop(wire.CloseDraining)
	}
	b.wg.Wait()
	b.flushers.close()
	return nil
}

// Sessions returns the number of open connections over all transports.
func (b *Bridge) Sessions() int { return b.hub.size() }

// complete fills in the limits that are not set.
func complete(l wire.Limits) wire.Limits {
	d := wire.DefaultLimits()
	positive := func(n, otherwise int) int {
		if n > 0 {
			return n
		}
		return otherwise
	}
	return wire.Limits{
		FrameBytes:        positive(l.FrameBytes, d.FrameBytes),
		TextBytes:         positive(l.TextBytes, d.TextBytes),
		InFlight:          positive(l.InFlight, d.InFlight),
		GroupMembers:      positive(l.GroupMembers, d.GroupMembers),
		HistoryEvents:     positive(l.HistoryEvents, d.HistoryEvents),
		MessageEdits:      positive(l.MessageEdits, d.MessageEdits),
		CommandsPerS:      positive(l.CommandsPerS, d.CommandsPerS),
		UserCommandsPerS:  positive(l.UserCommandsPerS, d.UserCommandsPerS),
		ChannelEventsPerS: positive(l.ChannelEventsPerS, d.ChannelEventsPerS),
		GroupsPerMin:      positive(l.GroupsPerMin, d.GroupsPerMin),
		MembersPerMin:     positive(l.MembersPerMin, d.MembersPerMin),
		UserGroups:        positive(l.UserGroups, d.UserGroups),
		PingIntervalS:     positive(l.PingIntervalS, d.PingIntervalS),
	}
}
