package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"
)

// ErrHelp is returned if help or the version was requested and has been printed.
var ErrHelp = errors.New("config: help was asked for")

// ErrUsage is wrapped by errors about how the program was called.
var ErrUsage = errors.New("usage")

// flags are the command line. An empty flag was not given; the configuration file then decides.
type flags struct {
	Config     string           `env:"NATTERJACK_CONFIG" placeholder:"FILE" help:"File with the configuration; without it, the one that this program is shipped with."`
	Data       string           `env:"NATTERJACK_DATA" placeholder:"DIR" help:"Directory of everything the node keeps (./data)."`
	Listen     string           `env:"NATTERJACK_LISTEN" placeholder:"HOST:PORT" help:"Address for chat clients, HTTP and WebSocket (127.0.0.1:8080); port 0 takes a free one."`
	NATSListen string           `name:"nats-listen" env:"NATTERJACK_NATS_LISTEN" placeholder:"HOST:PORT" help:"Address for services and operators (127.0.0.1:4222); port 0 takes a free one."`
	Name       string           `env:"NATTERJACK_NAME" placeholder:"NAME" help:"Name of the node, unique in its cluster."`
	Shards     int              `env:"NATTERJACK_SHARDS" placeholder:"N" help:"Streams that channels are spread over (4; 2 for a node that is alone on two cores). It is read only at the very first start."`
	Replicas   int              `env:"NATTERJACK_REPLICAS" placeholder:"N" help:"Copies of each stream (1; 3 in a cluster)."`
	Drain      time.Duration    `env:"NATTERJACK_DRAIN" placeholder:"10s" help:"How long a stopping node may take, at most, to send its clients to other nodes."`
	LogLevel   string           `env:"NATTERJACK_LOG_LEVEL" placeholder:"LEVEL" help:"debug, info, warn or error (info)."`
	LogFormat  string           `env:"NATTERJACK_LOG_FORMAT" placeholder:"FORMAT" help:"text or json (text)."`
	Version    kong.VersionFlag `help:"Print the version and exit."`

	Run   struct{} `cmd:"" default:"1" help:"Run the node. This is the default if no command is given."`
	Token Token    `cmd:"" help:"Print a token for a user, signed with the node's key, and exit. The node may run meanwhile. Anybody who has the token can act as that user, until it expires or is signed out."`

	Grow Grow `cmd:"" help:"Take the log of a node that was alone into the cluster of which the configuration makes this one an empty member, verify it, and exit. The node that was alone must be stopped, the other members must be started and empty."`

	Restore Restore `cmd:"" help:"Restore a backup of the nats command into the empty directory of a node that is alone, and exit."`

	command string // run, token, grow or restore
}

// Token holds the arguments of the command token.
type Token struct {
	User    string        `name:"as" required:"" placeholder:"USER" help:"The user of the token: 1 to 64 characters of a-z, 0-9, '_' and '-'."`
	Expires time.Duration `default:"24h" placeholder:"24h" help:"How long the token holds, at most 8784h (${default})."`
	Key     string        `placeholder:"FILE" help:"The private key to sign with, in place of the configured one; the configuration is then not read."`
}

// Grow holds the arguments of the command grow.
type Grow struct {
	From string `required:"" placeholder:"DIR" help:"The data directory of the node that was alone. It stays unchanged until everything is verified."`
}

// Restore holds the arguments of the command restore.
type Restore struct {
	From string `required:"" placeholder:"DIR" help:"The directory that \"nats backup account\" has written."`
}

// parseFlags reads arguments and the environment variables that stand for them.
func parseFlags(args []string, version string, stdout io.Writer) (f flags, known []string, err error) {
	helped := false
	parser, err := kong.New(&f,
		kong.Name("natterjack"),
		kong.Description("A node of a Natterjack chat system."),
		kong.Vars{"version": version},
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { helped = true }),
	)
	if err != nil {
		return f, nil, fmt.Errorf("flags: %w", err)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return f, nil, ErrHelp
	}
	if err != nil {
		return f, nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	f.command = parsed.Command()
	for _, flag := range parser.Model.Flags {
		known = append(known, flag.Envs...)
	}
	return f, known, nil
}

// over replaces settings of the file by the flags that were given.
func (f flags) over(s *settings) error {
	s.Listen = cmp.Or(f.Listen, s.Listen)
	s.Data = cmp.Or(f.Data, s.Data)
	s.Shards = cmp.Or(f.Shards, s.Shards)
	s.Replicas = cmp.Or(f.Replicas, s.Replicas)
	s.Drain = cmp.Or(f.Drain, s.Drain)
	s.Log.Format = cmp.Or(f.LogFormat, s.Log.Format)
	if f.LogLevel == "" {
		return nil
	}
	if err := s.Log.Level.UnmarshalText([]byte(f.LogLevel)); err != nil {
		return fmt.Errorf("%w: --log-level: %w", ErrUsage, err)
	}
	return nil
}
