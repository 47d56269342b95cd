package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"natterjack/embed"
	"natterjack/server/internal/gate"
)

// minCache is the smallest cache that a node can work with.
const minCache = 16 << 20

// maxDrain keeps a stop shorter than the time that service managers wait for.
const maxDrain = 5 * time.Minute

// check collects all errors of the configuration. It refuses configurations that would be open to
// the network by mistake, and decides whether the development sign-in exists.
func (c *Config) check() error {
	exposure := embed.Expose(c.NATS)
	c.Warnings = append(c.Warnings, exposure.Warned...)
	local, err := c.checkListen()
	c.SignIn = c.Auth.SignIn && !c.trusts() && local && len(exposure.Network) == 0
	errs := []error{err, c.checkSignIn(), c.checkTLS(), c.checkHTTP(), c.checkOrigins(), c.checkLimits(), c.checkStreams(), c.checkLog(), c.checkNode(), c.checkMedia(), c.checkProfiles(), c.checkPush()}
	for _, r := range exposure.Refused {
		errs = append(errs, errors.New(r))
	}
	if c.Clustered() {
		errs = append(errs, c.checkCluster()...)
		if c.Restore != nil {
			errs = append(errs, errors.New("restore: a backup is restored into a node that is alone, of which \"natterjack grow\" then makes a cluster; take the cluster block out"))
		}
	} else if c.Grow != nil {
		errs = append(errs, errors.New("grow: the configuration has no cluster block; it must be the one that this node is to have as a member"))
	}
	if !local && !c.trusts() {
		errs = append(errs, fmt.Errorf("listen: %s can be reached from the network, and there is neither auth.key nor auth.issuer "+
			"to tell who may use it: configure one, or listen on 127.0.0.1", c.Listen))
	}
	c.warn(local)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("refusing to start:\n%w", err)
	}
	return nil
}

// trusts reports whether a key or an issuer is configured.
func (c *Config) trusts() bool { return c.Auth.Key != "" || c.Auth.Issuer != "" }

// checkSignIn refuses a shared directory for a sign-in that does not exist: the nodes would
// make each a key of its own.
func (c *Config) checkSignIn() error {
	if c.Auth.SignInDir != "" && !c.SignIn {
		return errors.New("auth.sign_in_dir: there is no development sign-in beside a key or an issuer, nor on an address that other machines reach; " +
			"take sign_in_dir out, and configure auth.key or auth.issuer")
	}
	return nil
}

func (c *Config) warn(local bool) {
	if !c.NATS.SyncAlways {
		c.Warnings = append(c.Warnings, "jetstream: sync_interval is not \"always\": a power cut loses acknowledged messages")
	}
	if !local && c.TLS.Cert == "" {
		c.Warnings = append(c.Warnings, "listen: without tls, tokens cross the network in the clear, unless a proxy in front of the node has tls")
	}
	if !c.SignIn && !c.trusts() {
		c.Warnings = append(c.Warnings, "auth: neither a key nor an issuer is configured, and development sign-in is off: only natterjack token, with the key that this node makes, gives tokens")
	}
}

func (c *Config) checkListen() (local bool, err error) {
	host, port, err := net.SplitHostPort(c.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return false, fmt.Errorf("listen: %q is not host:port, such as 127.0.0.1:8080", c.Listen)
	}
	return embed.Loopback(host), nil
}

func (c *Config) checkTLS() error {
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return errors.New("tls: cert and key go together: set both, or neither")
	}
	return nil
}

// checkHTTP reads the trusted proxies and checks the bounds of connections.
func (c *Config) checkHTTP() error {
	h := &c.HTTP
	var errs []error
	h.Proxies = nil
	for _, s := range h.TrustedProxies {
		p, err := gate.ParseProxy(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("http.trusted_proxies: %q is neither an address such as 10.0.0.1 nor a network such as 10.0.0.0/24", s))
		} else if p.Bits() == 0 {
			errs = append(errs, fmt.Errorf("http.trusted_proxies: %q is every address: anybody could then choose the address that they count as", s))
		}
		h.Proxies = append(h.Proxies, p)
	}
	const most = 1_000_000
	return errors.Join(append(errs,
		within("http.connections", h.Connections, 0, most),
		within("http.address_connections", h.AddressConnections, 0, most),
		within("http.prefix_connections", h.PrefixConnections, 0, most),
		within("http.guests", h.Guests, 0, most),
		within("http.address_guests", h.AddressGuests, 0, most),
		within("http.prefix_guests", h.PrefixGuests, 0, most),
	)...)
}

