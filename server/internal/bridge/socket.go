package bridge

import (
	"bytes"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// socket is the connection of a session. It has two writers: the library, which writes control
// frames, and the session's flush, which writes whole data frames.
//
// The two must never mix within a frame. The library (github.com/coder/websocket v1.8.15)
// writes everything through writeFrame in write.go. Header and payload go into its
// bufio.Writer, which is flushed once at the end of a final frame. Control frames are final,
// and at most 2+125 bytes: see section 5.5 of the RFC. handleControl refuses to echo longer
// pings, and CloseError.bytesErr refuses longer reasons. The buffer we hand to the library
// holds more than that, so a control frame is exactly one call of Write. Therefore one mutex
// over Write and send is enough. A net.Conn would keep two writes apart by itself, but it could
// not keep the rest of a cut frame ahead of the next write. Write checks anyway that it gets
// one whole control frame. If not, it breaks the connection rather than the framing.
//
// Write and send may be called concurrently.
type socket struct {
	net.Conn
	raw syscall.RawConn // of Conn; nil if nothing can be attempted

	mu    sync.Mutex // protects following; held over one frame's writes
	until time.Time  // the write deadline in force
	cut   []byte     // the rest of a data frame that the peer did not take in time; it goes out before anything else
	shut  bool       // no more data: a close frame is out, or a frame is cut
}

// deadlineSlack is how much later than [writeTimeout] the deadline of an attempt is set, which
// does not wait anyway. So the deadline is moved only every few seconds and not for each of ten
// thousand writes per second.
const deadlineSlack = 5 * time.Second

var (
	errSlow = errors.New("the client does not read what is sent to it")
	errTorn = errors.New("the library wrote something other than a control frame")
)

// send writes a data frame. It attempts the write first. If something is left, it calls
// a.blocks and then waits for the peer. An error ends the session; it is [errSlow] if the peer
// took nothing for [writeTimeout].
func (c *socket) send(frame []byte, a *attempt) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shut {
		return net.ErrClosed
	}
	rest, err := c.attempt(frame, a)
	if err == nil && len(rest) > 0 {
		a.blocks()
		rest, err = c.put(rest)
	}
	if err == nil {
		return nil
	}
	c.shut = true
	if len(rest) < len(frame) {
		c.cut = bytes.Clone(rest)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSlow
	}
	return err
}

// Write writes a control frame for the library. The rest of a cut frame goes out before the
// close frame, so that a slow peer that resumes in time can still read why it was closed.
func (c *socket) Write(p []byte) (int, error) {
	if !isControl(p) {
		return 0, errTorn
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	closing := p[0]&opMask == opClose
	if c.shut && !closing {
		return 0, net.ErrClosed
	}
	c.shut = c.shut || closing
	frame := p
	if len(c.cut) > 0 {
		frame = append(c.cut, p...)
		c.cut = nil
	}
	if _, err := c.put(frame); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (c *socket) attempt(frame []byte, a *attempt) ([]byte, error) {
	if c.raw == nil {
		return frame, nil
	}
	if err := c.extend(); err != nil { // a deadline that has passed would fail the attempt, too
		return frame, err
	}
	return a.put(c.raw, frame)
}

// put writes p and returns the part that was not written. A peer is slow when it takes nothing,
// not when it takes long for a large frame: after a timeout with progress put goes on.
//
// TLS cannot go on after a timeout. So any other connection than bare TCP is written to in pieces,
// each of which has its time. Its deadline does not stay either: TLS answers some messages by
// itself while it reads, and one answer after a deadline would break the connection.
func (c *socket) put(p []byte) ([]byte, error) {
	for len(p) > 0 {
		if err := c.limit(time.Now().Add(writeTimeout)); err != nil {
			return p, err
		}
		some := p
		if c.raw == nil {
			some = p[:min(len(p), piece)]
		}
		n, err := c.Conn.Write(some)
		p = p[n:]
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return p, err
		}
	}
	if c.raw == nil {
		return p, c.limit(time.Time{})
	}
	return p, nil
}

// extend moves the write deadline if it is nearer than [writeTimeout].
func (c *socket) extend() error {
	now := time.Now()
	if c.until.Sub(now) >= writeTimeout {
		return nil
	}
	return c.limit(now.Add(writeTimeout + deadlineSlack))
}

func (c *socket) limit(until time.Time) error {
	c.until = until
	return c.SetWriteDeadline(until)
}
