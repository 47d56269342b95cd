package embed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Account is the account that holds the streams and the services, if the options name no other.
const Account = "CHAT"

// Options configure a [Server].
type Options struct {
	NATS    *server.Options // as read from nats.conf; the Server takes ownership and changes them
	Account string          // of our own connection; empty means [Account]
	Logger  *slog.Logger    // silent if nil
}

// Server is an embedded NATS server and our own connection to it. All methods may be called
// concurrently once Start has returned.
type Server struct {
	account string
	member  bool // of a cluster
	store   string
	routes  int // number of configured routes
	places  int // for connections at the listener; 0 if there is none
	logger  *slog.Logger
	natsLog *logger
	nats    *server.Server
	own     credentials // in account
	system  credentials // in the system account; zero if there is none

	conn    *nats.Conn // set by Start
	staging staging    // set by Start

	leads *leads

	closing sync.Once
	stop    sync.WaitGroup // the goroutines that stop the server, and that watch its guests
	closed  chan struct{}  // closed when the server has stopped
}

// New checks the options and makes the server. It starts nothing and opens nothing.
func New(opts Options) (*Server, error) {
	if opts.Account == "" {
		opts.Account = Account
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if !opts.NATS.JetStream {
		return nil, errors.New("nats: jetstream is not enabled; add its block, as in the shipped nats.conf")
	}
	if opts.NATS.DontListen && opts.NATS.Cluster.Port != 0 {
		return nil, errors.New("nats: a member of a cluster must listen for clients, because its routes and Close wait for that; leave DontListen unset")
	}
	s := &Server{
		account: opts.Account,
		member:  opts.NATS.Cluster.Port != 0,
		store:   opts.NATS.StoreDir,
		routes:  len(opts.NATS.Routes),
		logger:  opts.Logger.With("component", "nats"),
		closed:  make(chan struct{}),
	}
	s.leads = newLeads(
		func(stream string) bool { return s.nats.JetStreamIsStreamLeader(s.account, stream) },
		func(stream string) error { return s.nats.JetStreamStepdownStream(s.account, stream) })
	if err := s.addUsers(opts.NATS); err != nil {
		return nil, err
	}
	if !opts.NATS.DontListen {
		s.places = cmp.Or(opts.NATS.MaxConn, server.DEFAULT_MAX_CONNECTIONS)
	}
	logRoutesIn(opts.NATS)
	opts.NATS.NoSigs = true // the process handles signals
	opts.NATS.DisableJetStreamBanner = true
	var err error
	if s.nats, err = server.NewServer(opts.NATS); err != nil {
		return nil, fmt.Errorf("make nats server: %w", err)
	}
	s.natsLog = &logger{to: s.logger}
	debug := opts.NATS.Debug || s.logger.Enabled(context.Background(), slog.LevelDebug)
	s.nats.SetLogger(s.natsLog, debug, opts.NATS.Trace)
	return s, nil
}

// Start starts the server and connects to it. It returns when the listeners are open and
// JetStream has recovered its streams. A cluster may not have a quorum yet at that time, see
// [Server.Ready]. After an error there is nothing to close.
func (s *Server) Start(ctx context.Context) error {
	err := s.start(ctx)
	if err != nil {
		return errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return nil
}

func (s *Server) start(ctx context.Context) error {
	var err error
	if !s.member { // the streams of a cluster have several replicas, and the engine stages in memory
		if s.staging, err = newStaging(s.store, s.account); err != nil {
			s.logger.WarnContext(ctx, "batches are not staged in memory", "error", err)
		}
	}
	s.nats.Start() // returns when the stores are recovered, or after a fatal message
	if err := s.listening(ctx); err != nil {
		return err
	}
	if err := s.staging.clear(); err != nil {
		return fmt.Errorf("clear what was staged before: %w", err)
	}
	if s.conn, err = s.connect(s.own); err != nil {
		return fmt.Errorf("connect in process: %w", err)
	}
	if s.places > 0 {
		s.stop.Go(s.watchGuests)
	}
	return nil
}

// Conn returns our own connection, which is in process. It may do everything in the chat
// account. It reconnects by itself, and Close closes it.
func (s *Server) Conn() *nats.Conn { return s.conn }

// NATS returns the server itself, for reports about it.
func (s *Server) NATS() *server.Server { return s.nats }

// Name returns the server's name, which is unique in its cluster.
func (s *Server) Name() string { return s.nats.Name() }

// Clustered reports whether the server is a member of a cluster.
func (s *Server) Clustered() bool { return s.member }

// URL returns the address for services and operators, or an empty string if the server has no
// listener.
func (s *Server) URL() string {
	if s.nats.Addr() == nil {
		return ""
	}
	return s.nats.ClientURL()
}

// Peers returns the names of the other known members of the cluster, and the number of all
// members including this one. The number is 0 if the server is alone. Configured members that
// have not been seen yet are in the number only.
func (s *Server) Peers() (others []string, size int) {
	if !s.member {
		return nil, 0
	}
	size = s.routes
	info, err := s.nats.Jsz(nil)
	if err != nil || info.Meta == nil {
		return nil, size
	}
	for _, r := range info.Meta.Replicas {
		others = append(others, r.Name)
	}
	return others, max(size, info.Meta.Size)
}

// LeadsStream reports whether this server leads a stream of the chat account. A server that is
// alone leads every stream. LeadsStream answers within [askPatience]; if the server does not
// answer in time, its last answer counts.
func (s *Server) LeadsStream(stream string) bool {
	// The server's own JetStreamIsClustered is not used here: it returns false, too, after a
	// full disk has made the server give up JetStream.
	return !s.member || s.leads.of(stream)
}
