package config

import (
	"log/slog"
	"slices"
	"time"

	"natterjack/embed"
	"natterjack/server/wire"
)

// Config is what a node is told, checked.
type Config struct {
	Listen   string // HTTP, host:port
	Data     string // directory of everything the node keeps
	Drain    time.Duration
	Cache    int64 // bytes; 0 for what suits the machine
	Shards   int
	Replicas int
	Log      Log
	Origins  []string
	TLS      TLS
	Auth     Auth
	Limits   wire.Limits
	SignIn   bool   // for development: without a password
	Token    *Token // to be printed; nil where a node is to be run
	Grow     *Grow  // a log to be taken into the cluster; nil where a node is to be run

	NATS     *embed.NATSOptions
	Warnings []string // for the log, once there is one

	made map[string]string // placeholders of passwords that the node has to make itself, and their names
}

// Log says how to log.
type Log struct {
	Level  slog.Level `conf:"level"`
	Format string     `conf:"format"` // text or json
}

// TLS names the files of a certificate. Both are empty where HTTPS is left to a proxy.
type TLS struct {
	Cert string `conf:"cert"`
	Key  string `conf:"key"`
}

// Auth says whose tokens are taken.
type Auth struct {
	Key      string `conf:"key"` // file; empty for one that the node makes itself
	Issuer   string `conf:"issuer"`
	Audience string `conf:"audience"`
	Claim    string `conf:"claim"`
	SignIn   bool   `conf:"sign_in"`
}

// Clustered reports whether the node is to be a member of a cluster.
func (c *Config) Clustered() bool { return c.NATS.Cluster.Port != 0 }

// Passwords asks for each password that neither the environment nor the file has given, by the name of its user, and puts
// it in place. The names are those of the users in the shipped configuration.
func (c *Config) Passwords(password func(name string) (string, error)) error {
	for _, u := range c.NATS.Users {
		name, ok := c.made[u.Password]
		if !ok {
			continue
		}
		var err error
		if u.Password, err = password(name); err != nil {
			return err
		}
	}
	return nil
}

// missing are the names of passwords that [Config.Passwords] would ask for.
func (c *Config) missing() (names []string) {
	for _, u := range c.NATS.Users {
		if name, ok := c.made[u.Password]; ok {
			names = append(names, name)
		}
	}
	slices.Sort(names) // the server reads users in any order
	return slices.Compact(names)
}
