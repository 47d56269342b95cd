package pipe

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// New makes the two ends of a connection, each of which holds up to size bytes that its peer has yet to read. In all
// else they are as those of [net.Pipe]: deadlines work, writes of several goroutines do not mix, and whoever closes an end ends
// what waits at either. What was written before that can still be read, as from a socket.
func New(size int) (net.Conn, net.Conn) {
	there, back := newFlow(size), newFlow(size)
	return &end{in: back, out: there}, &end{in: there, out: back}
}

// end is one end of a connection. All of its methods may be called concurrently.
type end struct {
	in, out *flow
	writing sync.Mutex // held for a whole Write
}

// Read implements [io.Reader].
func (e *end) Read(b []byte) (int, error) { return e.in.read(b) }

// Write implements [io.Writer].
func (e *end) Write(b []byte) (int, error) {
	e.writing.Lock()
	defer e.writing.Unlock()
	return e.out.write(b)
}

// Close implements [net.Conn].
func (e *end) Close() error {
	e.out.closeBy(&e.out.writer)
	e.in.closeBy(&e.in.reader)
	return nil
}

// SetDeadline implements [net.Conn].
func (e *end) SetDeadline(t time.Time) error {
	if err := e.SetReadDeadline(t); err != nil {
		return err
	}
	return e.SetWriteDeadline(t)
}

// SetReadDeadline implements [net.Conn].
func (e *end) SetReadDeadline(t time.Time) error { return e.in.setDeadline(&e.in.reader, t) }

// SetWriteDeadline implements [net.Conn].
func (e *end) SetWriteDeadline(t time.Time) error { return e.out.setDeadline(&e.out.writer, t) }

// LocalAddr implements [net.Conn].
func (e *end) LocalAddr() net.Addr { return addr{} }

// RemoteAddr implements [net.Conn].
func (e *end) RemoteAddr() net.Addr { return addr{} }

// addr is the address of every end, as that of [net.Pipe].
type addr struct{}

// Network implements [net.Addr].
func (addr) Network() string { return "pipe" }

func (addr) String() string { return "pipe" }

// flow is what goes one way: a ring of bytes between a writer and a reader.
type flow struct {
	mu     sync.Mutex // protects following
	ring   []byte
	first  int // of the bytes that are held
	held   int
	writer side
	reader side
}

// side is one of the two that a flow is between.
type side struct {
	changed  *sync.Cond // something that this side may wait for
	deadline time.Time
	closed   bool
}

func newFlow(size int) *flow {
	f := &flow{ring: make([]byte, size)}
	f.writer.changed, f.reader.changed = sync.NewCond(&f.mu), sync.NewCond(&f.mu)
	return f
}

func (f *flow) read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.reader.closed:
			return 0, io.ErrClosedPipe
		case f.writer.closed && f.held == 0:
			return 0, io.EOF
		case f.reader.late():
			return 0, os.ErrDeadlineExceeded
		case f.held > 0 || len(b) == 0:
			n := f.take(b)
			f.writer.changed.Broadcast()
			return n, nil
		}
		f.reader.wait()
	}
}

func (f *flow) write(b []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.writer.closed || f.reader.closed:
			return n, io.ErrClosedPipe
		case f.writer.late():
			return n, os.ErrDeadlineExceeded
		}
		k := f.put(b[n:])
		if n += k; k > 0 {
			f.reader.changed.Broadcast()
		}
		if n == len(b) {
			return n, nil
		}
		f.writer.wait()
	}
}

// put holds as much of b as there is room for.
func (f *flow) put(b []byte) (n int) {
	for n < len(b) && f.held < len(f.ring) {
		at := (f.first + f.held) % len(f.ring)
		room := f.ring[at:min(at+len(f.ring)-f.held, len(f.ring))]
		k := copy(room, b[n:])
		n, f.held = n+k, f.held+k
	}
	return n
}

// take gives out as much as is held, or b takes.
func (f *flow) take(b []byte) (n int) {
	for n < len(b) && f.held > 0 {
		k := copy(b[n:], f.ring[f.first:min(f.first+f.held, len(f.ring))])
		n, f.held, f.first = n+k, f.held-k, (f.first+k)%len(f.ring)
	}
	return n
}

// closeBy closes one side's end of the flow.
func (f *flow) closeBy(s *side) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.closed = true
	f.writer.changed.Broadcast()
	f.reader.changed.Broadcast()
}

func (f *flow) setDeadline(s *side, t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.writer.closed || f.reader.closed {
		return io.ErrClosedPipe
	}
	s.deadline = t
	s.changed.Broadcast() // whoever waits until another time
	return nil
}

func (s *side) late() bool { return !s.deadline.IsZero() && !time.Now().Before(s.deadline) }

// wait waits until something has changed or the deadline has come. A deadline costs a timer only here: most are set and lifted
// again without anybody having waited.
func (s *side) wait() {
	if !s.deadline.IsZero() {
		timer := time.AfterFunc(time.Until(s.deadline), func() {
			s.changed.L.Lock() // after the waiter waits
			defer s.changed.L.Unlock()
			s.changed.Broadcast()
		})
		defer timer.Stop()
	}
	s.changed.Wait()
}
