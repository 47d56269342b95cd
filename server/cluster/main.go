// Command cluster runs three nodes of one cluster on this machine: n1, n2 and n3. Their
// configurations are in this directory. It makes the rest below data/cluster: the server's
// binary, the secrets that the nodes share, and their data. The storage for media, which the
// nodes share, runs in this process. It must be started at the root of the repository. Once all
// nodes are ready it prints their addresses on standard output. It restarts a node that ends,
// and stops all nodes on an interrupt.
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
	environ, err := shared()
	if err != nil {
		return err
	}
	media, err := startMedia(ctx)
	if err != nil {
		return err
	}
	defer media.stop()
	environ = append(environ, media.environ...)
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
	if announce(ctx, nodes) {
		<-ctx.Done()
	}
	for _, n := range nodes { // one after the other, so that each can hand over to another
		n.stop()
	}
	running.Wait()
	return nil
}

// announce prints the addresses of the nodes once all are ready, unless ctx ends first. At the
// end it prints the first node's link, which lets its reader sign in.
func announce(ctx context.Context, nodes []*node) bool {
	line, links := []string{"cluster: ready"}, []string(nil)
	for _, n := range nodes {
		select {
		case addresses := <-n.ready:
			for field := range strings.FieldsSeq(addresses) {
				if strings.Contains(field, "#") {
					links = append(links, field)
				} else {
					line = append(line, field)
				}
			}
		case <-ctx.Done():
			return false
		}
	}
	fmt.Fprintln(os.Stdout, strings.Join(append(line, links[:min(1, len(links))]...), " "))
	return true
}

// shared makes the secrets that the nodes share, and returns the environment that passes the
// passwords. The secret of the development sign-in is made here so that three nodes do not make
// it at once. They read it from the directory of a single node, where clients look for it.
func shared() (environ []string, err error) {
	store := secrets.Dir(filepath.Join(dir, "secrets"))
	if _, _, err = secrets.Dir(signInDir).Password(secrets.SignIn); err != nil {
		return nil, err
	}
	environ = os.Environ()
	var errs []error
	for _, user := range users {
		password, _, err := store.Password(user)
		errs = append(errs, err)
		environ = append(environ, variable(user)+"="+password)
	}
	return environ, errors.Join(errs...)
}

func variable(user string) string { return "NATTERJACK_" + strings.ToUpper(user) + "_PASSWORD" }
