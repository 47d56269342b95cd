package nodetest

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

// patience bounds every wait for something that is bound to happen. It is for a loaded machine, not for the expected case.
const patience = 90 * time.Second

// Node is one member of a cluster through all its lives, on the same data and the same ports. Its methods are for one goroutine.
type Node struct {
	Name    string
	URL     string   // of its HTTP listener
	NATS    int      // the port for services and operators, on loopback
	Command []string // to be changed before the first start only; the data directory comes last
	Life    *Life    // the present one, or the last; nil before the first

	tb      testing.TB
	dir     string
	setup   *setup
	environ []string
}

// New configures the nodes of a cluster, or with one a node that is alone. They end with the test at the latest. None is started yet.
func New(tb testing.TB, binary string, o Options) []*Node {
	tb.Helper()
	var nodes []*Node
	setups := newSetups(tb, &o)
	for i := range setups {
		n := newNode(tb, binary, &setups[i])
		tb.Cleanup(n.end)
		nodes = append(nodes, n)
	}
	return nodes
}

func newNode(tb testing.TB, binary string, s *setup) *Node {
	tb.Helper()
	n := &Node{Name: s.Name, URL: fmt.Sprintf("http://127.0.0.1:%d", s.HTTP), NATS: s.NATS, tb: tb, dir: tb.TempDir(), setup: s}
	n.Command = []string{binary, "--config", s.write(tb, n.dir), "--data", filepath.Join(n.dir, "data")}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "NATTERJACK_") { // what is said to the tests is not said to the server
			n.environ = append(n.environ, pair)
		}
	}
	n.environ = append(n.environ, s.environment...)
	return n
}

// Life is one process, from its start to its end.
type Life struct {
	Ready chan struct{} // closed when it has said that it is ready
	Done  chan struct{} // closed when it has ended

	cmd    *exec.Cmd
	err    error       // how it ended; to be read after done
	doomed atomic.Bool // its end is the test's doing
}

// Store changes the configuration of the node's storage, as of its next start.
func (n *Node) Store(block string) {
	n.tb.Helper()
	n.setup.Storage = block
	n.setup.write(n.tb, n.dir)
}

// Key is the file of the key that signs tokens, for further nodes that are to take them.
func (n *Node) Key() string { return n.setup.Key }

// Data is the node's data directory.
func (n *Node) Data() string { return filepath.Join(n.dir, "data") }

// Empty makes the node one whose disk was lost.
func (n *Node) Empty() {
	n.tb.Helper()
	if err := os.RemoveAll(n.Data()); err != nil {
		n.tb.Fatal(err)
	}
}

// Form makes nodes the members of one cluster which keeps so many copies, each as of its next start. They were the members of several
// before, or of a smaller one, and keep their names only where nobody else has them.
func Form(nodes []*Node, replicas int) {
	var routes []string
	for i, n := range nodes {
		n.setup.Name = fmt.Sprint("n", i+1)
		n.Name = n.setup.Name
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", n.setup.Route))
	}
	for _, n := range nodes {
		n.setup.Routes, n.setup.Replicas = strings.Join(routes, ", "), replicas
		n.setup.write(n.tb, n.dir)
	}
}

// Configure has the node ask for so many copies of everything, as of its next start.
func (n *Node) Configure(replicas int) {
	n.tb.Helper()
	n.setup.Replicas = replicas
	n.setup.write(n.tb, n.dir)
}

// Do runs a command of the node's program, with its configuration, to its end, and returns what that printed.
func (n *Node) Do(args ...string) string {
	n.tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(n.tb.Context()), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, n.Command[0], append(slices.Clip(args), n.Command[1:]...)...)
	cmd.Env, cmd.SysProcAttr = n.environ, endWithParent()
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		n.tb.Fatalf("%v: %v\n%s%s", args, err, &out, &log)
	}
	return out.String()
}

// Begin starts a process. Env is added to what the node always has.
func (n *Node) Begin(env ...string) *Life {
	n.tb.Helper()
	log, err := os.OpenFile(n.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.tb.Fatal(err)
	}
	l := &Life{Ready: make(chan struct{}), Done: make(chan struct{})}
	out := &output{to: log, ready: l.Ready}
	fmt.Fprintf(log, "==== %s begins %v\n", n.Name, env)
	l.cmd = exec.CommandContext(context.WithoutCancel(n.tb.Context()), n.Command[0], n.Command[1:]...)
	l.cmd.Env = append(slices.Clip(n.environ), env...)
	l.cmd.Stdout, l.cmd.Stderr = out, out
	l.cmd.SysProcAttr = endWithParent()
	if err := l.cmd.Start(); err != nil {
		n.tb.Fatal(err)
	}
	go func() { // ends with the process, for which end waits
		defer close(l.Done)
		l.err = l.cmd.Wait()
		_ = log.Close()
	}()
	n.Life = l
	return l
}

