package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"natterjack"
	"natterjack/internal/nodeproc"
)

// member is a server to start.
type member struct {
	data   string
	signIn string // the data directory with the secret of the development sign-in
	config string
	env    []string // added to this process's own
}

// plan returns n servers on empty data directories: a single one, or a cluster that keeps a
// copy of every stream on each node.
func (r *rig) plan(ctx context.Context, n int) ([]member, error) {
	configs := make([]nodeproc.Config, n)
	members := make([]member, n)
	for i := range members {
		var err error
		if configs[i], err = r.configure(); err != nil {
			return nil, err
		}
		if members[i].data, err = r.newDir("server"); err != nil {
			return nil, err
		}
	}
	if n > 1 {
		if err := join(ctx, configs, members); err != nil {
			return nil, err
		}
	}
	for i := range members {
		var err error
		if members[i].config, err = configs[i].Text(); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// shipped returns the configuration of a single server.
func (r *rig) shipped() (string, error) {
	c, err := r.configure()
	if err != nil {
		return "", err
	}
	return c.Text()
}

// logOnly returns the configuration of a single server that has neither an index nor push.
func (r *rig) logOnly() (string, error) {
	c, err := r.configure()
	if err != nil {
		return "", err
	}
	c.Search, c.Push = "off: true", "off: true"
	return c.Text()
}

// member returns a single server with this configuration, and a directory of its own.
func (r *rig) member(c nodeproc.Config) (m member, err error) {
	if m.data, err = r.newDir("server"); err != nil {
		return m, err
	}
	m.config, err = c.Text()
	return m, err
}

// configure returns the configuration that ships with the server, with the changes that a
// benchmark needs. The server listens on a port that the system chooses, and its rate limits
// for sessions, users and channels do not hold the load back.
func (r *rig) configure() (nodeproc.Config, error) {
	shipped, err := change(natterjack.Configuration, [2]string{"sync_interval: always", "sync_interval: " + r.syncInterval()})
	return nodeproc.Config{
		Shipped: shipped,
		NATS:    "127.0.0.1:-1",
		Limits:  "commands_per_s: 100000, user_commands_per_s: 100000, channel_events_per_s: 100000, groups_per_min: 100000, members_per_min: 100000, user_groups: 100000",
	}, err
}

// change replaces texts. Each of them must occur exactly once.
func change(text string, fromTo ...[2]string) (string, error) {
	for _, c := range fromTo {
		if n := strings.Count(text, c[0]); n != 1 {
			return "", fmt.Errorf("nats.conf has %q %d times", c[0], n)
		}
		text = strings.Replace(text, c[0], c[1], 1)
	}
	return text, nil
}

// join makes the servers members of one cluster, with names, routes, and the secrets that all
// nodes of a cluster share.
func join(ctx context.Context, configs []nodeproc.Config, members []member) error {
	routes, err := nodeproc.FreeAddrs(ctx, len(members))
	if err != nil {
		return err
	}
	for i := range members {
		c := &configs[i]
		c.Name, c.SignIn, c.Replicas = fmt.Sprint("n", i+1), filepath.Join(members[0].data, "secrets"), len(members)
		c.Route, c.Routes = routes[i], "nats://"+strings.Join(routes, ", nats://")
		members[i].signIn, members[i].env = members[0].data, nodeproc.Passwords()
	}
	return nil
}
