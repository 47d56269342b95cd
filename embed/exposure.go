package embed

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// Exposure lists the doors that a configuration opens to other machines.
type Exposure struct {
	Network []string // listeners that other machines can reach, "clients at 0.0.0.0:4222"
	Refused []string // mistakes, each a sentence; the server must not be started with them
	Warned  []string // usual on a private network, but readable on any other
}

// Expose examines the listeners of a configuration. An address that is not clearly on the
// loopback interface counts as open.
func Expose(o *server.Options) Exposure {
	var e Exposure
	e.passwords(o)
	e.members(o)
	if !o.DontListen {
		e.clients(o)
	}
	e.cluster(o)
	e.others(o)
	return e
}

// passwords refuses users without a password, even if no listener is open to them.
func (e *Exposure) passwords(o *server.Options) {
	for _, u := range o.Users {
		if u.Password == "" {
			e.refuse("user %s has no password", u.Username)
		}
	}
}

func (e *Exposure) clients(o *server.Options) {
	if !e.open("clients", o.Host, o.Port) {
		return
	}
	if o.NoAuthUser != "" {
		e.refuse("no_auth_user lets anybody on the network in as %s", o.NoAuthUser)
	}
	if o.TLSConfig == nil {
		e.warn("passwords of NATS clients and all they read cross the network in the clear: configure tls")
	}
}

func (e *Exposure) cluster(o *server.Options) {
	if o.Cluster.Port == 0 || !e.open("cluster", o.Cluster.Host, o.Cluster.Port) {
		return
	}
	if o.Cluster.Password == "" && !mutual(o.Cluster.TLSConfig) {
		e.refuse("cluster: anybody on the network could join as a node: configure cluster { authorization { user, password } }, or tls with verify")
	}
	if o.Cluster.TLSConfig == nil {
		e.warn("everything in the log crosses the network between nodes in the clear: configure cluster { tls }")
	}
}

// others examines listeners that we do not need but that may be configured.
func (e *Exposure) others(o *server.Options) {
	if port := max(o.HTTPPort, o.HTTPSPort); port != 0 && e.open("monitoring", cmp.Or(o.HTTPHost, o.Host), port) {
		e.refuse("http: the NATS server's monitoring asks for no password: let it listen on 127.0.0.1")
	}
	if o.ProfPort != 0 && e.open("profiling", o.Host, o.ProfPort) {
		e.refuse("prof_port: profiling asks for no password, and listens where NATS clients do")
	}
	if g := o.Gateway; g.Port != 0 && e.open("gateway", g.Host, g.Port) && g.Password == "" && !mutual(g.TLSConfig) {
		e.refuse("gateway: anybody on the network could join as a cluster: configure gateway { authorization }, or tls")
	}
	if w := o.Websocket; w.Port != 0 && e.open("websocket", w.Host, w.Port) {
		e.unencrypted("websocket", w.TLSConfig == nil, w.NoAuthUser)
	}
	if m := o.MQTT; m.Port != 0 && e.open("mqtt", m.Host, m.Port) {
		e.unencrypted("mqtt", m.TLSConfig == nil, m.NoAuthUser)
	}
	if l := o.LeafNode; l.Port != 0 && e.open("leafnodes", l.Host, l.Port) {
		e.unencrypted("leafnodes", l.TLSConfig == nil, "")
	}
}

func (e *Exposure) unencrypted(what string, clear bool, noAuthUser string) {
	if noAuthUser != "" {
		e.refuse("%s: no_auth_user lets anybody on the network in as %s", what, noAuthUser)
	}
	if clear {
		e.warn("%s: passwords cross the network in the clear: configure tls", what)
	}
}

// open reports whether other machines can reach a listener, and records it if so.
func (e *Exposure) open(what, host string, port int) bool {
	if Loopback(host) {
		return false
	}
	e.Network = append(e.Network, fmt.Sprintf("%s at %s", what, net.JoinHostPort(host, strconv.Itoa(port))))
	return true
}

func (e *Exposure) refuse(format string, args ...any) {
	e.Refused = append(e.Refused, fmt.Sprintf(format, args...))
}

func (e *Exposure) warn(format string, args ...any) {
	e.Warned = append(e.Warned, fmt.Sprintf(format, args...))
}

// mutual reports whether TLS also requires a certificate from the client. This is the server's
// default for its peers.
func mutual(c *tls.Config) bool {
	return c != nil && c.ClientAuth == tls.RequireAndVerifyClientCert
}

// Loopback reports whether a host can be reached from this machine only: a loopback address, or
// "localhost". The empty host means every interface. Any other name may resolve to any address,
// and this may change.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
