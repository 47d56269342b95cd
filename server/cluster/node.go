package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"natterjack/internal/nodeproc"
)

const (
	restartAfter = 5 * time.Second // long enough to see the others go on without it
	longestLine  = 64 << 10        // a longer one is passed on in parts
)

// node runs the process of one node, and starts a new one when it ends.
type node struct {
	name  string
	ready chan string // its addresses, once, when it is ready

	spec   nodeproc.Spec
	cancel context.CancelFunc
	ctx    context.Context //nolint:containedctx // the life of the node: stop ends it, run heeds it
	done   chan struct{}   // closed when run has returned
}

func newNode(name, binary, conf string, environ []string) *node {
	n := &node{name: name, ready: make(chan string, 1), done: make(chan struct{})}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.spec = nodeproc.Spec{Name: name, Path: binary, Args: []string{"--config", conf}, Env: environ, Ready: n.announce, Apart: true}
	return n
}

// announce passes on the addresses in a ready line.
func (n *node) announce(line string) bool {
	addresses, ready := nodeproc.Addresses(line)
	if ready {
		select {
		case n.ready <- addresses:
		default: // they were passed on before
		}
	}
	return ready
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

// once runs a process until it ends.
func (n *node) once() error {
	spec := n.spec
	spec.Output = &lines{to: n.say}
	p, err := nodeproc.Start(spec)
	if err != nil {
		return err
	}
	select {
	case <-p.Done:
		return p.Err()
	case <-n.ctx.Done():
		return p.Stop()
	}
}

// lines passes on the bytes that are written to it, line by line. Calls must not overlap.
type lines struct {
	to      func(string)
	partial []byte
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	for rest := p; ; {
		line, after, found := bytes.Cut(rest, []byte{'\n'})
		l.partial = append(l.partial, line...)
		if !found && len(l.partial) < longestLine {
			return len(p), nil
		}
		l.to(string(l.partial))
		if l.partial = l.partial[:0]; !found {
			return len(p), nil
		}
		rest = after
	}
}

func (n *node) say(line string) { fmt.Fprintf(os.Stderr, "%s | %s\n", n.name, line) }

// stop interrupts the process and waits for its end.
func (n *node) stop() {
	n.cancel()
	<-n.done
}
