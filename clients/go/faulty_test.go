package natter

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// fault is a way in which the faulty server misbehaves.
type fault int

const (
	none        fault = iota
	dropBefore        // drop the connection before the command is looked at
	dropAfter         // drop the connection: the message is stored, the ack is not sent
	swallow           // store the message and send nothing
	deafen            // do not store the message and send nothing
	unavailable       // not stored, and the server says so
	timedOut          // stored, and the server says that it does not know
	tooFast
	dropEvent // drop the connection instead of sending an event
	skipEvent // leave one event out in this session
	twice     // send an event again
	refuse    // refuse the connection with an error frame
	noWelcome // close the connection without a frame
	rewind    // begin with events that the client has seen
	forget    // forget the client's position
	kinds
)

var (
	onCommand = []fault{dropBefore, dropAfter, swallow, deafen, unavailable, timedOut, tooFast}
	onEvent   = []fault{dropEvent, skipEvent, twice}
	onConnect = []fault{refuse, noWelcome, rewind, forget}
)

// faulty is a server with a log in memory. It speaks the protocol over every transport, and
// fails as often as its faults allow.
type faulty struct {
	mu      sync.Mutex
	random  *rand.Rand
	faults  map[fault]int // how many of each fault are left
	done    [kinds]int
	changed chan struct{}

	log     [][]wire.Event // by shard; pos 0 is never used
	seqs    map[string]uint64
	byName  map[string]wire.Ack // by sender and client id
	skipped map[string]bool
}

var errFault = errors.New("a fault")

func newFaulty(seed uint64, shards int, faults map[fault]int) *faulty {
	return &faulty{
		random: rand.New(rand.NewPCG(seed, seed)), faults: faults, changed: make(chan struct{}),
		log: make([][]wire.Event, shards), seqs: map[string]uint64{}, byName: map[string]wire.Ack{}, skipped: map[string]bool{},
	}
}

// pick returns one of the given faults, if one is due and one is left.
func (m *faulty) pick(from []fault) fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.random.IntN(3) > 0 {
		return none
	}
	f := from[m.random.IntN(len(from))]
	if m.faults[f] == 0 {
		return none
	}
	m.faults[f]--
	m.done[f]++
	return f
}

// heal removes the faults and closes the connections that hide one.
func (m *faulty) heal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = nil
}

func (m *faulty) store(sender string, s *wire.Send) wire.Ack {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := sender + " " + s.ClientID
	if ack, ok := m.byName[name]; ok {
		ack.Ref = s.Ref
		return ack
	}
	channel := s.Channel
	if s.To != "" {
		channel = wire.DirectChannel(sender, s.To)
	}
	shard := m.shardOf(channel)
	m.seqs[channel]++
	ev := said(channel, sender, s.ClientID, m.seqs[channel], uint64(len(m.log[shard])*3+1))
	ev.Shard, ev.Content = shard, &s.Content
	m.log[shard] = append(m.log[shard], ev)
	ack := acknowledgement(&ev)
	m.byName[name] = ack
	close(m.changed)
	m.changed = make(chan struct{})
	ack.Ref = s.Ref
	return ack
}

func (m *faulty) shardOf(channel string) int { return wire.SlotOf(channel) * len(m.log) / wire.Slots }

// answer returns the reply to a command, or nil for no reply. It returns an error if the
// connection is to be closed.
func (m *faulty) answer(c wire.Command) (wire.Frame, error) {
	switch c := c.(type) {
	case wire.Send:
		return m.answerSend(&c)
	case wire.History:
		return m.page(&c), nil
	case wire.Pong:
		return nil, nil
	}
	return wire.AsError(wire.Errorf(wire.CodeUnknownType, "%s", c.Type()), c.Reference()), nil
}

