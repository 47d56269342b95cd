package guard

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrRefused is in the chain of the error for a URL, a redirect or an address that is not allowed.
var ErrRefused = errors.New("guard: refused")

// ErrTooLarge is in the chain of the error for reading an answer that is longer than allowed.
var ErrTooLarge = errors.New("guard: the receiver's answer is too long")

// The defaults of a [Config].
const (
	defaultTimeout = 10 * time.Second
	defaultMaxBody = 64 << 10

	maxHeader    = 64 << 10
	maxIdle      = 256
	maxIdleAHost = 16
	idleTimeout  = 90 * time.Second
)

// Config says which addresses a guard allows. The zero value allows https to port 443 of public
// hosts, and follows no redirect.
type Config struct {
	// Ports are the ports that may be asked; none stands for 443.
	Ports []uint16
	// Plain also allows http. It is for tests, and for networks that the operator trusts.
	Plain bool
	// Permit lists addresses that may be asked although they are not public. It is for tests, and
	// for receivers in the operator's own network.
	Permit []netip.Prefix
	// Deny lists addresses that may not be asked. It comes before Permit. The addresses of the
	// operator's own machines belong here, where they are public.
	Deny []netip.Prefix

	Redirects int           // how many are followed
	Timeout   time.Duration // of a request with all its redirects and the answer; 0 for 10 s
	MaxBody   int64         // bytes of an answer; 0 for 64 KiB

	TLS      *tls.Config   // nil for the system's roots
	Resolver *net.Resolver // nil for the system's
}

// Guard asks URLs that users have named. All methods may be called concurrently.
type Guard struct {
	cfg    Config
	client *http.Client
}

// New returns a guard.
func New(cfg Config) *Guard {
	if len(cfg.Ports) == 0 {
		cfg.Ports = []uint16{443}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = defaultMaxBody
	}
	g := &Guard{cfg: cfg}
	g.client = &http.Client{
		Timeout:       cfg.Timeout,
		CheckRedirect: g.redirect,
		Transport:     &bounded{next: g.transport(), max: cfg.MaxBody},
	}
	return g
}

// Close closes the connections that no request uses.
func (g *Guard) Close() { g.client.CloseIdleConnections() }

func (g *Guard) transport() *http.Transport {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if g.cfg.TLS != nil {
		config = g.cfg.TLS.Clone()
	}
	dialer := net.Dialer{Timeout: g.cfg.Timeout, Resolver: g.cfg.Resolver, ControlContext: g.control}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    g.cfg.Timeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // a bound on bytes is then a bound on work
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdleAHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// control judges the address that is dialled, after the name was resolved: it is the last to see
// it, so a name cannot be rebound in between.
func (g *Guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return refuse("connections over %s are not allowed", network)
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return refuse("the address cannot be read")
	}
	return g.Address(at.Addr())
}
