// Command cluster runs three nodes of one cluster on this machine: n1, n2 and n3. Their
// configurations are in this directory. It makes the rest below data/cluster: the server's
// binary, the secrets that the nodes share, and their data. It must be started at the root of
// the repository. Once all nodes are ready it prints their addresses on standard output. It
// restarts a node that ends, and stops all nodes on an interrupt.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"natterjack/internal/nodeproc"
	"natterjack/server/internal/secrets"
)

var (
	dir       = filepath.Join("data", "cluster")
	signInDir = filepath.Join("data", "secrets") // as the configurations say
	names     = []string{"n1", "n2", "n3"}
	// users are the users whose passwords the configurations take from the environment.
	users = []string{"service", "operator", "sys", "cluster"}
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends this at once, and leaves the nodes running
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "cluster: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	environ, secret, err := shared()
	if err != nil {
		return err
	}
	binary := filepath.Join(dir, "natterjack")
	if err := nodeproc.Build(ctx, binary, nodeproc.Server); err != nil {
		return err
	}
	nodes := make([]*node, len(names))
	var running sync.WaitGroup
	for i, name := range names {
		nodes[i] = newNode(name, binary, filepath.Join("server", "cluster", name+".conf"), environ)
		running.Go(func() { nodes[i].run() })
	}
	if announce(ctx, nodes, secret) {
		<-ctx.Done()
	}
	for _, n := range nodes { // one after the other, so that each can hand over to another
		n.stop()
	}
	running.Wait()
	return nil
}

// announce prints the addresses of the nodes once all are ready, unless ctx ends first. On a
// terminal the addresses for browsers are links that sign their reader in.
func announce(ctx context.Context, nodes []*node, secret string) bool {
	line := []string{"cluster: ready"}
	for _, n := range nodes {
		select {
		case addresses := <-n.ready:
			line = append(line, addresses)
		case <-ctx.Done():
			return false
		}
	}
	if info, err := os.Stdout.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		secret = "" // the line may end in a log
	}
	fmt.Fprintln(os.Stdout, strings.Join(linked(line, secret), " "))
	return true
}

// linked adds the secret to the addresses for browsers.
func linked(line []string, secret string) []string {
	fields := strings.Fields(strings.Join(line, " "))
	for i, f := range fields {
		if strings.HasPrefix(f, "http") && secret != "" {
			fields[i] = f + "/#secret=" + secret
		}
	}
	return fields
}

// shared makes the secrets that the nodes share. It returns the environment that passes the
// passwords, and the secret of the development sign-in, which the nodes read from its directory.
// That is the directory of a single node, so that clients find the secret in one place.
func shared() (environ []string, secret string, err error) {
	store := secrets.Dir(filepath.Join(dir, "secrets"))
	if secret, _, err = secrets.Dir(signInDir).Password(secrets.SignIn); err != nil {
		return nil, "", err
	}
	environ = os.Environ()
	var errs []error
	for _, user := range users {
		password, _, err := store.Password(user)
		errs = append(errs, err)
		environ = append(environ, variable(user)+"="+password)
	}
	return environ, secret, errors.Join(errs...)
}

func variable(user string) string { return "NATTERJACK_" + strings.ToUpper(user) + "_PASSWORD" }
