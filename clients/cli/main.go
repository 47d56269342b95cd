// Command natter is the terminal client of Natterjack: it sends, listens and reads history, for
// people and for scripts.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], newTerminal(os.Stdin, os.Stdout, os.Stderr, os.Getenv))
	stop()
	os.Exit(code)
}

// The exit codes.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 2
)

// app is the command line.
type app struct {
	Send     sendCmd     `cmd:"" help:"Send a message, and wait until it is stored."`
	Upload   uploadCmd   `cmd:"" help:"Send files, and wait until they are stored."`
	Download downloadCmd `cmd:"" help:"Save the files of a message."`
	Media    mediaCmd    `cmd:"" help:"List the pictures, files, voice messages and links of a channel."`
	Listen   listenCmd   `cmd:"" help:"Print messages as they come."`
	History  historyCmd  `cmd:"" help:"Print messages of a channel."`
	Search   searchCmd   `cmd:"" help:"Find messages in all of your channels."`
	Find     findCmd     `cmd:"" help:"Find people and groups by the beginnings of their names."`
	Channels channelsCmd `cmd:"" help:"List channels, the most recently active first."`
	Edit     editCmd     `cmd:"" help:"Edit a message of yours."`
	Forward  forwardCmd  `cmd:"" help:"Forward a message to another user or channel."`
	Delete   deleteCmd   `cmd:"" help:"Erase a message for everybody."`
	React    reactCmd    `cmd:"" help:"Add an emoji to a message."`
	Versions versionsCmd `cmd:"" help:"Show the versions of a message: the first, and each edit."`
	Pins     pinsCmd     `cmd:"" help:"Print the pinned messages of a channel."`
	Pin      pinCmd      `cmd:"" help:"Pin a message for everybody in the channel."`
	Read     readCmd     `cmd:"" help:"Mark a channel as read, up to a message."`
	Receipts receiptsCmd `cmd:"" help:"Show how far each member has read and received."`
	Presence presenceCmd `cmd:"" help:"Show which users are online."`
	Sessions sessionsCmd `cmd:"" help:"List your own sessions, and sign them out."`
	Group    groupCmd    `cmd:"" help:"Make groups, and run them."`
	Profile  profileCmd  `cmd:"" help:"Change your profile, and show the profiles of others."`
	Push     pushCmd     `cmd:"" help:"Choose on which devices, and when, you get notifications."`
	Setting  settingCmd  `cmd:"" help:"Change and list your own settings, the same on all of your devices."`
}

// asked ends a parse that printed help.
type asked struct{}

func run(ctx context.Context, args []string, t *terminal) (code int) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case asked:
			code = exitOK
		default:
			panic(p)
		}
	}()
	var a app
	parser, err := kong.New(&a, kong.Name("natter"), kong.UsageOnError(), kong.Writers(t.out, t.err),
		kong.Description("The terminal client of Natterjack."), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(int) { panic(asked{}) }), kong.Bind(t), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		return t.fail(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return t.fail(usageError{err})
	}
	if err := parsed.Run(); err != nil {
		return t.fail(err)
	}
	return exitOK
}

// usageError is the error of a command line that is not valid.
type usageError struct{ error }

func usage(text string) error { return usageError{errors.New(text)} }