func (m *faulty) answerSend(s *wire.Send) (wire.Frame, error) {
	f := m.pick(onCommand)
	if f == none || f == dropAfter || f == swallow || f == timedOut {
		ack := m.store("alice", s)
		if f == none {
			return ack, nil
		}
	}
	switch f { //nolint:exhaustive // of the faults of a command, the others say nothing
	case dropBefore, dropAfter:
		return nil, errFault
	case unavailable:
		return wire.AsError(wire.Errorf(wire.CodeUnavailable, "the writer moves"), s.Ref.Ref), nil
	case timedOut:
		return wire.AsError(wire.Errorf(wire.CodeTimeout, "it is not known"), s.Ref.Ref), nil
	case tooFast:
		return wire.AsError(wire.Errorf(wire.CodeTooFast, "slow down").After(2*time.Second), s.Ref.Ref), nil
	}
	return nil, nil
}

func (m *faulty) page(h *wire.History) wire.Frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	var events []wire.Event
	for _, ev := range m.log[m.shardOf(h.Channel)] {
		if ev.Channel == h.Channel && ev.Seq > h.After {
			events = append(events, ev)
		}
	}
	const most = 3 // so that looking for a message takes several pages
	page := wire.Page{Ref: h.Ref, Channel: h.Channel, More: len(events) > most}
	switch {
	case len(events) <= most:
	case h.After > 0:
		events = events[:most]
	default:
		events = events[len(events)-most:]
	}
	page.Events = slices.Clone(events)
	return page
}

// feed holds the events of one client: its position, and the faults that it has met.
type feed struct {
	m       *faulty
	at      []uint64
	welcome wire.Welcome
}

// connect begins a feed. It returns an error frame for a refusal, and an error if the
// connection is to be closed.
func (m *faulty) connect(c wire.Connect, mayForget bool) (*feed, *wire.Error, error) {
	f := m.pick(onConnect)
	if f == refuse {
		return nil, wire.Errorf(wire.CodeUnavailable, "draining"), nil
	}
	if f == noWelcome {
		return nil, nil, errFault
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at := make([]uint64, len(m.log))
	recovered := c.Resume != nil && (f != forget || !mayForget)
	for i := range at {
		if recovered {
			at[i] = c.Resume.Positions[i]
		} else if n := len(m.log[i]); n > 0 {
			at[i] = m.log[i][n-1].Pos
		}
	}
	w := wire.Welcome{
		Version: 1, Session: "s", User: "alice", Epoch: "e", Positions: slices.Clone(at), Recovered: recovered,
		Time: time.Now().UnixMilli(), Limits: wire.DefaultLimits(),
	}
	if f == rewind {
		for i := range at {
			at[i] -= min(at[i], 7)
		}
	}
	return &feed{m: m, at: at, welcome: w}, nil, nil
}

// next returns the frames that wait, faults included. It returns an error if the connection is
// to be closed.
func (f *feed) next() (frames []byte, changed <-chan struct{}, err error) {
	f.m.mu.Lock()
	var events []wire.Event
	for shard, at := range f.at {
		for _, ev := range f.m.log[shard] {
			if ev.Pos > at {
				events = append(events, ev)
			}
		}
	}
	changed = f.m.changed
	f.m.mu.Unlock()
	for _, ev := range events {
		f.at[ev.Shard] = ev.Pos
		switch fault := f.m.pick(onEvent); {
		case fault == dropEvent:
			return frames, nil, errFault
		case fault == skipEvent && f.m.maySkip(&ev):
			continue
		case fault == twice:
			frames = line(frames, ev)
		}
		frames = line(frames, ev)
	}
	return frames, changed, nil
}

// maySkip reports whether an event may be left out. A client that has seen nothing of a channel
// cannot notice a missing event. An event that is left out twice looks like a hole in the log.
func (m *faulty) maySkip(ev *wire.Event) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ev.Seq == 1 || m.skipped[ev.ID+ev.Sender] {
		return false
	}
	m.skipped[ev.ID+ev.Sender] = true
	return true
}

func line(dst []byte, f wire.Frame) []byte {
	dst, err := wire.Append(dst, f)
	if err != nil {
		panic(err)
	}
	return append(dst, wire.Separator)
}

