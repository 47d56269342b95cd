package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"natterjack"
	"natterjack/embed"
	"natterjack/embed/conf"
	"natterjack/server/wire"
)

// block is the name of our block in the file.
const block = "natterjack"

// settings are the content of the block.
type settings struct {
	Listen   string        `conf:"listen"`
	Data     string        `conf:"data"`
	Drain    time.Duration `conf:"drain"`
	Cache    int64         `conf:"cache"`
	Shards   int           `conf:"shards"`
	Replicas int           `conf:"replicas"`
	Log      Log           `conf:"log"`
	Origins  []string      `conf:"origins"`
	HTTP     HTTP          `conf:"http"`
	TLS      TLS           `conf:"tls"`
	Auth     Auth          `conf:"auth"`
	Limits   wire.Limits   `conf:"limits"`
	Media    Media         `conf:"media"`
	Profiles Profiles      `conf:"profiles"`
	Search   Search        `conf:"search"`
	Push     Push          `conf:"push"`
}

func defaults() settings {
	return settings{
		Listen: "127.0.0.1:8080", Data: "./data", Drain: 10 * time.Second,
		Log: Log{Format: "text"}, Auth: Auth{SignIn: true}, Limits: wire.DefaultLimits(), Media: defaultMedia(), Profiles: defaultProfiles(), Push: defaultPush(),
	}
}

// Load reads arguments, environment and file. If only a token is requested, it checks only that
// the configuration can be read. Help goes to stdout. It opens only the files of the
// configuration, and makes none.
func Load(args []string, stdout io.Writer) (*Config, error) {
	f, known, err := parseFlags(args, natterjack.Version, stdout)
	if err != nil {
		return nil, err
	}
	if err := checkEnvironment(os.Environ(), append(known, mediaKeys...)); err != nil {
		return nil, err
	}
	if f.command == "token" && f.Token.Key != "" {
		return &Config{Auth: Auth{Key: f.Token.Key}, Token: &f.Token}, nil
	}
	vars, made := passwords(os.Environ())
	source := conf.Source{Path: f.Config, Block: block, Vars: vars}
	if f.Config == "" {
		source.Text = natterjack.Configuration
	}
	read, opts, warnings, err := source.Read()
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	s := defaults()
	if err := errors.Join(read.Decode(&s), f.over(&s)); err != nil {
		return nil, err
	}
	c := s.config(opts)
	if f.command == "token" { // only a node needs the rest
		c.Token = &f.Token
		return c, nil
	}
	switch f.command {
	case "grow":
		c.Grow = &f.Grow
	case "restore":
		c.Restore = &f.Restore
	}
	c.made = made
	for _, w := range warnings {
		c.Warnings = append(c.Warnings, w.Error())
	}
	if err := c.prepareNATS(f); err != nil {
		return nil, err
	}
	return c, c.check()
}

func (s settings) config(opts *embed.NATSOptions) *Config {
	return &Config{
		Listen: s.Listen, Data: s.Data, Drain: s.Drain, Cache: s.Cache, Shards: s.Shards, Replicas: s.Replicas,
		Log: s.Log, Origins: s.Origins, HTTP: s.HTTP, TLS: s.TLS, Auth: s.Auth, Limits: s.Limits, Media: s.Media, Profiles: s.Profiles, Search: s.Search, Push: s.Push, NATS: opts,
	}
}

// prepareNATS applies the flags over the NATS server's options, and our defaults where neither
// says anything.
func (c *Config) prepareNATS(f flags) error {
	if f.NATSListen != "" {
		if err := embed.ListenAt(c.NATS, f.NATSListen); err != nil {
			return fmt.Errorf("%w: --nats-listen: %w", ErrUsage, err)
		}
	}
	c.NATS.ServerName = cmp.Or(f.Name, c.NATS.ServerName)
	if c.NATS.ServerName == "" && !c.Clustered() {
		c.NATS.ServerName = hostName()
	}
	c.NATS.StoreDir = cmp.Or(c.NATS.StoreDir, c.Data) // the server adds "jetstream" itself
	if c.Shards == 0 {
		c.Shards = defaultShards(runtime.NumCPU(), c.Clustered())
	}
	if c.Replicas == 0 {
		c.Replicas = 1
		if c.Clustered() {
			c.Replicas = 3
		}
	}
	return nil
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "natterjack"
	}
	return name
}

// defaultShards returns four, or two for a node that is alone on up to two cores. Each shard
// syncs by itself and commits in batches of its own. On two cores, two shards reach a quarter
// more throughput than four, with less CPU per message. In a cluster each shard has a leader,
// and with more shards the death of a leader concerns fewer channels.
func defaultShards(cores int, clustered bool) int {
	if cores <= 2 && !clustered {
		return 2
	}
	return 4
}
