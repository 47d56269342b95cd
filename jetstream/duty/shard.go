package duty

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/counted"
	"natterjack/jetstream/internal/ordered"
)

const (
	// lookEvery is how often a node looks whether it leads a shard.
	lookEvery = 200 * time.Millisecond
	// storeEvery is the shortest time between two writes of a position.
	storeEvery = time.Second
	// againFor is for how long after a node has begun to lead events come that may have been done
	// before: a former leader has done as many in storeEvery. Each position is written at once
	// then, so that they do not come a third time if this node dies, too.
	againFor = 2 * storeEvery
	// skipEvery is the same while no event came that the duty wants. To pass over events again
	// costs little.
	skipEvery = 10 * time.Second
	// leaveTimeout is how long the last write may take when a node stops to lead.
	leaveTimeout = 2 * time.Second
)

// State is how far a duty is in a shard, on the node that leads the shard.
type State struct {
	Duty    string
	Shard   int
	Pos     uint64    // done up to here
	Waiting uint64    // how many messages of the stream were behind Pos when that was last known
	Failed  error     // why the last try failed; nil if it succeeded
	Since   time.Time // since when tries have failed
}

// shard is a duty in one shard. The goroutine of run owns all fields but state.
type shard struct {
	n     int
	cfg   *Config
	log   *Log
	slog  *slog.Logger
	judge counted.Judge
	place place
	since time.Time // a duty that begins now begins with the events that were stored after this

	wanted bool      // events that the duty wants have been done since the last write
	tried  time.Time // when the position was last written, or the write was tried
	began  time.Time // when this node began to lead, or to read again

	state atomic.Pointer[State] // nil while another node leads
}

func newShard(log *Log, cfg *Config, n int) *shard {
	return &shard{
		n: n, cfg: cfg, log: log, slog: log.Logger.With("component", "duty", "duty", cfg.Name, "shard", n), since: time.Now().Add(-cfg.Recent),
		judge: counted.Judge{
			Shard: n, Kinds: cfg.Kinds, View: log.View, Copy: log.Copy(log.Stream(n)), Channel: log.Channel,
			Await: func(ctx context.Context, pos uint64) error { return log.Await(ctx, n, pos) },
		},
		place: place{conn: log.Conn, subject: Subject(cfg.Name, n), epoch: log.Epoch, node: log.Node},
	}
}

func (s *shard) stream() string { return s.log.Stream(s.n) }

func (s *shard) leads() bool { return s.log.Leads(s.stream()) }

