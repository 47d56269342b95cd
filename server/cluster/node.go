package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	restartAfter = 5 * time.Second // long enough to see what the others do without it
	readyPrefix  = "natterjack: ready "
)

// node is one node's process, and the next where it ends.
type node struct {
	name  string
	ready chan string // its addresses, the first time

	command func(context.Context) *exec.Cmd
	cancel  context.CancelFunc
	ctx     context.Context //nolint:containedctx // the life of the node: stop ends it, run heeds it
	done    chan struct{}   // closed when run has returned
}

func newNode(name, binary, conf string, environ []string) *node {
	n := &node{name: name, ready: make(chan string, 1), done: make(chan struct{})}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.command = func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, binary, "--config", conf) //nolint:gosec // what was built a moment ago
		cmd.Env = environ
		cmd.Cancel = func() error { return interrupt(cmd.Process) }
		apart(cmd)
		return cmd
	}
	return n
}

// run keeps a process running until stop.
func (n *node) run() {
	defer close(n.done)
	for n.ctx.Err() == nil {
		err := n.once()
		if n.ctx.Err() != nil {
			n.say("stopped")
			return
		}
		n.say(fmt.Sprintf("ended (%v), will be started again in %v", err, restartAfter))
		select {
		case <-time.After(restartAfter):
		case <-n.ctx.Done():
		}
	}
}

// once runs a process to its end.
func (n *node) once() error {
	cmd := n.command(n.ctx)
	out, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		return err
	}
	var copying sync.WaitGroup
	copying.Go(func() { n.copy(out) })
	err := cmd.Wait()
	_ = writer.Close()
	copying.Wait()
	return err
}

// copy passes a process's lines on under its name.
func (n *node) copy(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if addresses, ok := strings.CutPrefix(lines.Text(), readyPrefix); ok {
			select {
			case n.ready <- addresses:
			default: // it was announced before
			}
		}
		n.say(lines.Text())
	}
	_, _ = io.Copy(io.Discard, out) // after a line too long, so that the process does not block
}

func (n *node) say(line string) { fmt.Fprintf(os.Stderr, "%s | %s\n", n.name, line) }

// stop interrupts the process and waits for its end.
func (n *node) stop() {
	n.cancel()
	<-n.done
}
