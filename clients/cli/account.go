package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// account holds the options that say which user acts, on which server, and how output is
// printed.
type account struct {
	Server    []string `env:"NATTERJACK_SERVER" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Server, or several of one cluster, separated by commas (${default})."`
	As        string   `placeholder:"USER" help:"The user who acts. Without a token, natter uses the development sign-in of a server on this machine, see --data."`
	Data      string   `env:"NATTERJACK_DATA" default:"./data" placeholder:"DIR" help:"Data directory of the server on this machine; it has the secret of the development sign-in (${default})."`
	Token     string   `env:"NATTERJACK_TOKEN" placeholder:"TOKEN" help:"Token of the user who acts. Other users of this machine can read a command line, so prefer the environment or a file."`
	TokenFile string   `env:"NATTERJACK_TOKEN_FILE" placeholder:"FILE" help:"File with the token. It is read again when a new one is needed."`
	Transport string   `enum:"auto,websocket,stream,poll" default:"auto" help:"auto, websocket, stream or poll (${default})."`
	JSON      bool     `name:"json" help:"Print one JSON object a line."`
	Verbose   bool     `short:"v" help:"Log what the client does."`
}

// patience is how long a command that ends by itself keeps trying.
type patience struct {
	Timeout time.Duration `default:"15s" help:"How long to try; 0 is for ever (${default})."`
}

func (p patience) context(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.Timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, p.Timeout)
}

func (a *account) printer(t *terminal) *printer {
	return &printer{out: t.out, json: a.JSON, color: t.color && !a.JSON}
}

var transports = map[string]natter.Transport{
	"auto": natter.Auto, "websocket": natter.WebSocket, "stream": natter.Stream, "poll": natter.Poll,
}

func (a *account) options(t *terminal) (natter.Options, error) {
	tokens, err := a.tokens()
	if err != nil {
		return natter.Options{}, err
	}
	o := natter.Options{URLs: a.Server, Tokens: tokens, Transport: transports[a.Transport], InOrder: true, Agent: "natter"}
	if a.Verbose {
		o.Logger = slog.New(slog.NewTextHandler(t.err, nil))
	}
	return o, nil
}

func (a *account) tokens() (natter.TokenSource, error) {
	switch {
	case a.Token != "" && a.TokenFile != "":
		return nil, usage("--token, --token-file: give only one of the two")
	case a.Token != "":
		return natter.StaticToken(strings.TrimSpace(a.Token)), nil
	case a.TokenFile != "":
		return natter.TokenFunc(func(context.Context) (string, error) { return readToken(a.TokenFile) }), nil
	case a.As == "":
		return nil, usage("it is not clear which user you are; give --as USER, or a token")
	case !wire.ValidUser(a.As):
		return nil, usage("--as: " + userGrammar)
	}
	return natter.SignIn{User: a.As, URLs: a.Server, Data: a.Data}, nil
}

var userGrammar = fmt.Sprintf("a user name has 1 to %d characters of a-z, 0-9, '_' and '-'", wire.MaxUserLen)

func readToken(file string) (string, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the user says which
	if err != nil {
		return "", fmt.Errorf("%w: %w", natter.ErrFatal, err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", fmt.Errorf("%w: %s is empty; put the token into it", natter.ErrFatal, file)
	}
	return token, nil
}

// with runs a client until do returns.
func (a *account) with(ctx context.Context, o natter.Options, do func(*natter.Client) error) error {
	client, err := natter.New(o)
	if err != nil {
		return usageError{errors.New(plain(err))}
	}
	var running sync.WaitGroup
	running.Go(func() { _ = client.Run(context.WithoutCancel(ctx)) }) // Session and other calls return the error too
	err = do(client)
	closed := client.Close()
	if closed == nil {
		running.Wait()
	}
	if err == nil {
		err = closed
	}
	return err
}

// session waits for the connection and checks that it belongs to the user that --as names.
func (a *account) session(ctx context.Context, c *natter.Client) (natter.Session, error) {
	s, err := c.Session(ctx)
	if err == nil && a.As != "" && s.User != a.As {
		err = fmt.Errorf("the token is of user %s, not of %s; give another token, or another --as", s.User, a.As)
	}
	return s, err
}

// act works like with, for a command that ends by itself. It also prints at once why the
// command has to wait.
func (a *account) act(ctx context.Context, t *terminal, do func(context.Context, *natter.Client, natter.Session) error) error {
	o, err := a.options(t)
	if err != nil {
		return err
	}
	return a.with(ctx, o, func(c *natter.Client) error {
		watching, stop := context.WithCancel(ctx)
		var watch sync.WaitGroup
		watch.Go(func() { _ = tellTrouble(watching, t, c) }) // the events themselves are not needed
		defer watch.Wait()
		defer stop()
		s, err := a.session(ctx, c)
		if err != nil {
			return err
		}
		return do(ctx, c, s)
	})
}

// item is one pair that Events yields.
type item struct {
	event natter.Event
	err   error
}

// tellTrouble prints why there is no connection, until ctx ends. If Events yields anything
// else, tellTrouble returns it.
func tellTrouble(ctx context.Context, t *terminal, c *natter.Client) *item {
	for ev, err := range c.Events(ctx) {
		lost, ok := errors.AsType[*natter.DisconnectedError](err)
		switch {
		case ok:
			t.note("no connection to %s: %s", lost.URL, plain(lost.Err))
		case errors.Is(err, natter.ErrFatal):
			return nil // calls that wait for the connection return the error too
		default:
			return &item{ev, err}
		}
	}
	return nil
}
