package main

import (
	"cmp"
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

// startLimit is how long a server may take to be ready. At full size it first rebuilds millions
// of messages.
const startLimit = 15 * time.Minute

// viewDir and searchDir are the names of the view's and the index's directories in a server's data
// directory.
const (
	viewDir   = "view"
	searchDir = "search"
)

// node is a process of our server.
type node struct {
	proc *nodeproc.Process
	base string // http://…
	nats string // nats://…
	data string // its data directory

	signIn string // the data directory with the secret of the development sign-in
}

// servers are one server of ours, or a cluster.
type servers []node

// startServers starts a server, or a cluster, on empty data directories. The caller stops them.
func (r *rig) startServers(ctx context.Context, n int) (servers, error) {
	plan, err := r.plan(ctx, n)
	if err != nil {
		return nil, err
	}
	started := make(servers, n)
	group, ctx := errgroup.WithContext(ctx)
	for i, m := range plan { // all at once: no node of a cluster is ready before most are
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

// startAlone starts a server that is alone. The caller stops it.
func (r *rig) startAlone(ctx context.Context, m member) (servers, error) {
	n, err := r.startServer(ctx, m)
	if err != nil {
		return nil, errors.Join(err, servers{n}.stop())
	}
	return servers{n}, nil
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
	return node{proc: p, base: at.HTTP, nats: at.NATS, data: m.data, signIn: cmp.Or(m.signIn, m.data)}, err
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
			err = errors.Join(err, n.proc.Alive(), n.proc.Stop()) // a server that ended by itself tells why
		}
	}
	return err
}

// numbered returns n numbered user names.
func numbered(run string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = bare.UserName(run, i)
	}
	return names
}

// pairs signs in n users, in pairs that share a direct channel, and spreads them over the
// servers. The second half are the peers of the first half. So users who send in turn do not
// send to one channel twice in a row.
func (s servers) pairs(ctx context.Context, run string, n int) ([]load.Member, error) {
	names := numbered(run, n)
	members, err := s.signIn(ctx, names)
	for i := range members {
		members[i].Channel = wire.DirectChannel(names[i], names[(i+n/2)%n])
	}
	return members, err
}

// group signs in n users and has the first of them create a group of all.
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

// signIn signs users in. User i signs in at server i modulo the number of servers.
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
		frames, err := load.SignIn(ctx, n.base, n.signIn, mine)
		if err != nil {
			return nil, err
		}
		for i, frame := range slices.All(frames) {
			members[k+i*len(s)] = load.Member{User: mine[i], Addr: at.Host, Path: wire.PathWebSocket, Connect: frame}
		}
	}
	return members, nil
}

// makeGroup creates a group over its own session and returns the id of the group.
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
