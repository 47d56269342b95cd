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

// stopTimeout is how long a process may take to stop by itself. A server of ours hands in its
// writers and drains first, within 15 s by contract; the rest is for a loaded machine.
const stopTimeout = 90 * time.Second

// Spec is a process to start.
type Spec struct {
	Name   string // for messages
	Path   string
	Args   []string
	Dir    string                        // this process's own where empty
	Env    []string                      // all of it; this process's own where nil
	Output io.Writer                     // takes what the process says, on either of its outputs; may be nil
	Ready  func(line string) (done bool) // called with each line until it is true, one by one; nil: always
	Apart  bool                          // it outlives this process, and hears nothing of its terminal
}

// Process is one process, from its start to its end. Its methods may be called concurrently.
type Process struct {
	Name  string
	PID   int
	Ready <-chan struct{} // closed when it has said that it is ready
	Done  <-chan struct{} // closed when it has ended, and all that it said is taken

	cmd   *exec.Cmd
	out   *output
	began time.Time
	err   error // how it ended; to be read after Done
}

// Start starts a process and does not wait for anything. Whoever starts it ends it, and waits for
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

// Launch starts a process and waits until it is ready, at most until ctx ends or limit has passed;
// one that is not is ended. The process outlives ctx: whoever starts it stops it.
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

// AwaitReady waits until the process is ready, at most until ctx ends or limit has passed. It does
// not end the process.
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

// Alive reports, as an error, a process that has ended.
func (p *Process) Alive() error {
	if p.Running() {
		return nil
	}
	return fmt.Errorf("%s ended: %w", p.Name, p.ended())
}

// ended tells how the process ended, and what it said last.
func (p *Process) ended() error {
	how := p.err
	if how == nil {
		how = errors.New("exit status 0")
	}
	return fmt.Errorf("%w; its last words:\n%s", how, p.LastWords())
}

// Err returns how the process ended: nil where that was a good end. It is for after Done.
func (p *Process) Err() error { return p.err }

// How says how the process ended, in words. It is for after Done.
func (p *Process) How() string { return p.cmd.ProcessState.String() }

// Killed reports whether a signal that cannot be caught ended the process. It is for after Done.
func (p *Process) Killed() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// Signal is for what ends, stops and continues a process.
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

// Stop asks the process to end and waits for that; after stopTimeout it is killed, which is an
// error. How it ends otherwise, [Process.Err] tells. Safe to repeat.
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

// LastWords returns the end of what the process has said.
func (p *Process) LastWords() string { return p.out.last() }
