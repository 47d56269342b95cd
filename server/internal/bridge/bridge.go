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

// Log is what the bridge asks of the log. [*jetstream.Log] is one; its contracts hold.
type Log interface {
	Submit(user string, cmd wire.Change, done func(wire.Ack, error))
	Refused(user string, cmd wire.Change, err error)
	Follow(c *jetstream.Cursor, user string, resume *wire.Resume, w jetstream.Waker) (jetstream.Start, error)
	Member(user, channel string) bool
}

// Operations answers what is neither a change of a channel nor about a session. [*operation.Table] is one; its contracts hold.
type Operations interface {
	Answer(ctx context.Context, c operation.Caller, cmd wire.Command) (wire.Frame, error)
	Charge(user string) error
}

var (
	_ Log        = (*jetstream.Log)(nil)
	_ ReceiptLog = (*jetstream.Log)(nil)
	_ Operations = (*operation.Table)(nil)
)

// Authenticator tells whose token this is and until when it holds. It may block until ctx ends. Its errors are
// [*wire.Error]s of code unauthorized or expired; anything else is a fault of ours. Fingerprint names a token that proved something,
// however it is spelled.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (user string, expires time.Time, err error)
	Fingerprint(token string) [sha256.Size]byte
}

// Config is what a [Bridge] is made of. The first four are required.
type Config struct {
	Log        Log
	Receipts   ReceiptLog
	Operations Operations
	Auth       Authenticator
	// Presence and Sessions are what is known of other people and of other nodes; without them nobody is seen or listed.
	Presence Presence
	Sessions Sessions
	Limits   wire.Limits // members that are not set are those of [wire.DefaultLimits]
	Logger   *slog.Logger
	// Origins are the origins of web pages, besides those of the host asked itself, that may use this
	// server: "https://chat.example.com". There are no patterns.
	Origins []string
	// MaxSessions bounds the open connections of this node over all transports; 1,000,000 where 0. It counts those, too,
	// that have not authenticated yet.
	MaxSessions int
	// MaxUserSessions bounds those of one user on this node; 100 where 0.
	MaxUserSessions int
	// DrainSpread is the time over which [Bridge.Drain] spreads its farewells, so that their clients do not arrive at the
	// other nodes all at once; 2 s where 0.
	DrainSpread time.Duration
}

const (
	defaultMaxSessions     = 1_000_000
	defaultMaxUserSessions = 100
	defaultDrainSpread     = 2 * time.Second
)

// Timeouts. Those of the protocol are in package wire.
const (
	writeTimeout = 10 * time.Second // a peer that took nothing for this long is slow
	// noticeTimeout is for a peer that takes a little of a message now and then, and so is never slow.
	noticeTimeout = 30 * time.Second
	closeTimeout  = 5 * time.Second // for the peer's answer to a close frame; the library's own is the same
	// settleTimeout is for the replies that are due when a session ends in good order: a commit and a write.
	settleTimeout = 2 * time.Second
	// callTimeout bounds a command that waits: an election of the engine takes 4 to 9 s, and a sender's patience is not much longer.
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
	streams    map[string]func(*stream, wire.Command) (outbound, error)
	auth       Authenticator
	presence   Presence
	sessions   Sessions
	limits     wire.Limits
	logger     *slog.Logger
	origins    origins
	spread     time.Duration
	hub        *hub
	audience   *audience
	teller     *teller
	flushers   *flushers
	mux        *http.ServeMux
	diverted   chan struct{} // holds a token while there are sessions to be sent elsewhere

	work context.Context //nolint:containedctx // what commands that wait live under: as long as Run, not as long as a request
	stop context.CancelFunc
	wg   sync.WaitGroup // sessions and HTTP handlers; entered through the hub only
}

// New makes a bridge and starts nothing.
func New(cfg Config) *Bridge {
	b := &Bridge{
		log: cfg.Log, receipts: cfg.Receipts, operations: cfg.Operations, own: ownOperations(), streams: streamOperations(),
		auth: cfg.Auth, presence: cfg.Presence, sessions: cfg.Sessions, limits: complete(cfg.Limits), origins: newOrigins(cfg.Origins),
		logger: slog.New(slog.DiscardHandler), spread: cmp.Or(cfg.DrainSpread, defaultDrainSpread),
		diverted: make(chan struct{}, 1), mux: http.NewServeMux(),
		flushers: newFlushers(), audience: newAudience(),
	}
	b.teller = newTeller(b)
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

// Routes are the paths a [Bridge] serves.
func (b *Bridge) Routes() []string {
	return []string{wire.PathWebSocket, wire.PathStream, wire.PathPoll, wire.PathFrames}
}

// ServeHTTP implements [http.Handler] for [Bridge.Routes].
func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.mux.ServeHTTP(w, r) }

// Run keeps the sessions until ctx ends: it pings them, closes the silent and the expired, and tells how far others have got. When it
// returns, nothing of the bridge runs any more. Sessions still open then are closed as draining, without the spread of [Bridge.Drain].
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

// Sessions is the number of open connections, over all transports.
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
		CommandsPerS:      positive(l.CommandsPerS, d.CommandsPerS),
		UserCommandsPerS:  positive(l.UserCommandsPerS, d.UserCommandsPerS),
		ChannelEventsPerS: positive(l.ChannelEventsPerS, d.ChannelEventsPerS),
		PingIntervalS:     positive(l.PingIntervalS, d.PingIntervalS),
	}
}
