package bridge

import (
	"sync/atomic"
	"time"
)

// pulse tells whether the client of an attachment is there. Only bytes from the client prove that:
// bytes that are written to it may wait in buffers on the way for as long as they have room.
//
// Over WebSocket any frame of the client is such a sign, and over server-sent events any request
// that names the session. The server asks for a sign with each ping. If none has come when the next
// ping is due, the connection goes on, but it does not count for its user's presence until the
// client is heard again.
type pulse struct {
	heard  atomic.Int64 // when the client was last heard, Unix nanoseconds; negative once a visit has seen it
	absent atomic.Bool  // the attachment does not count for presence; set under mu
}

// hear notes a sign of life of the client.
func (a *attachment) hear() {
	a.heard.Store(time.Now().UnixNano())
	if a.absent.Load() {
		a.comeBack()
	}
}

// Heard implements [sessions.Owner].
func (a *attachment) Heard() { a.hear() }

func (a *attachment) lastHeard() time.Time {
	at := a.heard.Load()
	return time.Unix(0, max(at, -at))
}

// visit reports whether the client was heard since the last visit. If it was not, the attachment no
// longer counts for presence. The attachment must have arrived.
func (a *attachment) visit() (heard bool) {
	if at := a.heard.Load(); at > 0 {
		a.heard.CompareAndSwap(at, -at) // unless it was heard at this moment
		return true
	}
	a.mu.Lock()
	if !a.ended && !a.absent.Load() {
		a.absent.Store(true)
		a.bridge.presence.Leave(a.User, a.state, a.lastHeard())
	}
	a.mu.Unlock()
	if a.heard.Load() > 0 { // hear may have looked before it was absent
		a.comeBack()
	}
	return false
}

// comeBack makes the attachment count for its user's presence again.
func (a *attachment) comeBack() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended && a.absent.Load() {
		a.absent.Store(false)
		a.bridge.presence.Enter(a.User, a.state)
	}
}
