package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
	"golang.org/x/sync/semaphore"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// Name is the name of the service, as `nats micro ls` shows it.
const Name = "natterjack"

const (
	// queueGroup is shared by all nodes, so one of them serves each request. It is the default
	// of the micro package.
	queueGroup = "q"
	// maxSends and maxReads limit the requests in flight on this node. A send waits for the log
	// and costs some hundred bytes. A read costs a goroutine and a page.
	maxSends = 8192
	maxReads = 256
	// maxReplies bounds the bytes of the replies that are read and not yet handed to the NATS
	// server. Bytes that are on their way to a requester then count there: the server drops a
	// connection for which more than max_pending wait, and only users with a password have one.
	maxReplies = 64 << 20
	// readTimeout limits how long an operation may wait in a goroutine, and so how long a stop
	// can take.
	readTimeout = 10 * time.Second
	retrySoon   = 100 * time.Millisecond
	// drainTimeout is longer than nats.go takes to flush a working connection.
	drainTimeout = 15 * time.Second
)

// Log is the part of the log that the service uses. [*jetstream.Log] implements it, and its
// contract holds.
type Log interface {
	Submit(user string, cmd wire.Change, done func(wire.Ack, error))
}

// Config configures a [Service].
type Config struct {
	Conn *nats.Conn // in the chat account, where it may answer anybody
	Log  Log
	// Operations answers the operations that are no changes. Operations that the node does not
	// answer are not offered.
	Operations *operation.Table
	// Data returns the figures that the statistics of an operation have besides its requests, by
	// the type of its command; nil for none.
	Data    map[string]func() any
	Limits  wire.Limits
	Node    string // this node's name
	Version string // semantic version of the program
	Logger  *slog.Logger
}

// Service serves requests. Its methods may be called concurrently.
type Service struct {
	cfg       Config
	log       *slog.Logger
	id        string // of this instance
	started   time.Time
	endpoints []*endpoint
	replies   *semaphore.Weighted // bytes, up to maxReplies
	ready     chan struct{}       // closed once every subject is subscribed
	requests  sync.WaitGroup      // taken and not finished
}

// New returns a service and starts nothing.
func New(cfg Config) *Service {
	s := &Service{cfg: cfg, log: cfg.Logger.With("component", "service"), id: nuid.Next(), ready: make(chan struct{}), replies: semaphore.NewWeighted(maxReplies)}
	for _, o := range wire.Operations() {
		switch {
		case o.Asker != wire.ByAnybody:
		case o.Change():
			s.endpoints = append(s.endpoints, &endpoint{operation: o, name: o.Name(), max: maxSends, handle: s.submit})
		case cfg.Operations.Handles(o.Command):
			s.endpoints = append(s.endpoints, &endpoint{operation: o, name: o.Name(), max: maxReads, handle: s.inBackground})
		}
	}
	return s
}

// Run serves requests until ctx ends. Then it takes no more requests, answers those it has,
// including queued ones, and returns. The log and the connection must work until then. Run is
// called once.
func (s *Service) Run(ctx context.Context) error {
	s.started = time.Now().UTC()
	subs, err := s.subscribe()
	if err == nil {
		close(s.ready)
		s.log.InfoContext(ctx, "serving requests", "subject", subjectOf("*", "*"), "id", s.id)
		<-ctx.Done()
	}
	return errors.Join(err, s.stop(subs))
}

// Ready returns a channel that is closed once the NATS server knows all subjects. From then on
// no request fails because of missing responders.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// subscribe returns after the NATS server has processed all subscriptions.
func (s *Service) subscribe() (subs []*subscription, err error) {
	add := func(sub *subscription, err error) error {
		if err == nil {
			subs = append(subs, sub)
		}
		return err
	}
	for _, e := range s.endpoints {
		if err := add(subscribe(s.cfg.Conn, e.subject(), queueGroup, func(m *nats.Msg) { s.receive(e, m) })); err != nil {
			return subs, err
		}
	}
	for subject, answer := range s.monitoring() {
		if err := add(subscribe(s.cfg.Conn, subject, "", answer)); err != nil {
			return subs, err
		}
	}
	if err := s.cfg.Conn.FlushTimeout(drainTimeout); err != nil {
		return subs, fmt.Errorf("service: subscribe: %w", err)
	}
	return subs, nil
}

// stop drains all subscriptions, waits for the last request, and flushes the answers.
func (s *Service) stop(subs []*subscription) error {
	var errs []error
	for _, sub := range subs {
		errs = append(errs, sub.drain())
	}
	timeout := time.NewTimer(drainTimeout)
	defer timeout.Stop()
	for _, sub := range subs {
		select {
		case <-sub.closed:
		case <-timeout.C:
			return errors.Join(append(errs, errors.New("service: queued requests were not served in time"))...)
		}
	}
	s.requests.Wait()
	if err := s.cfg.Conn.FlushTimeout(drainTimeout); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		errs = append(errs, fmt.Errorf("service: flush answers: %w", err))
	}
	return errors.Join(errs...)
}

// subscription is a NATS subscription whose end can be waited for.
type subscription struct {
	*nats.Subscription
	closed chan struct{} // closed after the last callback has returned
}

func subscribe(conn *nats.Conn, subject, queue string, callback nats.MsgHandler) (*subscription, error) {
	sub, err := conn.QueueSubscribe(subject, queue, callback) // an empty queue means no queue group
	if err != nil {
		return nil, fmt.Errorf("service: subscribe to %s: %w", subject, err)
	}
	s := &subscription{Subscription: sub, closed: make(chan struct{})}
	sub.SetClosedHandler(func(string) { close(s.closed) })
	return s, nil
}

func (s *subscription) drain() error {
	if err := s.Drain(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrBadSubscription) {
		return fmt.Errorf("service: drain %s: %w", s.Subject, err)
	}
	return nil
}