// checkOrigins checks that origins have the form in which browsers send them: a scheme, a host
// and perhaps a port.
func (c *Config) checkOrigins() error {
	var errs []error
	for _, o := range c.Origins {
		u, err := url.Parse(o)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.TrimSuffix(o, "/") != u.Scheme+"://"+u.Host || strings.Contains(o, "*") {
			errs = append(errs, fmt.Errorf("origins: %q is not an origin such as https://chat.example.com; there are no patterns", o))
		}
	}
	return errors.Join(errs...)
}

// checkLimits keeps limits within the ranges that the design allows for. The record of a
// message, with all its text escaped, has to fit into a NATS message.
func (c *Config) checkLimits() error {
	l := c.Limits
	const escaped, around = 6, 4 << 10 // a byte may become \u0000; the other members of a record
	payload := int(c.NATS.MaxPayload)
	if payload == 0 {
		payload = 1 << 20
	}
	return errors.Join(
		within("limits.frame_bytes", l.FrameBytes, 1<<10, 1<<20),
		within("limits.text_bytes", l.TextBytes, 1, min(l.FrameBytes, (payload-around)/escaped)),
		within("limits.in_flight", l.InFlight, 1, 4096),
		within("limits.group_members", l.GroupMembers, 2, 500),
		within("limits.history_events", l.HistoryEvents, 1, 1000),
		within("limits.message_edits", l.MessageEdits, 1, 10_000),
		within("limits.commands_per_s", l.CommandsPerS, 1, 100_000),
		within("limits.user_commands_per_s", l.UserCommandsPerS, 1, 100_000),
		within("limits.channel_events_per_s", l.ChannelEventsPerS, 1, 100_000),
		within("limits.groups_per_min", l.GroupsPerMin, 1, 100_000),
		within("limits.members_per_min", l.MembersPerMin, 1, 100_000),
		within("limits.user_groups", l.UserGroups, 1, 100_000),
		within("limits.ping_interval_s", l.PingIntervalS, 5, 300),
	)
}

func (c *Config) checkStreams() error {
	errs := []error{within("shards", c.Shards, 1, 256), within("replicas", c.Replicas, 1, 5)}
	if c.Replicas > 1 && !c.Clustered() {
		errs = append(errs, fmt.Errorf("replicas: %d copies need a cluster of at least as many nodes; add the block cluster, or set replicas: 1", c.Replicas))
	}
	if !c.NATS.JetStream {
		errs = append(errs, errors.New("jetstream: is not enabled, and without it there is no log; add its block, as in the shipped nats.conf"))
	}
	return errors.Join(errs...)
}

func (c *Config) checkLog() error {
	if c.Log.Format != "text" && c.Log.Format != "json" {
		return fmt.Errorf("log.format: %q is neither text nor json; set one of them", c.Log.Format)
	}
	return nil
}

func (c *Config) checkNode() error {
	var errs []error
	if c.Data == "" {
		errs = append(errs, errors.New("data: is empty; name a directory"))
	}
	if c.Drain <= 0 || c.Drain > maxDrain {
		errs = append(errs, fmt.Errorf("drain: %v is not between 0 and %v", c.Drain, maxDrain))
	}
	if c.Cache != 0 && c.Cache < minCache {
		errs = append(errs, fmt.Errorf("cache: %d bytes are less than 16MB; set more, or leave it out", c.Cache))
	}
	return errors.Join(errs...)
}

// checkCluster refuses a configuration with which each member would make secrets of its own.
func (c *Config) checkCluster() (errs []error) {
	if c.NATS.ServerName == "" {
		errs = append(errs, errors.New("server_name: in a cluster it must be set, be unique, and never change"))
	}
	if c.NATS.Cluster.Name == "" {
		errs = append(errs, errors.New("cluster.name: must be set, be the same on all nodes, and never change"))
	}
	if missing := c.missing(); len(missing) > 0 {
		for i, user := range missing {
			missing[i] = variable(user)
		}
		errs = append(errs, fmt.Errorf("accounts: all nodes of a cluster must have the same passwords: set %s", strings.Join(missing, ", ")))
	}
	if !c.trusts() && c.Auth.SignInDir == "" {
		errs = append(errs, errors.New("auth: all nodes of a cluster must take the same tokens: set auth.key or auth.issuer, or auth.sign_in_dir on one machine"))
	}
	return errs
}

func within(key string, n, low, high int) error {
	if n < low || n > high {
		return fmt.Errorf("%s: %d is not between %d and %d", key, n, low, high)
	}
	return nil
}
