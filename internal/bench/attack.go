package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"natterjack/internal/bench/internal/load"
	"natterjack/internal/nodeproc"
)

const attackBegins = "the attack begins"

// attacked counts the connections that attackers have opened, and those that were closed on them.
type attacked struct {
	Opened, Closed int64 // connections
}

// attackers are a process of their own. In the process that measures they would take its cores and
// its scheduler, and that would look like a delay of the server.
type attackers struct {
	process *nodeproc.Process
	output  *bytes.Buffer // read it only when the process has ended
}

// launchAttack starts the attackers of a plan.
func (r *rig) launchAttack(ctx context.Context, plan *load.Plan) (*attackers, error) {
	text, err := json.Marshal(plan)
	if err != nil {
		return nil, err
	}
	dir, err := r.newDir("attack")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "plan.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	a := &attackers{output: new(bytes.Buffer)}
	a.process, err = nodeproc.Launch(ctx, nodeproc.Spec{
		Name: "attackers", Path: self, Args: []string{"--role", roleAttack, "--plan", file}, Output: a.output,
		Ready: func(line string) bool { return line == attackBegins },
	}, 10*time.Second)
	return a, err
}

// stop ends the attackers and returns what they did.
func (a *attackers) stop() (done attacked, err error) {
	if err := errors.Join(a.process.Stop(), a.process.Err()); err != nil {
		return done, err
	}
	_, last, _ := bytes.Cut(a.output.Bytes(), []byte(attackBegins))
	if err := json.Unmarshal(last, &done); err != nil {
		return done, fmt.Errorf("attackers: %w in %q", err, last)
	}
	return done, nil
}

// attackAsPlanned runs a process of attackers. It attacks until ctx ends, and then says what it
// did.
func attackAsPlanned(ctx context.Context, out io.Writer, file string) error {
	text, err := os.ReadFile(file) //nolint:gosec // the plan that the benchmark has written
	if err != nil {
		return err
	}
	attack := new(load.Attack)
	if err := json.Unmarshal(text, &attack.Plan); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	attack.Begin(ctx)
	if _, err := fmt.Fprintln(out, attackBegins); err != nil {
		return err
	}
	<-ctx.Done()
	done := attacked{Opened: attack.Opened.Load(), Closed: attack.Closed.Load()}
	attack.Wait()
	return json.NewEncoder(out).Encode(done)
}
