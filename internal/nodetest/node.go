package nodetest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"natterjack/internal/nodeproc"
)

// patience bounds every wait for an event that must happen. It is meant for a loaded machine,
// not for the usual case.
const patience = 90 * time.Second

// Node is one member of a cluster. It keeps the same data and the same ports over all its
// starts. Its methods are for one goroutine.
type Node struct {
	Name    string
	URL     string   // of its HTTP listener
	NATS    int      // the port for services and operators, on loopback
	Command []string // to be changed between starts only; the data directory comes last
	Life    *Life    // the present process, or the last one; nil before the first

	tb      testing.TB
	dir     string
	config  *nodeproc.Config
	environ []string
	log     *os.File // of all processes; nil before the first
}

// New configures the nodes of a cluster, or a single node. They end with the test at the
// latest. New does not start them.
func New(tb testing.TB, binary string, o Options) []*Node {
	tb.Helper()
	var nodes []*Node
	for _, c := range newConfigs(tb, &o) {
		n := newNode(tb, binary, c)
		tb.Cleanup(n.end)
		nodes = append(nodes, n)
	}
	return nodes
}

func newNode(tb testing.TB, binary string, c *nodeproc.Config) *Node {
	tb.Helper()
	n := &Node{Name: c.Name, URL: "http://" + c.HTTP, NATS: portOf(tb, c.NATS), tb: tb, dir: tb.TempDir(), config: c}
	n.Command = []string{binary, "--config", n.write(), "--data", filepath.Join(n.dir, "data")}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "NATTERJACK_") { // variables for the tests are not passed to the server
			n.environ = append(n.environ, pair)
		}
	}
	n.environ = append(n.environ, nodeproc.Passwords()...)
	return n
}

// write writes the configuration and returns its path.
func (n *Node) write() string {
	n.tb.Helper()
	path, err := n.config.Write(n.dir)
	if err != nil {
		n.tb.Fatal(err)
	}
	return path
}

// Life is one process of a node, from its start to its end.
type Life struct {
	*nodeproc.Process

	doomed atomic.Bool // whether the test ends it
}

// Store changes the configuration of the node's storage, from its next start on.
func (n *Node) Store(block string) {
	n.tb.Helper()
	n.config.Storage = block
	n.write()
}

// SignIn returns the directory in which clients find the secret of the development sign-in. It
// is a data directory without the data, and the same for all nodes that accept the same tokens.
func (n *Node) SignIn() string { return filepath.Dir(n.config.SignIn) }

// Data returns the node's data directory.
func (n *Node) Data() string { return filepath.Join(n.dir, "data") }

// Empty deletes the node's data, as if its disk were lost.
func (n *Node) Empty() {
	n.tb.Helper()
	if err := os.RemoveAll(n.Data()); err != nil {
		n.tb.Fatal(err)
	}
}

// Form makes nodes the members of one cluster that keeps the given number of copies. It takes
// effect at each node's next start. Before, they were members of several clusters, or of a
// smaller one, so Form names them n1, n2 and so on.
func Form(nodes []*Node, replicas int) {
	var routes []string
	for i, n := range nodes {
		n.config.Name = fmt.Sprint("n", i+1)
		n.Name = n.config.Name
		routes = append(routes, "nats://"+n.config.Route)
	}
	for _, n := range nodes {
		n.config.Routes, n.config.Replicas = strings.Join(routes, ", "), replicas
		n.write()
	}
}

// Configure sets the number of copies that the node asks for, from its next start on.
func (n *Node) Configure(replicas int) {
	n.tb.Helper()
	n.config.Replicas = replicas
	n.write()
}

// Do runs a command of the node's program with its configuration, waits for its end, and
// returns its output.
func (n *Node) Do(args ...string) string {
	n.tb.Helper()
	var said bytes.Buffer
	p, err := nodeproc.Start(nodeproc.Spec{
		Name: strings.Join(args, " "), Path: n.Command[0], Args: append(slices.Clip(args), n.Command[1:]...), Env: n.environ, Output: &said,
	})
	if err != nil {
		n.tb.Fatal(err)
	}
	select {
	case <-p.Done:
	case <-time.After(patience):
	}
	p.Kill()
	if p.Err() != nil {
		n.tb.Fatal(p.Alive())
	}
	return said.String()
}

// Begin starts a process. env is added to the environment that the node always has.
func (n *Node) Begin(env ...string) *Life {
	n.tb.Helper()
	if n.log == nil {
		var err error
		if n.log, err = os.OpenFile(n.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			n.tb.Fatal(err)
		}
	}
	fmt.Fprintf(n.log, "==== %s begins %v\n", n.Name, env)
	p, err := nodeproc.Start(nodeproc.Spec{
		Name: n.Name, Path: n.Command[0], Args: n.Command[1:], Env: append(slices.Clip(n.environ), env...),
		Output: n.log, Ready: nodeproc.IsReady,
	})
	if err != nil {
		n.tb.Fatal(err)
	}
	n.Life = &Life{Process: p}
	return n.Life
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

// AwaitReady waits until the started node is ready.
func (n *Node) AwaitReady() {
	n.tb.Helper()
	if err := n.Life.AwaitReady(context.WithoutCancel(n.tb.Context()), patience); err != nil {
		n.tb.Fatal(err)
	}
}

// Doom says that the test will end the process.
func (l *Life) Doom() { l.doomed.Store(true) }

// Kill ends the process as kill -9 does, and waits until it is gone.
func (n *Node) Kill() {
	n.Life.Doom()
	n.Life.Kill()
}

// Stop asks the process to end, waits for it, and returns how long it took.
func (n *Node) Stop() time.Duration {
	n.tb.Helper()
	if err := n.Life.Alive(); err != nil {
		n.tb.Error(err)
	}
	began := time.Now()
	n.Life.Doom()
	if err := n.Life.Stop(); err != nil {
		n.tb.Error(err)
	} else if err := n.Life.Err(); err != nil {
		n.tb.Errorf("%s was asked to stop and ended with: %v", n.Name, err)
	}
	return time.Since(began)
}

// Signal sends a signal that ends, stops or continues a process.
func (n *Node) Signal(s syscall.Signal) {
	n.tb.Helper()
	if err := n.Life.Signal(s); err != nil {
		n.tb.Error(err)
	}
}

// AwaitSuicide waits until the process has killed itself.
func (n *Node) AwaitSuicide(ctx context.Context) error {
	select {
	case <-n.Life.Done:
	case <-ctx.Done():
		return fmt.Errorf("%s lives: %w", n.Name, context.Cause(ctx))
	}
	if !n.Life.Killed() {
		return fmt.Errorf("%s ended otherwise: %w", n.Name, n.Life.Err())
	}
	return nil
}

// end ends a process that still runs, and reports one that should still run but has ended. It
// is called last.
func (n *Node) end() {
	if n.Life == nil {
		return
	}
	if !n.Life.Running() && !n.Life.doomed.Load() {
		n.tb.Errorf("%s ended although nobody asked it to: %v", n.Name, n.Life.Err())
	}
	n.Kill()
	_ = n.log.Close() // the process is gone
	n.readLog()
}

// Log returns all output of the node, from all its starts.
func (n *Node) Log() string {
	n.tb.Helper()
	log, err := os.ReadFile(n.logFile())
	if err != nil {
		n.tb.Fatal(err)
	}
	return string(log)
}

func (n *Node) logFile() string { return filepath.Join(n.dir, "log") }

// readLog reports lines that must never be in a log. It keeps the log in the directory that go
// test -artifacts names.
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
