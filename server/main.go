// Command server is a node of a Natterjack chat system: alone, or as a member of a cluster. With the word token it makes a token
// instead, and with the word grow it takes the log of a node that was alone into a cluster.
package main

import (
	"context"
	"errors"
	"fmt"
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

// exitAgain is how the process ends where it should be started again: it has run out of storage, or its engine has, and there was
// no way to go on.
const exitAgain = 3

// run is 0 after a stop that was asked for, 2 where the program was called wrongly, [exitAgain], and 1 where it failed.
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

// serve runs a node until the process is told to stop. Told again, the process ends at once, as if it had not listened. The limit of
// open files, one for each client, is the hard one already: the Go runtime raises it at start.
func serve(cfg *config.Config) error {
	limitGarbage()
	useProcessors()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	var said announcer
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
		if cfg, err = config.Load(os.Args[1:], os.Stdout); err != nil { // a node uses its configuration up
			return err
		}
	}
}

// announcer says, as the only line on standard output, where the node can be reached: once, unless it turns out to be elsewhere. Scripts
// wait for it.
type announcer node.Addresses

func (said *announcer) announce(a node.Addresses) {
	if *said != announcer(a) {
		fmt.Fprintf(os.Stdout, "natterjack: ready %s %s\n", a.HTTP, a.NATS)
		*said = announcer(a)
	}
}

func newLogger(l config.Log) *slog.Logger {
	opts := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opts))
}
