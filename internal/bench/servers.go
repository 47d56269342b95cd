package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/bench/internal/load"
	"natterjack/internal/nodeproc"
	"natterjack/server/wire"
)

// startLimit is how long a server may take to be ready; at full size it rebuilds millions of messages first.
const startLimit = 15 * time.Minute

// viewDir is where a server keeps its view, in its data directory.
const viewDir = "view"

// node is a server process of ours.
type node struct {
	proc *nodeproc.Process
	base string // http://…
	nats string // nats://…
	data string // its directory
}

// servers are one server of ours or a cluster of them.
type servers []node

// startServers starts a server, or a cluster of them, on empty data directories. Whoever starts them stops them.
func (r *rig) startServers(ctx context.Context, n int) (servers, error) {
	plan, err := r.plan(ctx, n)
	if err != nil {
		return nil, err
	}
	started := make(servers, n)
	group, ctx := errgroup.WithContext(ctx)
	for i, m := range plan { // at once: of a cluster, none is ready before most are
		group.Go(func() (err error) {
			started[i], err = r.startServer(ctx, m)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, started.stop())
	}
	return started, nil
}

// startServer starts a server.
func (r *rig) startServer(ctx context.Context, m member) (node, error) {
	config := filepath.Join(m.data, "bench.conf")
	if err := os.WriteFile(config, []byte(m.config), 0o600); err != nil {
		return node{}, err
	}
	var at nodeproc.Listens
	p, err := nodeproc.Launch(ctx, nodeproc.Spec{
		Name: "natterjack", Path: r.server, Env: append(os.Environ(), m.env...),
		Args:  []string{"--listen", "127.0.0.1:0", "--data", m.data, "--config", config},
		Ready: at.Hear,
	}, startLimit)
	return node{proc: p, base: at.HTTP, nats: at.NATS, data: m.data}, err
}

func (s servers) pids() (pids []int) {
	for _, n := range s {
		pids = append(pids, n.proc.PID)
	}
	return pids
}

func (s servers) stop() (err error) {
	for _, n := range s {
		if n.proc != nil {
			err = errors.Join(err, n.proc.Alive(), n.proc.Stop()) // one that ended by itself tells why
		}
	}
	return err
}

// numbered are names of so many users.
func numbered(run string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = bare.UserName(run, i)
	}
	return names
}

// pairs signs in so many users, in pairs that share a direct channel, and spreads them over the servers. The second half are
// the peers of the first: whoever sends in turn does not send to one channel twice in a row.
func (s servers) pairs(ctx context.Context, run string, n int) ([]load.Member, error) {
	names := numbered(run, n)
	members, err := s.signIn(ctx, names)
	for i := range members {
		members[i].Channel = wire.DirectChannel(names[i], names[(i+n/2)%n])
	}
	return members, err
}

// group signs in so many users and has the first of them make a group of all.
func (s servers) group(ctx context.Context, run string, n int) ([]load.Member, error) {
	names := numbered(run, n)
	members, err := s.signIn(ctx, names)
	if err != nil {
		return nil, err
	}
	channel, err := makeGroup(ctx, members[0], run, names[1:])
	for i := range members {
		members[i].Channel = channel
	}
	return members, err
}

// signIn signs users in, user i on server i modulo their number.
func (s servers) signIn(ctx context.Context, names []string) ([]load.Member, error) {
	members := make([]load.Member, len(names))
	for k, n := range s {
		at, err := url.Parse(n.base)
		if err != nil {
			return nil, err
		}
		var mine []string
		for i := k; i < len(names); i += len(s) {
			mine = append(mine, names[i])
		}
		frames, err := load.SignIn(ctx, n.base, mine)
		if err != nil {
			return nil, err
		}
		for i, frame := range slices.All(frames) {
			members[k+i*len(s)] = load.Member{User: mine[i], Addr: at.Host, Path: wire.PathWebSocket, Connect: frame}
		}
	}
	return members, nil
}

// makeGroup makes a group over a session of its own and returns its id.
func makeGroup(ctx context.Context, creator load.Member, name string, others []string) (channel string, err error) {
	fleet := load.NewFleet(ctx, "g", load.NewClock(), true)
	defer func() { err = errors.Join(err, fleet.Close()) }()
	if err := fleet.Connect([]load.Member{creator}); err != nil {
		return "", err
	}
	command, err := wire.Append(nil, wire.CreateGroup{ClientID: "bench-" + name, Name: "bench", Members: others})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	answer, err := fleet.Sessions[0].Request(ctx, load.Text(command))
	if err != nil {
		return "", fmt.Errorf("make a group: %w", err)
	}
	frame, err := wire.DecodeFrame(answer)
	if made, ok := frame.(wire.Channel); ok && err == nil {
		return made.Channel.ID, nil
	}
	return "", fmt.Errorf("make a group: answered %.300s", answer)
}
