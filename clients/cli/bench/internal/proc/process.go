package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// stopTimeout is how long a process may take to stop by itself. A server of ours hands in its writers and drains
// first, within 15 s by contract.
const stopTimeout = 20 * time.Second

// Spec is a process to start.
type Spec struct {
	Name  string // for messages
	Path  string
	Args  []string
	Env   []string                      // added to this process's own
	Ready func(line string) (done bool) // called with each line of output until it is true; one call at a time
}

// Process is a running child. Its methods may be called concurrently.
type Process struct {
	Name string
	PID  int
	Took time.Duration // from start to ready

	cmd  *exec.Cmd
	out  *output
	done chan struct{} // closed when the process has ended and its output is read
	err  error         // how it ended; to be read after done
}

// Start starts a process and waits until it is ready, at most until ctx ends or limit has passed. The process outlives
// ctx: whoever starts it stops it.
func Start(ctx context.Context, spec Spec, limit time.Duration) (*Process, error) {
	out := newOutput(spec.Ready)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), spec.Path, spec.Args...)
	cmd.Env = append(os.Environ(), spec.Env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = endWithParent()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	p := &Process{Name: spec.Name, PID: cmd.Process.Pid, cmd: cmd, out: out, done: make(chan struct{})}
	go p.wait() // ends with the process, for which Stop waits
	if err := p.await(ctx, limit); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	p.Took = out.readyAt.Sub(began)
	return p, nil
}

func (p *Process) wait() {
	p.err = p.cmd.Wait()
	close(p.done)
}

func (p *Process) await(ctx context.Context, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.out.ready:
		return nil
	case <-p.done:
		return fmt.Errorf("%s ended before it was ready: %w; its last words:\n%s", p.Name, p.err, p.out.last())
	case <-timer.C:
		return fmt.Errorf("%s was not ready within %v; its last words:\n%s", p.Name, limit, p.out.last())
	case <-ctx.Done():
		return fmt.Errorf("%s was not ready: %w", p.Name, context.Cause(ctx))
	}
}

// Alive reports, as an error, a process that has ended although nobody stopped it.
func (p *Process) Alive() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended: %w; its last words:\n%s", p.Name, errOrExit(p.err), p.out.last())
	default:
		return nil
	}
}

// Stop asks the process to end and waits for it; after stopTimeout it is killed, which is an error. Safe to repeat.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // a process that has ended already is what is wanted
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("%s did not stop within %v and was killed; its last words:\n%s", p.Name, stopTimeout, p.out.last())
}

func errOrExit(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}
