// Package servertest runs the real server, built from this tree, for the tests of clients.
package servertest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"natterjack/internal/nodeproc"
)

const readyTimeout = time.Minute

var (
	dirMu sync.Mutex
	dir   string // directory of the built commands
)

// Binary returns the server, which it builds once.
var Binary = sync.OnceValues(func() (string, error) { return Build("server", nodeproc.Server) })

// Build builds a command of this module into a directory that [Clean] removes.
func Build(name, pkg string) (file string, err error) {
	dirMu.Lock()
	defer dirMu.Unlock()
	if dir == "" {
		if dir, err = os.MkdirTemp("", "natterjack-servertest-"); err != nil {
			return "", err
		}
	}
	file = filepath.Join(dir, name)
	return file, nodeproc.Build(context.Background(), file, pkg)
}

// Clean removes the built commands. TestMain calls it at its end.
func Clean() {
	dirMu.Lock()
	defer dirMu.Unlock()
	_ = os.RemoveAll(dir) // a file that stays is in the directory for temporary files
}

// Server is a server process. Its data directory and address stay the same when it is started
// again.
type Server struct {
	URL  string // http://127.0.0.1:port
	Data string // its data directory, in which clients find the secret of the development sign-in

	listen string
	config string // a file, unless the server stores files itself
	life   *nodeproc.Process
}

// Start starts a server that ends with the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{Data: tb.TempDir(), listen: "127.0.0.1:0", config: storage(tb)}
	tb.Cleanup(func() {
		if s.life != nil {
			s.Stop(tb)
		}
	})
	s.Again(tb)
	return s
}

// storage returns a configuration for the real MinIO that .ci/minio has started, if it has. The
// server gets a bucket of its own there.
func storage(tb testing.TB) (file string) {
	tb.Helper()
	url := os.Getenv("MEDIA_S3_ENDPOINT")
	if url == "" {
		return ""
	}
	conf := &nodeproc.Config{NATS: "127.0.0.1:0", Media: fmt.Sprintf(
		"endpoint: %q, bucket: %q, access_key: $MEDIA_S3_ACCESS_KEY, secret_key: $MEDIA_S3_SECRET_KEY", url, "test-"+strings.ToLower(rand.Text()[:12]),
	)}
	file, err := conf.Write(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

// Again starts the server again, after [Server.Kill] or [Server.Stop].
func (s *Server) Again(tb testing.TB) {
	tb.Helper()
	file, err := Binary()
	if err != nil {
		tb.Fatal(err)
	}
	args := []string{"--data", s.Data, "--listen", s.listen, "--nats-listen", "127.0.0.1:0", "--drain", "1s"}
	if s.config != "" {
		args = append(args, "--config", s.config)
	}
	var at nodeproc.Listens
	s.life, err = nodeproc.Launch(tb.Context(), nodeproc.Spec{
		Name: "the server", Path: file, Args: args, Env: append(os.Environ(), nodeproc.Passwords()...), Ready: at.Hear,
	}, readyTimeout)
	if err != nil {
		tb.Fatal(err)
	}
	if s.URL == "" {
		s.URL, s.listen = at.HTTP, strings.TrimPrefix(at.HTTP, "http://")
	}
	if at.HTTP != s.URL {
		tb.Fatalf("the server is at %s, not at %s", at.HTTP, s.URL)
	}
}

// PID returns the process.
func (s *Server) PID() int { return s.life.PID }

// Kill kills the process.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	s.life.Kill()
	s.life = nil
}

// Stop asks the process to end, and fails the test if it does not end well.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	p := s.life
	s.life = nil
	if err := errors.Join(p.Stop(), p.Err()); err != nil {
		tb.Errorf("the server stopped with %v\n%s", err, p.LastWords())
	}
}