// stream sends the frames that wait, and pings, until the connection is closed.
func (f *feed) stream(ctx context.Context, say func(frames []byte) error) {
	ticker := time.NewTicker(25 * time.Second)
	defer ticker.Stop()
	for {
		frames, changed, fault := f.next()
		if len(frames) > 0 && say(frames) != nil || fault != nil {
			return
		}
		select {
		case <-changed:
		case <-ticker.C:
			if say(line(nil, wire.Ping{})) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (m *faulty) handler(r *rig) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(wire.PathWebSocket, func(w http.ResponseWriter, req *http.Request) { m.serveSocket(r.ctx, w, req) })
	mux.HandleFunc(wire.PathStream, m.serveStream)
	mux.HandleFunc(wire.PathPoll, m.servePoll)
	mux.HandleFunc(wire.PathFrames, m.serveFrames)
	return mux
}

func (m *faulty) serveSocket(ctx context.Context, w http.ResponseWriter, req *http.Request) {
	conn, err := websocket.Accept(w, req, nil)
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() { _ = conn.CloseNow() }()
	say := func(frames []byte) error { return conn.Write(ctx, websocket.MessageText, frames) }
	_, hello, err := conn.Read(ctx)
	if err != nil {
		return
	}
	c, _ := wire.DecodeCommand(hello)
	f, no, err := m.connect(c.(wire.Connect), true)
	if no != nil {
		_ = say(line(nil, no))
	}
	if f == nil || err != nil || say(line(nil, f.welcome)) != nil {
		return
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		defer cancel()
		f.stream(ctx, say)
	})
	for {
		_, message, err := conn.Read(ctx)
		if err != nil {
			return
		}
		replies, err := m.replies(message)
		if len(replies) > 0 && say(replies) != nil || err != nil {
			return
		}
	}
}

func (m *faulty) replies(message []byte) (replies []byte, err error) {
	wire.Split(message, func(frame []byte) bool {
		c, _ := wire.DecodeCommand(frame)
		var f wire.Frame
		if f, err = m.answer(c); f != nil {
			replies = line(replies, f)
		}
		return err == nil
	})
	return replies, err
}

// hello reads the connect frame of an HTTP transport.
func (m *faulty) hello(w http.ResponseWriter, req *http.Request, mayForget bool) *feed {
	body, err := io.ReadAll(req.Body)
	c, _ := wire.DecodeCommand(body)
	hello, ok := c.(wire.Connect)
	if err != nil || !ok || hello.Token != "" || req.Header.Get("Authorization") != "Bearer alice" {
		w.WriteHeader(http.StatusBadRequest)
		return nil
	}
	f, no, err := m.connect(hello, mayForget)
	switch {
	case no != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(line(nil, no))
		return nil
	case err != nil:
		panic(http.ErrAbortHandler)
	}
	return f
}

func (m *faulty) serveStream(w http.ResponseWriter, req *http.Request) {
	f := m.hello(w, req, true)
	if f == nil {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	say := func(frames []byte) error {
		for frame := range bytes.Lines(frames) {
			_, _ = io.WriteString(w, ": a comment\nid: 1\ndata: "+string(frame)+"\n")
		}
		return http.NewResponseController(w).Flush()
	}
	if say(line(nil, f.welcome)) != nil {
		return
	}
	f.stream(req.Context(), say)
	panic(http.ErrAbortHandler)
}

func (m *faulty) servePoll(w http.ResponseWriter, req *http.Request) {
	f := m.hello(w, req, true)
	if f == nil {
		return
	}
	over := time.NewTimer(25 * time.Second)
	if req.Header.Get("Prefer") == "wait=0" {
		over.Reset(0)
	}
	defer over.Stop()
	for {
		frames, changed, err := f.next()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if len(frames) > 0 || !f.welcome.Recovered {
			_, _ = w.Write(append(line(nil, f.welcome), frames...))
			return
		}
		select {
		case <-changed:
		case <-over.C:
			_, _ = w.Write(line(nil, f.welcome))
			return
		case <-req.Context().Done():
			return
		}
	}
}

func (m *faulty) serveFrames(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil || !strings.HasPrefix(req.Header.Get("Authorization"), "Bearer ") {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	replies, err := m.replies(body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(replies)
}
