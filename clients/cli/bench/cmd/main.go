// Command cmd runs the benchmarks without the rest of the command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"natterjack/clients/cli/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var app struct {
		Bench bench.Cmd `cmd:"" help:"Measure the server beside its bare engines."`
	}
	k := kong.Parse(&app, bench.Vars())
	k.BindTo(ctx, (*context.Context)(nil))
	k.FatalIfErrorf(k.Run())
}
