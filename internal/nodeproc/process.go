package nodeproc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// stopTimeout is how long a process may take to stop by itself. By contract our server hands
// over its writers and drains within 15 s. The rest is for a loaded machine.
const stopTimeout = 90 * time.Second

// Spec is a process to start.
type Spec struct {
	Name   string // for messages
	Path   string
	Args   []string
	Dir    string    // this process's own if empty
	Env    []string  // all of it; this process's own if nil
	Output io.Writer // gets standard output and error; may be nil
	// Ready is called with each line, one at a time, until it returns true. If it is nil, the
	// process counts as ready at once.
	Ready func(line string) (done bool)
	Apart bool // the process outlives this one and gets no signals of its terminal
}

// Process is one process, from its start to its end. Its methods may be called concurrently.
type Process struct {
	Name  string
	PID   int
	Ready <-chan struct{} // closed when the process has reported that it is ready
	Done  <-chan struct{} // closed when it has ended and all its output is read

	cmd   *exec.Cmd
	out   *output
	began time.Time
	err   error // how it ended; read it only after Done
}

// Start starts a process and does not wait for anything. The caller ends it, and waits for
// Done.
func Start(spec Spec) (*Process, error) {
	out := newOutput(spec.Output, spec.Ready)
	cmd := exec.Command(spec.Path, spec.Args...) //nolint:noctx,gosec // it is ended by signals; what it is, is the caller's business
	cmd.Dir, cmd.Env = spec.Dir, spec.Env
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = attributes(spec.Apart)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	done := make(chan struct{})
	p := &Process{Name: spec.Name, PID: cmd.Process.Pid, Ready: out.ready, Done: done, cmd: cmd, out: out, began: began}
	go func() { // ends with the process
		defer close(done)
		p.err = cmd.Wait()
	}()
	return p, nil
}

// Launch starts a process and waits until it is ready, at most until ctx ends or limit has
// passed. A process that is not ready by then is ended. The process outlives ctx: the caller
// stops it.
func Launch(ctx context.Context, spec Spec, limit time.Duration) (*Process, error) {
	p, err := Start(spec)
	if err != nil {
		return nil, err
	}
	if err := p.AwaitReady(ctx, limit); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// AwaitReady waits until the process is ready, at most until ctx ends or limit has passed. It
// does not end the process.
func (p *Process) AwaitReady(ctx context.Context, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.Ready:
		return nil
	case <-p.Done:
		return fmt.Errorf("%s ended before it was ready: %w", p.Name, p.ended())
	case <-timer.C:
		return fmt.Errorf("%s was not ready within %v; its last words:\n%s", p.Name, limit, p.LastWords())
	case <-ctx.Done():
		return fmt.Errorf("%s was not ready: %w", p.Name, context.Cause(ctx))
	}
}

// Took returns how long the process needed to be ready.
func (p *Process) Took() time.Duration { return p.out.readyAt().Sub(p.began) }

// Running reports whether the process has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.Done:
		return false
	default:
		return true
	}
}

// Alive returns an error if the process has ended.
func (p *Process) Alive() error {
	if p.Running() {
		return nil
	}
	return fmt.Errorf("%s ended: %w", p.Name, p.ended())
}

// ended returns an error that tells how the process ended, and the end of its output.
func (p *Process) ended() error {
	how := p.err
	if how == nil {
		how = errors.New("exit status 0")
	}
	return fmt.Errorf("%w; its last words:\n%s", how, p.LastWords())
}

// Err returns how the process ended: nil if it exited without an error. Call it after Done.
func (p *Process) Err() error { return p.err }

// How returns how the process ended, in words. Call it after Done.
func (p *Process) How() string { return p.cmd.ProcessState.String() }

// Killed reports whether a signal that cannot be caught ended the process. Call it after Done.
func (p *Process) Killed() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// Signal sends a signal that ends, stops or continues a process.
func (p *Process) Signal(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("%v to %s: %w", s, p.Name, err)
	}
	return nil
}

// Kill ends the process as kill -9 does, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.Done
}

// Stop asks the process to end and waits for it. After stopTimeout it kills the process, which
// is an error. In other cases [Process.Err] tells how the process ended. Stop may be called
// again.
func (p *Process) Stop() error {
	if err := interrupt(p.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.Kill()
		return fmt.Errorf("stop %s: %w", p.Name, err)
	}
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-p.Done:
		return nil
	case <-timer.C:
	}
	p.Kill()
	return fmt.Errorf("%s did not stop within %v and was killed; its last words:\n%s", p.Name, stopTimeout, p.LastWords())
}

// LastWords returns the end of the process's output.
func (p *Process) LastWords() string { return p.out.last() }
