package bridge

import (
	"bufio"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// session is one WebSocket connection. Its owner is the goroutine that reads: the goroutine of
// the HTTP handler until the client has connected, then one of its own. Only the owner calls
// greet, run and finish. While the session is not live, its flush does not look at the cursor.
type session struct {
	attachment // its work is the flush and the calls

	ws     *websocket.Conn
	socket socket
	input  *bufio.Reader // the connection that ws reads from
	bucket bucket        // only the owner uses it
	held   atomic.Int64  // nothing is read before this time, in Unix nanoseconds
	visits

	// Protected by the attachment's lock.
	code wire.CloseCode // of the close that is decided; 0 before
	backlog
}

// visits holds the fields that the heartbeat needs for visiting the session.
type visits struct {
	expires atomic.Int64 // of the token, Unix milliseconds

	index  int32 // the session's place in its slot of the hub; protected by the hub's lock
	slot   uint8 // likewise
	missed uint8 // visits in a row before which nothing was heard; only the heartbeat uses it
}

// backlog holds the frames that are due to the client. Most sessions are idle, and an idle session
// holds no memory for it.
type backlog struct {
	pingDue  bool
	flushing bool
	again    bool // something came while flushing
	replies  []reply
	queued   int   // bytes in replies, and in those being written
	inFlight int32 // commands without a reply
	sending  int32 // the sends among them
	calls    *calls
	room     chan struct{} // not nil while a goroutine waits for fewer replies; then closed
	settled  chan struct{} // not nil while the owner waits until nothing is due; then closed
}

// calls are the commands of a session that may block.
type calls struct {
	waiting []wire.Command
	callers int              // goroutines that execute them
	reads   map[uint64]*read // that are under way, by ref
}

func newSession(b *Bridge, r *http.Request) *session {
	s := new(session)
	s.attachment = attachment{Session: describe(r, newID(), "websocket", s), bridge: b}
	return s
}

// newID returns 60 random bits as an id for a session or an HTTP request, for the log and for
// its client.
func newID() string { return rand.Text()[:12] }

// begin starts the time limit for connecting.
func (s *session) begin(ws *websocket.Conn) {
	s.ws = ws
	// One byte more than our own limit. Ours is checked first and closes with our own code.
	ws.SetReadLimit(int64(s.bridge.limits.FrameBytes) + 1)
	_ = s.socket.SetReadDeadline(time.Now().Add(wire.ConnectTimeout)) // a broken connection fails the first read too
	if !s.bridge.hub.add(s) {
		s.stop(wire.CloseDraining)
	}
}

// greet reads until the client has connected, and reports whether it has.
func (s *session) greet() (ok bool) {
	defer s.rescue()
	for !s.arrived {
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

// run reads until the session ends, and then closes it. It waits for each message itself and
// not within the library. A stack stays as large as it once had to be. For a goroutine that
// only waits here, that is 2 KiB instead of 4.
func (s *session) run() {
	defer s.finish()
	defer s.rescue()
	// When everything that came early is read, the input may read from the connection directly.
	if s.input.Buffered() == 0 {
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

// stop makes the owner finish with a close code. The first code counts. It does not block, and
// any goroutine may call it.
func (s *session) stop(code wire.CloseCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code != 0 {
		return
	}
	s.code = code
	s.live = false
	s.makeRoom()
	_ = s.socket.SetReadDeadline(time.Unix(1, 0)) // a deadline in the past interrupts the owner's read
}

// SignedOut implements [sessions.Owner].
func (s *session) SignedOut() { s.stop(wire.CloseSignedOut) }

// overrun implements [transport]. No close frame is sent, because it would wait like the rest.
func (s *session) overrun() { s.stop(gone) }

// Close codes of RFC 6455 for which the protocol has no name.
const (
	gone     = wire.CloseCode(websocket.StatusNormalClosure) // the peer left: no close frame can reach it
	tryAgain = wire.CloseCode(websocket.StatusTryAgainLater)
)

// finish sends a close frame if the peer may still be there, and closes the session.
func (s *session) finish() {
	s.stop(gone) // if no code is decided yet
	code := s.due()
	if code != gone {
		// The library's own timeout does not cover a half-read frame.
		_ = s.socket.SetReadDeadline(time.Now().Add(closeTimeout))
		_ = s.ws.Close(websocket.StatusCode(code), reason(code))
	}
	_ = s.ws.CloseNow()
	s.detach()
	s.depart()
	s.bridge.logger.Debug("session closed", "session", s.ID, "user", s.User, "code", int(code))
	s.bridge.hub.remove(s)
	s.bridge.hub.leave(&s.bridge.wg)
}

// due waits for the replies that are due, unless the peer would not take them. It returns the
// code to close with.
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

// rescue recovers from a panic in one session, so that it does not end the process. net/http
// does the same for requests.
func (s *session) rescue() {
	if p := recover(); p != nil {
		s.bridge.logger.LogAttrs(context.Background(), slog.LevelError, "session panicked", slog.String("session", s.ID),
			slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		s.stop(wire.CloseInternal)
	}
}

// reason returns the text of a close frame.
func reason(code wire.CloseCode) string {
	if code == tryAgain {
		return "try again later"
	}
	return code.String()
}