// run does the duty whenever this node leads the shard, until ctx ends.
func (s *shard) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if s.leads() {
			s.lead(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// lead does the duty until this node does not lead the shard any more, or ctx ends.
func (s *shard) lead(ctx context.Context) {
	leading, cancel := context.WithCancel(ctx)
	defer cancel()
	var watching sync.WaitGroup
	watching.Go(func() { s.watch(leading, cancel) })
	r := ordered.Reader{
		JS: s.log.JS, Stream: s.stream(), Node: s.log.Node, Here: true, Sink: s, Log: s.slog,
		Begin:  s.begin,
		Opened: func(host string, pending uint64) { s.judge.Copy.Source = host; s.tell(pending) },
		Idle:   s.idle,
	}
	r.Run(leading)
	watching.Wait()
	s.leave(ctx)
}

// watch calls cancel when this node does not lead the shard any more. It returns when ctx ends.
func (s *shard) watch(ctx context.Context, cancel func()) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if !s.leads() {
				cancel()
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// leave stores the position a last time, so that the next leader repeats less.
func (s *shard) leave(ctx context.Context) {
	s.state.Store(nil)
	if s.place.at == s.place.stored {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := s.place.store(ctx); err != nil {
		s.slog.DebugContext(ctx, "the position could not be stored; the next leader repeats the last events", "error", err)
	}
}

// begin finds out where to go on.
func (s *shard) begin(ctx context.Context) error {
	s.began = time.Now()
	if err := s.place.load(ctx); err != nil {
		return err
	}
	if !s.place.begun && s.cfg.Begin == AtNow && s.place.at == 0 {
		return s.beginNow(ctx)
	}
	return s.reach(ctx)
}

// beginNow stores the place behind the events that are too old for a new duty. The end of the log
// would not do: until the engine lets this node write the place, users may have sent messages.
func (s *shard) beginNow(ctx context.Context) error {
	end, err := s.end(ctx) // before the look for newer events, so that none is passed over
	if err != nil {
		return fmt.Errorf("look for the end of the log: %w", err)
	}
	switch first, err := s.after(ctx, s.since); {
	case err != nil:
		return err
	case first > 0:
		s.place.pass(first-1, time.Time{})
	default:
		s.place.pass(end.LastSeq, end.LastTime)
	}
	return s.place.store(ctx)
}

// reach moves the position back if the log has lost its end, also if it has grown beyond the
// position again: writers do not wait for a duty.
func (s *shard) reach(ctx context.Context) error {
	at := s.place.at
	reaches, err := s.log.Reaches(ctx, s.stream(), at)
	if err != nil {
		return err
	}
	state, err := s.end(ctx)
	if err != nil {
		return fmt.Errorf("look for the end of the log: %w", err)
	}
	end := state.LastSeq
	if reaches {
		regrown, err := s.regrown(ctx)
		if regrown == 0 || err != nil {
			return err
		}
		end = regrown - 1
	}
	s.slog.ErrorContext(ctx, "a duty was ahead of its stream, which has lost its end; it goes on from the new end", "position", at, "end", end)
	return s.place.reset(ctx, min(at, end))
}

// regrown returns the pos of the first event that has a number which the log had lost, as far as
// one can tell, or 0. The stream tells by its own time of the event at the position whether that is
// still the same one. No clock of a node has a part in that. Where the lost end began only times
// tell, and these are of the nodes that led the stream.
func (s *shard) regrown(ctx context.Context) (pos uint64, err error) {
	at, event := s.place.at, s.place.event
	if at == 0 || event.IsZero() {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	m, err := api.Get(ctx, s.log.Conn, s.stream(), at)
	erased := errors.Is(err, jetstream.ErrMsgNotFound)
	if err != nil && !erased || err == nil && m.Time.Equal(event) {
		return 0, err
	}
	first, err := s.after(ctx, event)
	if err != nil {
		return 0, err
	}
	switch {
	case first > 0 && first <= at:
		return first, nil
	case erased:
		return 0, nil
	default:
		return at, nil // it is another event, of a leader whose clock was behind
	}
}

// after returns the pos of the first event that the stream has stored after a time, or 0.
func (s *shard) after(ctx context.Context, at time.Time) (pos uint64, err error) {
	at = at.Add(time.Nanosecond)
	c, err := s.log.JS.CreateConsumer(ctx, s.stream(), jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &at, AckPolicy: jetstream.AckNonePolicy,
		HeadersOnly: true, InactiveThreshold: storeTimeout, MemoryStorage: true, Replicas: 1,
	})
	if err != nil {
		return 0, fmt.Errorf("look for events after a time: %w", err)
	}
	batch, err := c.FetchNoWait(1)
	if err != nil {
		return 0, fmt.Errorf("look for events after a time: %w", err)
	}
	m := <-batch.Messages()
	if err := batch.Error(); m == nil || err != nil {
		return 0, err
	}
	meta, err := m.Metadata()
	if err != nil {
		return 0, fmt.Errorf("look for events after a time: %w", err)
	}
	return meta.Sequence.Stream, nil
}

// end returns where the log ends.
func (s *shard) end(ctx context.Context) (jetstream.StreamState, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	stream, err := s.log.JS.Stream(ctx, s.stream())
	if err != nil {
		return jetstream.StreamState{}, err
	}
	return stream.CachedInfo().State, nil
}

// idle stores the position while nothing comes.
func (s *shard) idle(ctx context.Context) {
	if err := s.save(ctx); err != nil && ctx.Err() == nil {
		s.slog.DebugContext(ctx, "the position could not be stored, and is tried again", "error", err)
	}
}

// save stores the position if it has moved and it is time to.
func (s *shard) save(ctx context.Context) error {
	every := skipEvery
	switch {
	case s.wanted && time.Since(s.began) < againFor:
		every = 0
	case s.wanted:
		every = storeEvery
	}
	if s.place.at == s.place.stored || time.Since(s.tried) < every {
		return nil
	}
	s.tried = time.Now()
	if err := s.place.store(ctx); err != nil {
		return err
	}
	s.wanted = false
	return nil
}

// tell updates what [Duty.States] returns.
func (s *shard) tell(waiting uint64) {
	s.state.Store(&State{Duty: s.cfg.Name, Shard: s.n, Pos: s.place.at, Waiting: waiting})
}
