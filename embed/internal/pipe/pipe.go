package pipe

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// New makes the two ends of a connection. Each end buffers up to size bytes that its peer has
// not read yet. In every other way the ends behave like those of [net.Pipe]: deadlines work,
// writes of several goroutines do not mix, and closing one end ends the waits at both ends.
// What was written before the close can still be read, as from a socket.
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

// addr is the address of every end, like that of [net.Pipe].
type addr struct{}

// Network implements [net.Addr].
func (addr) Network() string { return "pipe" }

func (addr) String() string { return "pipe" }

// flow is one direction of the connection: a ring buffer between a writer and a reader.
type flow struct {
	mu     sync.Mutex // protects following
	ring   []byte
	first  int // index of the first byte held
	held   int
	writer side
	reader side
}

// side is the writer or the reader of a flow.
type side struct {
	changed  *sync.Cond // signals changes that this side may wait for
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

// put appends as much of b as there is room for.
func (f *flow) put(b []byte) (n int) {
	for n < len(b) && f.held < len(f.ring) {
		at := (f.first + f.held) % len(f.ring)
		room := f.ring[at:min(at+len(f.ring)-f.held, len(f.ring))]
		k := copy(room, b[n:])
		n, f.held = n+k, f.held+k
	}
	return n
}

// take moves bytes into b, as many as are held and fit.
func (f *flow) take(b []byte) (n int) {
	for n < len(b) && f.held > 0 {
		k := copy(b[n:], f.ring[f.first:min(f.first+f.held, len(f.ring))])
		n, f.held, f.first = n+k, f.held-k, (f.first+k)%len(f.ring)
	}
	return n
}

// closeBy closes the flow on one side.
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
	s.changed.Broadcast() // wakes goroutines that wait for an earlier deadline
	return nil
}

func (s *side) late() bool { return !s.deadline.IsZero() && !time.Now().Before(s.deadline) }

// wait waits until something has changed or the deadline has come. Only a wait makes a timer
// for the deadline: most deadlines are set and cleared again without any wait.
func (s *side) wait() {
	if !s.deadline.IsZero() {
		timer := time.AfterFunc(time.Until(s.deadline), func() {
			s.changed.L.Lock() // the lock makes sure that the waiter waits already
			defer s.changed.L.Unlock()
			s.changed.Broadcast()
		})
		defer timer.Stop()
	}
	s.changed.Wait()
}
