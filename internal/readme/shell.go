//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// shell runs commands in one directory, and keeps those in the background until it is closed.
type shell struct {
	dir     string
	exports string // put before every command
	running []*exec.Cmd
}

// do runs a step and judges what it prints.
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
	cmd := s.command(st, printed)
	if err := cmd.Start(); err != nil {
		return err
	}
	if !st.background {
		return s.wait(ctx, cmd, st, printed)
	}
	s.running = append(s.running, cmd)
	return poll(ctx, func() error { return st.judge(printed.lines()) })
}

// command is not bound to a context: a command in the background outlives its step, and close ends it.
func (s *shell) command(st step, printed *output) *exec.Cmd {
	args := []string{"bash", "-c", s.exports + st.command}
	if st.terminal {
		args = []string{"script", "--quiet", "--return", "--flush", "--command", s.exports + st.command, "/dev/null"}
	}
	cmd := exec.Command(args[0], args[1:]...) //nolint:noctx,gosec // see above; commands are what this program is about
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GOBIN="+filepath.Join(s.dir, "bin"), "PATH="+filepath.Join(s.dir, "bin")+":"+os.Getenv("PATH"))
	cmd.Stdout, cmd.Stderr = printed, printed
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // "go run" has children; they end together
	return cmd
}

func (s *shell) wait(ctx context.Context, cmd *exec.Cmd, st step, printed *output) error {
	stop := context.AfterFunc(ctx, func() { signalGroup(cmd, syscall.SIGKILL) })
	defer stop()
	err := cmd.Wait()
	if (err != nil) != st.fails || ctx.Err() != nil {
		return fmt.Errorf("%s, having printed:\n%s", cmd.ProcessState, strings.Join(printed.lines(), "\n"))
	}
	return st.judge(printed.lines())
}

// close ends what runs in the background, the latest first, and waits for it.
func (s *shell) close() {
	for _, cmd := range slices.Backward(s.running) {
		signalGroup(cmd, syscall.SIGTERM)
		kill := time.AfterFunc(30*time.Second, func() { signalGroup(cmd, syscall.SIGKILL) })
		_ = cmd.Wait() // it was told to end; how it did is not what the document promises
		kill.Stop()
	}
	s.running = nil
}

// judge compares what a command printed with what the document says. Where it says nothing, anything goes. What the
// background prints may go on after what is said.
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

// poll asks until there is no error or no time.
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

func signalGroup(cmd *exec.Cmd, sig syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, sig) }

// output is what a command has printed so far. Its methods may be called concurrently.
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
