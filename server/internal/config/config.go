package config

import (
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"natterjack/embed"
	"natterjack/server/wire"
)

// Config is the checked configuration of a node.
type Config struct {
	Listen   string // HTTP, host:port
	Data     string // directory of everything the node keeps
	Drain    time.Duration
	Cache    int64 // bytes; 0 chooses a size that suits the machine
	Shards   int
	Replicas int
	Log      Log
	Origins  []string
	HTTP     HTTP
	TLS      TLS
	Auth     Auth
	Limits   wire.Limits
	Media    Media
	Profiles Profiles
	Search   Search
	Push     Push
	SignIn   bool     // development sign-in: any user, with the secret of the first start
	Token    *Token   // to be printed; nil if a node is to be run
	Grow     *Grow    // a log to take into the cluster; nil if a node is to be run
	Restore  *Restore // a backup to restore; nil if a node is to be run

	NATS     *embed.NATSOptions
	Warnings []string // for the log, once there is one

	// The placeholders of the passwords that the node has to make itself, with the names of
	// their users.
	made map[string]string
}

// Log is the configuration of the log output.
type Log struct {
	Level  slog.Level `conf:"level"`
	Format string     `conf:"format"` // text or json
}

// HTTP bounds the connections of chat clients. A bound of 0 is chosen by the node: see package
// gate.
type HTTP struct {
	TrustedProxies     []string `conf:"trusted_proxies"`
	Connections        int      `conf:"connections"`
	AddressConnections int      `conf:"address_connections"`
	PrefixConnections  int      `conf:"prefix_connections"`
	Guests             int      `conf:"guests"` // connections that have not signed in
	AddressGuests      int      `conf:"address_guests"`
	PrefixGuests       int      `conf:"prefix_guests"`

	Proxies []netip.Prefix // TrustedProxies, parsed
}

// TLS names the files of a certificate. Both are empty if HTTPS is left to a proxy.
type TLS struct {
	Cert string `conf:"cert"`
	Key  string `conf:"key"`
}

// Auth says which tokens are accepted.
type Auth struct {
	Key      string `conf:"key"` // a file; empty for a key that the node makes
	Issuer   string `conf:"issuer"`
	Audience string `conf:"audience"`
	Claim    string `conf:"claim"`
	SignIn   bool   `conf:"sign_in"`
	// SignInDir is the directory of the secret and the key of the development sign-in, if
	// several nodes on this machine share them. It is empty for the node's own.
	SignInDir string `conf:"sign_in_dir"`
}

// Clustered reports whether the node is to be a member of a cluster.
func (c *Config) Clustered() bool { return c.NATS.Cluster.Port != 0 }

// Passwords sets the passwords that neither the environment nor the file has given. It calls the
// function for each with the name of the user. The names are the users of the shipped
// configuration.
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

// missing returns the names of the passwords that [Config.Passwords] would ask for.
func (c *Config) missing() (names []string) {
	for _, u := range c.NATS.Users {
		if name, ok := c.made[u.Password]; ok {
			names = append(names, name)
		}
	}
	slices.Sort(names) // the server reads users in any order
	return slices.Compact(names)
}
