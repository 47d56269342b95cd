package bridge

import (
	"bufio"
	"context"
	"crypto/rand"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"natterjack/jetstream"
	"natterjack/jetstream/presence"
	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// session is one WebSocket connection. Its owner is the goroutine that reads: that of the HTTP handler until the client has
// connected, then its own. The owner alone calls greet, run and finish.
type session struct {
	sessions.Session // as it is listed; User is set by the owner when the client connects, before live

	bridge *Bridge
	ws     *websocket.Conn
	socket socket
	input  *bufio.Reader    // what ws reads from
	work   sync.WaitGroup   // the flush and the calls; entered under mu while not ended
	cursor jetstream.Cursor // set by the owner when the client connects, before live; Next is the flush's

	// Owned by the owner.
	bucket bucket
	state  wire.PresenceState

	pulse
	connected bool // owned by the owner

	mu    sync.Mutex     // protects following; never held while writing or in the log
	live  bool           // welcomed, and not ending: events flow
	ended bool           // nothing is queued or started any more
	code  wire.CloseCode // of the close that is decided; 0 before
	backlog
	follower *presence.Follower // nil until people are followed
	said     said
	toldOwn  uint32 // how often it was told of its user's own receipts
}

// pulse is what the heartbeat goes by.
type pulse struct {
	heard   atomic.Bool  // something came since the last visit
	expires atomic.Int64 // of the token, Unix milliseconds

	index  int32 // where in its slot the hub has the session; protected by the hub's lock
	slot   uint8 // likewise
	missed uint8 // visits in a row before which nothing was heard; owned by the heartbeat
}

// backlog is what is due to the client. A session that is idle, as most are, holds no memory for what is only there while it is not.
type backlog struct {
	pingDue  bool
	flushing bool
	again    bool // something came while flushing
	replies  []reply
	queued   int // bytes in replies, and in those being written
	inFlight int // commands without a reply
	sending  int // the sends among them
	notices  *notices
	calls    *calls
	room     chan struct{} // not nil while somebody waits until replies are fewer; closed then
	settled  chan struct{} // not nil while the owner waits until nothing is due; closed then
}

// calls are the commands that may block.
type calls struct {
	waiting []wire.Command
	callers int // goroutines that work them off
}

func newSession(b *Bridge) *session { return &session{bridge: b} }

// newID names a session, or an HTTP request, in the log and to its client: 60 random bits.
func newID() string { return rand.Text()[:12] }

// begin starts the time to connect.
func (s *session) begin(ws *websocket.Conn) {
	s.ws = ws
	// One byte more than our own limit, which is checked first and closes with our own code.
	ws.SetReadLimit(int64(s.bridge.limits.FrameBytes) + 1)
	_ = s.socket.SetReadDeadline(time.Now().Add(wire.ConnectTimeout)) // a broken connection fails the first read too
	if !s.bridge.hub.add(s) {
		s.stop(wire.CloseDraining)
	}
}

// greet reads until the client has connected, and reports whether it has.
func (s *session) greet() (ok bool) {
	defer s.rescue()
	for !s.connected {
		if !s.read() {
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code != 0 {
		return false
	}
	return s.socket.SetReadDeadline(time.Time{}) == nil
}

// run reads until the session ends, and takes it apart. It waits for each message by itself and not within the library: a stack
// stays as large as it once had to be, and for one that only waits here that is 2 KiB instead of 4.
func (s *session) run() {
	defer s.finish()
	defer s.rescue()
	if s.input.Buffered() == 0 { // then what came early is read, and the detour by which it came may go
		s.input.Reset(s.socket.Conn)
	}
	for {
		if _, err := s.input.Peek(1); err != nil {
			s.readFailed(err)
			return
		}
		if !s.takePong() && !s.read() {
			return
		}
	}
}

// stop makes the owner finish with a close code. The first code counts. It does not block and may be called by anybody.
func (s *session) stop(code wire.CloseCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code != 0 {
		return
	}
	s.code = code
	s.live = false
	s.makeRoom()
	_ = s.socket.SetReadDeadline(time.Unix(1, 0)) // the past: it interrupts the owner's read
}

// Codes of the RFC's own, which the protocol has no name for.
const (
	gone     = wire.CloseCode(websocket.StatusNormalClosure) // the peer left: there is nobody to say goodbye to
	tryAgain = wire.CloseCode(websocket.StatusTryAgainLater)
)

// finish says goodbye where somebody may listen, and takes the session apart.
func (s *session) finish() {
	s.stop(gone) // where the code is not decided yet
	code := s.due()
	if code != gone {
		_ = s.socket.SetReadDeadline(time.Now().Add(closeTimeout)) // the library's own timeout does not cover a half-read frame
		_ = s.ws.Close(websocket.StatusCode(code), reason(code))
	}
	_ = s.ws.CloseNow()
	s.mu.Lock()
	s.ended = true
	s.makeRoom()
	s.mu.Unlock()
	s.work.Wait()
	s.cursor.Close()
	if s.connected {
		s.depart()
		s.bridge.audience.watch(s, nil)
		s.bridge.hub.unlisten(s)
		s.bridge.hub.dismiss(s.User)
	}
	s.bridge.logger.Debug("session closed", "session", s.ID, "user", s.User, "code", int(code))
	s.bridge.hub.remove(s)
	s.bridge.hub.leave(&s.bridge.wg)
}

// due waits for the replies that are due, unless the peer would not take them, and returns the code to close with.
func (s *session) due() wire.CloseCode {
	s.mu.Lock()
	code := s.code
	lost := code == gone || code == wire.CloseSlow || code == wire.CloseSilent
	if lost || s.quiet() {
		s.mu.Unlock()
		return code
	}
	settled := make(chan struct{})
	s.settled = settled
	s.mu.Unlock()
	timeout := time.NewTimer(settleTimeout)
	defer timeout.Stop()
	select {
	case <-settled:
	case <-timeout.C:
	}
	return code
}

// quiet reports whether nothing is due. The caller holds mu.
func (s *session) quiet() bool {
	return !s.flushing && len(s.replies) == 0 && s.inFlight == 0
}

// rescue keeps a panic of one session from ending the process, as net/http does for requests.
func (s *session) rescue() {
	if p := recover(); p != nil {
		s.bridge.logger.LogAttrs(context.Background(), slog.LevelError, "session panicked", slog.String("session", s.ID),
			slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		s.stop(wire.CloseInternal)
	}
}

// reason is the text of a close frame.
func reason(code wire.CloseCode) string {
	if code == tryAgain {
		return "try again later"
	}
	return code.String()
}
