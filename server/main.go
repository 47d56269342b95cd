// Command server runs a node of a Natterjack chat system: alone, or as a member of a cluster.
// The command token prints a token instead. The command grow takes the log of a node that was
// alone into a cluster. The command restore restores a backup.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"natterjack/jetstream/view"
	"natterjack/server/internal/config"
	"natterjack/server/internal/node"
)

func main() { os.Exit(run()) }

// exitAgain is the exit code of a process that should be started again: its storage or its
// engine's storage is exhausted, and it could not go on.
const exitAgain = 3

// run returns the exit code: 0 after a stop that was requested, 2 if the program was called
// wrongly, [exitAgain], and 1 if it failed.
func run() int {
	cfg, err := config.Load(os.Args[1:], os.Stdout)
	if errors.Is(err, config.ErrHelp) {
		return 0
	}
	switch {
	case err != nil:
	case cfg.Token != nil:
		err = printToken(cfg, os.Stdout)
	case cfg.Grow != nil:
		err = grow(cfg, os.Stdout)
	case cfg.Restore != nil:
		err = restore(cfg, os.Stdout)
	default:
		err = serve(cfg)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "natterjack: %v\n", err)
	switch {
	case errors.Is(err, config.ErrUsage):
		return 2
	case errors.Is(err, node.ErrAnew), errors.Is(err, view.ErrDiskFull):
		return exitAgain
	default:
		return 1
	}
}

// untilStopped returns a context that ends when the process is told to stop. Once stop is called,
// a signal ends the process at once.
func untilStopped() (ctx context.Context, stop context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// serve runs a node until the process is told to stop. A second signal ends the process at
// once. The limit of open files, of which each client needs one, is at its hard limit already:
// the Go runtime raises it at start.
func serve(cfg *config.Config) error {
	limitGarbage()
	useProcessors()
	ctx, stop := untilStopped()
	defer stop()
	context.AfterFunc(ctx, stop)
	said := &announcer{to: os.Stdout}
	var more again
	for {
		n, err := node.New(cfg, newLogger(cfg.Log))
		if err != nil {
			return err
		}
		began := time.Now()
		err = errors.Join(n.Run(ctx, said.announce), n.Close())
		if why := more.why(err, time.Since(began)); err == nil || why != nil || ctx.Err() != nil {
			return why
		}
		if cfg, err = config.Load(os.Args[1:], os.Stdout); err != nil { // a configuration can be used for one node only
			return err
		}
	}
}

// announcer prints the node's addresses as the only line on standard output. It prints them
// once, and again only if they have changed. Scripts wait for this line. Where the development
// sign-in is on, the line ends in a link that lets its reader sign in. The logger, which writes
// to standard error, never gets that link.
type announcer struct {
	to   io.Writer
	said node.Addresses
}

func (p *announcer) announce(a node.Addresses) {
	if p.said == a {
		return
	}
	p.said = a
	link := ""
	if a.Secret != "" {
		link = " " + a.HTTP + "/#secret=" + a.Secret
	}
	fmt.Fprintf(p.to, "natterjack: ready %s %s%s\n", a.HTTP, a.NATS, link)
}

func newLogger(l config.Log) *slog.Logger {
	opts := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opts))
}
