package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/nodeproc"
)

// natsPackage is the NATS server in the version that our server embeds.
const natsPackage = "github.com/nats-io/nats-server/v2"

const (
	roleRelay    = "relay"
	roleAttack   = "attack"
	roleDecoy    = "decoy"
	roleReceiver = "receiver"
)

// rig holds the state that all benchmarks of one command share. It is for one goroutine.
type rig struct {
	cmd  *Cmd
	dir  string // for everything that is deleted when the command ends
	log  io.Writer
	made int // number of directories in dir

	server, nats string // binaries; nats is empty until it is needed
}

// build builds the server, unless there is one. The go command caches compiled packages, so only
// the first time is slow.
func (r *rig) build(ctx context.Context) error {
	if r.server = r.cmd.Binary; r.server != "" {
		return nil
	}
	r.server = filepath.Join(r.dir, "natterjack")
	return r.goBuild(ctx, r.server, nodeproc.Server)
}

// natsServer builds the bare engine once, and returns its binary.
func (r *rig) natsServer(ctx context.Context) (string, error) {
	if r.nats != "" {
		return r.nats, nil
	}
	path := filepath.Join(r.dir, "nats-server")
	if err := r.goBuild(ctx, path, natsPackage); err != nil {
		return "", err
	}
	r.nats = path
	return path, nil
}

func (r *rig) goBuild(ctx context.Context, out, pkg string) error {
	r.say("build %s", pkg)
	return nodeproc.Build(ctx, out, pkg)
}

// say tells the user how far the command has got.
func (r *rig) say(format string, args ...any) {
	// An error is ignored, because nothing depends on this output.
	_, _ = fmt.Fprintf(r.log, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

// newDir makes a new directory for a process's data.
func (r *rig) newDir(name string) (string, error) {
	r.made++
	dir := filepath.Join(r.dir, fmt.Sprintf("%s-%d", name, r.made))
	return dir, os.Mkdir(dir, 0o700)
}

// syncInterval returns the sync_interval of every JetStream store of this command.
func (r *rig) syncInterval() string {
	if r.cmd.NoFsync {
		return "2m"
	}
	return "always"
}

// startRelay starts the bare relay in its own process and returns its address.
func (r *rig) startRelay(ctx context.Context) (*nodeproc.Process, string, error) {
	return r.startGateway(ctx, "")
}

// startGateway starts a relay that is also a gateway to the engine at a URL.
func (r *rig) startGateway(ctx context.Context, engine string) (*nodeproc.Process, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	var addr string
	p, err := nodeproc.Launch(ctx, nodeproc.Spec{
		Name: "bare relay", Path: self, Args: []string{"--role", roleRelay, "--engine", engine},
		Ready: func(line string) (ready bool) {
			addr, ready = bare.RelayAddr(line)
			return ready
		},
	}, 10*time.Second)
	return p, addr, err
}

// startEngine starts the bare engine.
func (r *rig) startEngine(ctx context.Context, nodes int) (*bare.Engine, error) {
	binary, err := r.natsServer(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := r.newDir("engine")
	if err != nil {
		return nil, err
	}
	return bare.StartEngine(ctx, bare.EngineSpec{Binary: binary, Dir: dir, Nodes: nodes, Interval: r.syncInterval()})
}

// repeat calls run as often as the command says and returns the medians.
func (r *rig) repeat(name string, run func(i int, f *figures) error) ([]metric, error) {
	var all []figures
	for i := range r.cmd.Runs {
		r.say("%s: run %d of %d", name, i+1, r.cmd.Runs)
		var f figures
		if err := run(i, &f); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return medians(all), nil
}
