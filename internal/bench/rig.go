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

// natsPackage is the NATS server of the version that the server embeds.
const natsPackage = "github.com/nats-io/nats-server/v2"

const roleRelay = "relay"

// rig is what all benchmarks of one command share. It is for one goroutine.
type rig struct {
	cmd  *Cmd
	dir  string // for everything that ends with the command
	log  io.Writer
	made int // directories in dir

	server, nats string // binaries
}

// build builds the binaries. The go command caches, so that only the first time is slow.
func (r *rig) build(ctx context.Context) error {
	r.server, r.nats = r.cmd.Binary, filepath.Join(r.dir, "nats-server")
	if err := r.goBuild(ctx, r.nats, natsPackage); err != nil {
		return err
	}
	if r.server != "" {
		return nil
	}
	r.server = filepath.Join(r.dir, "natterjack")
	return r.goBuild(ctx, r.server, nodeproc.Server)
}

func (r *rig) goBuild(ctx context.Context, out, pkg string) error {
	r.say("build %s", pkg)
	return nodeproc.Build(ctx, out, pkg)
}

// say tells who watches how far the command has got.
func (r *rig) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.log, time.Now().Format("15:04:05 ")+format+"\n", args...) // nothing depends on it
}

// newDir makes a directory of its own for a process's data.
func (r *rig) newDir(name string) (string, error) {
	r.made++
	dir := filepath.Join(r.dir, fmt.Sprintf("%s-%d", name, r.made))
	return dir, os.Mkdir(dir, 0o700)
}

// syncInterval is the sync_interval of every JetStream store of this command.
func (r *rig) syncInterval() string {
	if r.cmd.NoFsync {
		return "2m"
	}
	return "always"
}

// startRelay starts the bare relay in a process of its own and returns its address.
func (r *rig) startRelay(ctx context.Context) (*nodeproc.Process, string, error) {
	return r.startGateway(ctx, "")
}

// startGateway starts a relay that is a gateway to an engine, by its URL.
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
	dir, err := r.newDir("engine")
	if err != nil {
		return nil, err
	}
	return bare.StartEngine(ctx, bare.EngineSpec{Binary: r.nats, Dir: dir, Nodes: nodes, Interval: r.syncInterval()})
}

// repeat does run as often as the command says and reports the medians.
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
