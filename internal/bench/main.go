package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:])
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	if _, usage := errors.AsType[*kong.ParseError](err); usage {
		os.Exit(2)
	}
	os.Exit(1)
}

// run runs a command line.
func run(ctx context.Context, args []string, options ...kong.Option) error {
	parser, err := kong.New(new(Cmd), append(options, Vars(), kong.Name("bench"), kong.UsageOnError(),
		kong.Description("Measures the server beside its bare engines."), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)))...)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return parsed.Run()
}
