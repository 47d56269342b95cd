package picture

import (
	"context"
	"io"
	"runtime"
	"time"
)

const (
	// turn is how long a picture is worked on before other goroutines get their turn. Go itself
	// lets a goroutine run for 10 ms, which is more than a message takes.
	turn = 200 * time.Microsecond
	// sip is how much a decoder gets at once. A progressive picture can hold dozens of
	// passes over all its pixels in that many bytes, and is stopped between two reads only.
	sip = 512
)

// newPace returns a function that is called often during the work on a picture. It lets other
// goroutines run from time to time, and fails once the context is done.
func newPace(ctx context.Context) func() error {
	last := time.Now()
	return func() error {
		if now := time.Now(); now.Sub(last) > turn {
			runtime.Gosched()
			last = time.Now()
		}
		return ctx.Err()
	}
}

// reader makes a reader of a function.
type reader func(p []byte) (int, error)

func (f reader) Read(p []byte) (int, error) { return f(p) }

// writer makes a writer of a function.
type writer func(p []byte) (int, error)

func (f writer) Write(p []byte) (int, error) { return f(p) }

// sips returns a reader that keeps the pace.
func sips(r io.Reader, pace func() error) io.Reader {
	return reader(func(p []byte) (int, error) {
		if err := pace(); err != nil {
			return 0, err
		}
		return r.Read(p[:min(len(p), sip)])
	})
}

// paced returns a writer that keeps the pace.
func paced(w io.Writer, pace func() error) io.Writer {
	return writer(func(p []byte) (int, error) {
		if err := pace(); err != nil {
			return 0, err
		}
		return w.Write(p)
	})
}
