//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"natterjack/internal/nodeproc"
)

// shell runs commands in one directory. It keeps the background commands running until it is
// closed.
type shell struct {
	dir     string
	exports string // put before every command
	running []*nodeproc.Process
}

// do runs a step and checks its output.
func (s *shell) do(ctx context.Context, st step) error {
	if st.command == stopHere {
		s.close()
		return nil
	}
	if strings.HasPrefix(st.command, "export ") {
		s.exports += st.command + "\n"
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	printed := new(output)
	p, err := nodeproc.Start(s.command(st, printed))
	if err != nil {
		return err
	}
	if !st.background {
		return s.wait(ctx, p, st, printed)
	}
	s.running = append(s.running, p)
	return poll(ctx, func() error { return st.judge(printed.lines()) })
}

// command returns the process of a step. "go run" has child processes. They are independent of
// this process, and end together.
func (s *shell) command(st step, printed *output) nodeproc.Spec {
	args := []string{"bash", "-c", s.exports + st.command}
	if st.terminal {
		args = []string{"script", "--quiet", "--return", "--flush", "--command", s.exports + st.command, "/dev/null"}
	}
	bin := filepath.Join(s.dir, "bin")
	return nodeproc.Spec{
		Name: st.command, Path: args[0], Args: args[1:], Dir: s.dir, Output: printed, Apart: true,
		Env: append(os.Environ(), "GOBIN="+bin, "XDG_CONFIG_HOME="+filepath.Join(s.dir, "config"), "PATH="+bin+":"+os.Getenv("PATH")),
	}
}

func (s *shell) wait(ctx context.Context, p *nodeproc.Process, st step, printed *output) error {
	stop := context.AfterFunc(ctx, func() { signalGroup(p, syscall.SIGKILL) })
	defer stop()
	<-p.Done
	if (p.Err() != nil) != st.fails || ctx.Err() != nil {
		return fmt.Errorf("%s, having printed:\n%s", p.How(), strings.Join(printed.lines(), "\n"))
	}
	return st.judge(printed.lines())
}

// close stops the background commands, the latest first, and waits for them.
func (s *shell) close() {
	for _, p := range slices.Backward(s.running) {
		signalGroup(p, syscall.SIGTERM)
		kill := time.AfterFunc(30*time.Second, func() { signalGroup(p, syscall.SIGKILL) })
		<-p.Done // it was told to end; the document does not promise how
		kill.Stop()
	}
	s.running = nil
}

// judge compares a command's output with the document. If the document has no output, any
// output is right. A background command may print more than the document has.
func (st step) judge(printed []string) error {
	said := st.output
	if st.background {
		said = append(append([]string{"…"}, said...), "…")
	}
	if len(st.output) == 0 || matches(said, printed) {
		return nil
	}
	return fmt.Errorf("the document says:\n%s\nit printed:\n%s", strings.Join(st.output, "\n"), strings.Join(printed, "\n"))
}

// poll calls ask until it returns no error or the time is over.
func poll(ctx context.Context, ask func() error) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func signalGroup(p *nodeproc.Process, sig syscall.Signal) { _ = syscall.Kill(-p.PID, sig) }

// output holds the output of a command so far. Its methods may be called concurrently.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Split(strings.TrimRight(o.text.String(), "\n"), "\n")
}
