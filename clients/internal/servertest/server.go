// Package servertest runs the real server, built from this tree, for the tests of clients.
package servertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	buildTimeout = 5 * time.Minute
	readyTimeout = time.Minute
	stopTimeout  = 30 * time.Second
)

var (
	dirMu sync.Mutex
	dir   string // of what was built

	build = sync.OnceValues(func() (string, error) { return Build("server", "natterjack/server") })
)

// Build builds a command of this module into a directory that [Clean] removes.
func Build(name, pkg string) (file string, err error) {
	dirMu.Lock()
	defer dirMu.Unlock()
	if dir == "" {
		if dir, err = os.MkdirTemp("", "natterjack-servertest-"); err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	file = filepath.Join(dir, name)
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", file, pkg).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return file, nil
}

// Clean removes what was built. It is for the end of TestMain.
func Clean() {
	dirMu.Lock()
	defer dirMu.Unlock()
	_ = os.RemoveAll(dir) // what stays is in the directory for temporary files
}

// Server is a server process with a data directory and an address that stay the same over its lives.
type Server struct {
	URL string // http://127.0.0.1:port

	data, listen string
	life         *life
}

// life is one process.
type life struct {
	cmd    *exec.Cmd
	url    chan string // the address, once it is ready
	ended  chan error
	reader sync.WaitGroup
	log    *tail
}

// Start starts a server that ends with the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{data: tb.TempDir(), listen: "127.0.0.1:0"}
	tb.Cleanup(func() {
		if s.life != nil {
			s.Stop(tb)
		}
	})
	s.Again(tb)
	return s
}

// Again starts the server once more, after [Server.Kill] or [Server.Stop].
func (s *Server) Again(tb testing.TB) {
	tb.Helper()
	l, err := begin(s.data, s.listen)
	if err != nil {
		tb.Fatal(err)
	}
	s.life = l
	select {
	case url := <-l.url:
		if s.URL == "" {
			s.URL, s.listen = url, strings.TrimPrefix(url, "http://")
		}
		if url != s.URL {
			tb.Fatalf("the server is at %s, not at %s", url, s.URL)
		}
	case err := <-l.ended:
		tb.Fatalf("the server ended at once: %v\n%s", err, l.log)
	case <-time.After(readyTimeout):
		tb.Fatalf("the server is not ready after %v\n%s", readyTimeout, l.log)
	}
}

// Kill ends the process without a word.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	_ = s.end(tb, os.Kill) // no process ends well of that
}

// Stop asks the process to end, and fails the test where that is not a good end.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	log := s.life.log
	if err := s.end(tb, syscall.SIGTERM); err != nil {
		tb.Errorf("the server stopped with %v\n%s", err, log)
	}
}

func (s *Server) end(tb testing.TB, sig os.Signal) error {
	tb.Helper()
	l := s.life
	s.life = nil
	if err := l.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Errorf("signal the server: %v", err)
	}
	defer l.reader.Wait()
	select {
	case err := <-l.ended:
		return err
	case <-time.After(stopTimeout):
		_ = l.cmd.Process.Kill() // what follows tells of it
		return errors.Join(fmt.Errorf("no end within %v\n%s", stopTimeout, l.log), <-l.ended)
	}
}

func begin(data, listen string) (*life, error) {
	file, err := build()
	if err != nil {
		return nil, err
	}
	l := &life{url: make(chan string, 1), ended: make(chan error, 1), log: &tail{}}
	l.cmd = exec.Command(file, "--data", data, "--listen", listen, "--nats-listen", "127.0.0.1:0", "--drain", "1s") //nolint:noctx // it is ended by signals
	l.cmd.Stderr = l.log
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := l.cmd.Start(); err != nil {
		return nil, err
	}
	l.reader.Go(func() { l.read(out) })
	return l, nil
}

// read waits for the line that says the server is ready, and then for its end.
func (l *life) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 2 && words[1] == "ready" {
			select {
			case l.url <- words[2]:
			default:
			}
		}
	}
	l.ended <- l.cmd.Wait()
}

// tail keeps the end of a log.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailBytes = 64 << 10

// Write implements [io.Writer].
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailBytes; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

// String is what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
