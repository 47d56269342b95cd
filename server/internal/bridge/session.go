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
	bridge *Bridge
	ws     *websocket.Conn
	socket socket
	input  *bufio.Reader // what ws reads from
	id     string
	work   sync.WaitGroup // the flush and the calls; entered under mu while not ended

	// Set by the owner when the client connects, before live.
	user   string
	cursor jetstream.Cursor // Next is the flush's

	watched []string // protected by the audience's lock

	// Owned by the owner.
	bucket    bucket
	connected bool
	state     wire.PresenceState

	listed sessions.Session // owned by the registry of sessions while connected

	pulse

	mu    sync.Mutex           // protects following; never held while writing or in the log
	code  websocket.StatusCode // of the close that is decided; 0 before
	live  bool                 // welcomed, and not ending: events flow
	ended bool                 // nothing is queued or started any more
	backlog
	follower *presence.Follower // nil until people are followed
}

// pulse is what the heartbeat goes by.
type pulse struct {
	heard   atomic.Bool  // something came since the last visit
	expires atomic.Int64 // of the token, Unix milliseconds

	slot, index int // where the hub has the session; protected by the hub's lock
	missed      int // visits in a row before which nothing was heard; owned by the heartbeat
}

// backlog is what is due to the client.
type backlog struct {
	replies  []reply
	queued   int       // bytes in replies, and in those being written
	inFlight int       // commands without a reply
	sending  int       // the sends among them
	notices  [][]byte  // frames shared with other sessions
	noticed  time.Time // when the first of them came
	calls    []wire.Command
	callers  int           // goroutines that work off calls
	room     chan struct{} // not nil while somebody waits until replies are fewer; closed then
	settled  chan struct{} // not nil while the owner waits until nothing is due; closed then
	pingDue  bool
	flushing bool
	again    bool // something came while flushing
}

func newSession(b *Bridge) *session { return &session{bridge: b, id: newID()} }

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
func (s *session) stop(code wire.CloseCode) { s.stopWith(websocket.StatusCode(code)) }

func (s *session) stopWith(code websocket.StatusCode) {
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

// gone stands for a close code where the peer left: there is nobody to say goodbye to.
const gone = websocket.StatusNormalClosure

// finish says goodbye where somebody may listen, and takes the session apart.
func (s *session) finish() {
	s.stopWith(gone) // where the code is not decided yet
	code := s.due()
	if code != gone {
		_ = s.socket.SetReadDeadline(time.Now().Add(closeTimeout)) // the library's own timeout does not cover a half-read frame
		_ = s.ws.Close(code, reason(code))
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
		s.bridge.hub.dismiss(s.user, s)
	}
	s.bridge.logger.Debug("session closed", "session", s.id, "user", s.user, "code", int(code))
	s.bridge.hub.remove(s)
	s.bridge.hub.leave(&s.bridge.wg)
}

// due waits for the replies that are due, unless the peer would not take them, and returns the code to close with.
func (s *session) due() websocket.StatusCode {
	s.mu.Lock()
	code := s.code
	lost := code == gone || code == websocket.StatusCode(wire.CloseSlow) || code == websocket.StatusCode(wire.CloseSilent)
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
		s.bridge.logger.LogAttrs(context.Background(), slog.LevelError, "session panicked", slog.String("session", s.id),
			slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		s.stop(wire.CloseInternal)
	}
}

// reason is the text of a close frame.
func reason(code websocket.StatusCode) string {
	if code == websocket.StatusTryAgainLater {
		return "try again later"
	}
	return wire.CloseCode(code).String()
}
