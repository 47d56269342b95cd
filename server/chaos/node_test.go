package chaos_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// node is one member of the cluster through all its lives, on the same data and the same ports. Its methods are for
// one goroutine.
type node struct {
	tb      testing.TB
	name    string
	url     string // of its HTTP listener
	dir     string
	setup   *setup
	command []string
	environ []string
	life    *life
}

func newNode(tb testing.TB, binary string, s *setup) *node {
	tb.Helper()
	n := &node{tb: tb, name: s.Name, url: fmt.Sprintf("http://127.0.0.1:%d", s.HTTP), dir: tb.TempDir(), setup: s}
	n.command = []string{binary, "--config", s.write(tb, n.dir), "--data", filepath.Join(n.dir, "data")}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "NATTERJACK_") { // what is said to the tests is not said to the server
			n.environ = append(n.environ, pair)
		}
	}
	n.environ = append(n.environ, s.environment...)
	return n
}

// life is one process, from its start to its end.
type life struct {
	cmd    *exec.Cmd
	ready  chan struct{} // closed when it has said that it is ready
	done   chan struct{} // closed when it has ended
	err    error         // how it ended; to be read after done
	doomed atomic.Bool   // its end is the test's doing
}

// store changes the configuration of the node's storage, as of its next start.
func (n *node) store(block string) {
	n.tb.Helper()
	n.setup.Storage = block
	n.setup.write(n.tb, n.dir)
}

// begin starts a process. Env is added to what the node always has.
func (n *node) begin(env ...string) *life {
	n.tb.Helper()
	log, err := os.OpenFile(n.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.tb.Fatal(err)
	}
	l := &life{ready: make(chan struct{}), done: make(chan struct{})}
	out := &output{to: log, ready: l.ready}
	fmt.Fprintf(log, "==== %s begins %v\n", n.name, env)
	l.cmd = exec.CommandContext(context.WithoutCancel(n.tb.Context()), n.command[0], n.command[1:]...)
	l.cmd.Env = append(slices.Clip(n.environ), env...)
	l.cmd.Stdout, l.cmd.Stderr = out, out
	// The kernel kills it when the thread that started it ends. Go keeps its threads until the process itself ends, in
	// whatever way: then no server is left behind.
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := l.cmd.Start(); err != nil {
		n.tb.Fatal(err)
	}
	go func() { // ends with the process, for which end waits
		defer close(l.done)
		l.err = l.cmd.Wait()
		_ = log.Close()
	}()
	n.life = l
	return l
}

// start starts the node and waits until it is ready.
func (n *node) start(env ...string) {
	n.tb.Helper()
	n.begin(env...).awaitReady(n)
}

func (l *life) awaitReady(n *node) {
	n.tb.Helper()
	select {
	case <-l.ready:
	case <-l.done:
		n.tb.Fatalf("%s ended before it was ready: %v", n.name, l.err)
	case <-time.After(patience):
		n.tb.Fatalf("%s was not ready within %v", n.name, patience)
	}
}

// running is false once the process has ended.
func (l *life) running() bool {
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

// kill ends the process as kill -9 does, and waits until it is gone.
func (n *node) kill() {
	n.life.doomed.Store(true)
	_ = n.life.cmd.Process.Kill() // it may be gone already
	<-n.life.done
}

// stop asks the process to end, waits for it, and returns how long it took.
func (n *node) stop() time.Duration {
	n.tb.Helper()
	began := time.Now()
	n.life.doomed.Store(true)
	n.signal(syscall.SIGTERM)
	select {
	case <-n.life.done:
		if n.life.err != nil {
			n.tb.Errorf("%s was asked to stop and ended with: %v", n.name, n.life.err)
		}
	case <-time.After(patience):
		n.tb.Errorf("%s was asked to stop and has not within %v", n.name, patience)
		n.kill()
	}
	return time.Since(began)
}

// signal is for SIGTERM, SIGSTOP and SIGCONT.
func (n *node) signal(s syscall.Signal) {
	n.tb.Helper()
	if err := n.life.cmd.Process.Signal(s); err != nil {
		n.tb.Errorf("%v to %s: %v", s, n.name, err)
	}
}

// awaitSuicide waits until the process has killed itself.
func (n *node) awaitSuicide(ctx context.Context) error {
	select {
	case <-n.life.done:
	case <-ctx.Done():
		return fmt.Errorf("%s lives: %w", n.name, context.Cause(ctx))
	}
	status, ok := n.life.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("%s ended otherwise: %w", n.name, n.life.err)
	}
	return nil
}

// end ends what still runs and reports what should have. It is the last thing that happens to a node.
func (n *node) end() {
	if n.life == nil {
		return
	}
	if !n.life.running() && !n.life.doomed.Load() {
		n.tb.Errorf("%s ended although nobody asked it to: %v", n.name, n.life.err)
	}
	n.kill()
	n.readLog()
}

func (n *node) logFile() string { return filepath.Join(n.dir, "log") }

// readLog reports what must never be in a log, and keeps the log where go test -artifacts says.
func (n *node) readLog() {
	log, err := os.ReadFile(n.logFile())
	if err != nil {
		n.tb.Error(err)
		return
	}
	for _, word := range []string{"panic:", "fatal error:", "DATA RACE"} {
		if i := bytes.Index(log, []byte(word)); i >= 0 {
			n.tb.Errorf("%s: %.4000s", n.name, log[i:])
		}
	}
	if err := os.WriteFile(filepath.Join(n.tb.ArtifactDir(), n.name+".log"), log, 0o600); err != nil {
		n.tb.Error(err)
	}
	if !n.tb.Failed() {
		return
	}
	const lines = 60
	all := bytes.Split(bytes.TrimSpace(log), []byte{'\n'})
	n.tb.Logf("the last words of %s, all of which go test -artifacts keeps:\n%s", n.name,
		bytes.Join(all[max(0, len(all)-lines):], []byte{'\n'}))
}

// output writes a process's output to its log and looks for the line that says it is ready.
type output struct {
	to    *os.File
	ready chan struct{}

	mu   sync.Mutex // protects following
	line []byte     // as far as it has come
	said bool
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.line = append(o.line, p...); !o.said; {
		line, rest, found := bytes.Cut(o.line, []byte{'\n'})
		if !found {
			break
		}
		o.line = rest
		if bytes.HasPrefix(line, []byte("natterjack: ready ")) {
			o.said, o.line = true, nil
			close(o.ready)
		}
	}
	if o.said {
		o.line = nil
	}
	return o.to.Write(p)
}