// Start starts the node and waits until it is ready.
func (n *Node) Start(env ...string) {
	n.tb.Helper()
	n.Begin(env...)
	n.AwaitReady()
}

// StartAll starts nodes at once and waits until all are ready.
func StartAll(nodes []*Node) {
	for _, n := range nodes {
		n.Begin()
	}
	for _, n := range nodes {
		n.AwaitReady()
	}
}

// AwaitReady waits until the node is ready that has begun.
func (n *Node) AwaitReady() {
	n.tb.Helper()
	select {
	case <-n.Life.Ready:
	case <-n.Life.Done:
		n.tb.Fatalf("%s ended before it was ready: %v", n.Name, n.Life.err)
	case <-time.After(patience):
		n.tb.Fatalf("%s was not ready within %v", n.Name, patience)
	}
}

// Running is false once the process has ended.
func (l *Life) Running() bool {
	select {
	case <-l.Done:
		return false
	default:
		return true
	}
}

// Doom says that the end of the process will be the test's doing.
func (l *Life) Doom() { l.doomed.Store(true) }

// Kill ends the process as kill -9 does, and waits until it is gone.
func (n *Node) Kill() {
	n.Life.Doom()
	_ = n.Life.cmd.Process.Kill() // it may be gone already
	<-n.Life.Done
}

// Stop asks the process to end, waits for it, and returns how long it took.
func (n *Node) Stop() time.Duration {
	n.tb.Helper()
	began := time.Now()
	n.Life.Doom()
	n.Signal(syscall.SIGTERM)
	select {
	case <-n.Life.Done:
		if n.Life.err != nil {
			n.tb.Errorf("%s was asked to stop and ended with: %v", n.Name, n.Life.err)
		}
	case <-time.After(patience):
		n.tb.Errorf("%s was asked to stop and has not within %v", n.Name, patience)
		n.Kill()
	}
	return time.Since(began)
}

// Signal is for what ends, stops and continues a process.
func (n *Node) Signal(s syscall.Signal) {
	n.tb.Helper()
	if err := n.Life.cmd.Process.Signal(s); err != nil {
		n.tb.Errorf("%v to %s: %v", s, n.Name, err)
	}
}

// AwaitSuicide waits until the process has killed itself.
func (n *Node) AwaitSuicide(ctx context.Context) error {
	select {
	case <-n.Life.Done:
	case <-ctx.Done():
		return fmt.Errorf("%s lives: %w", n.Name, context.Cause(ctx))
	}
	status, ok := n.Life.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("%s ended otherwise: %w", n.Name, n.Life.err)
	}
	return nil
}

// end ends what still runs and reports what should have. It is the last thing that happens to a node.
func (n *Node) end() {
	if n.Life == nil {
		return
	}
	if !n.Life.Running() && !n.Life.doomed.Load() {
		n.tb.Errorf("%s ended although nobody asked it to: %v", n.Name, n.Life.err)
	}
	n.Kill()
	n.readLog()
}

func (n *Node) logFile() string { return filepath.Join(n.dir, "log") }

// readLog reports what must never be in a log, and keeps the log where go test -artifacts says.
func (n *Node) readLog() {
	log, err := os.ReadFile(n.logFile())
	if err != nil {
		n.tb.Error(err)
		return
	}
	for _, word := range []string{"panic:", "fatal error:", "DATA RACE"} {
		if i := bytes.Index(log, []byte(word)); i >= 0 {
			n.tb.Errorf("%s: %.4000s", n.Name, log[i:])
		}
	}
	if err := os.WriteFile(filepath.Join(n.tb.ArtifactDir(), n.Name+".log"), log, 0o600); err != nil { //nolint:gosec // below a directory of the test's own
		n.tb.Error(err)
	}
	if !n.tb.Failed() {
		return
	}
	const lines = 60
	all := bytes.Split(bytes.TrimSpace(log), []byte{'\n'})
	n.tb.Logf("the last words of %s, all of which go test -artifacts keeps:\n%s", n.Name,
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
