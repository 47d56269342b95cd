package node

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"time"

	"natterjack/server/internal/config"
	"natterjack/server/internal/guard"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/apns"
	"natterjack/server/internal/push/devices"
	"natterjack/server/internal/push/fcm"
	"natterjack/server/internal/push/webhook"
	"natterjack/server/internal/push/webpush"
	"natterjack/server/wire"
)

// The hosts of Apple's service.
const (
	apnsHost        = "https://api.push.apple.com"
	apnsSandboxHost = "https://api.sandbox.push.apple.com"
)

// sendTime bounds one try to notify a user.
const sendTime = 10 * time.Second

// pushing holds the ways of notifying users who are not looking. It is empty if push is off.
type pushing struct {
	guard    *guard.Guard
	services *http.Client // of the operator's own accounts; users do not name their hosts
	key      *webpush.Key
}

// openPush builds the ways of telling, and answers the operations about them.
func (r *running) openPush(ctx context.Context) error {
	cfg := devices.Config{Log: r.log, Reason: wire.PushIsOff, Content: wire.PushContent(r.cfg.Push.Content)}
	if !r.cfg.Push.Off {
		var err error
		if cfg.Reason, cfg.Senders, err = r.openSenders(); err != nil {
			return fmt.Errorf("push: %w", err)
		}
		if cfg.Judge = r.pushing.guard; r.pushing.key != nil {
			cfg.Key = r.pushing.key.Public()
		}
		if err := r.startTelling(ctx, &cfg); err != nil {
			return fmt.Errorf("push: %w", err)
		}
	}
	d := devices.New(cfg)
	d.Bind(r.log.Operations())
	r.log.TakeReceivers(d)
	return nil
}

// openSenders builds a sender for each way that is configured. Reason says why browsers are not
// told.
func (r *running) openSenders() (reason wire.PushReason, senders map[wire.PushKind]push.Sender, err error) {
	p := &r.cfg.Push
	trust, err := roots(p.CA)
	if err != nil {
		return "", nil, err
	}
	r.pushing.guard = guard.New(guard.Config{
		Ports: ports(p), Plain: p.Plain, Permit: p.Allowed, Deny: r.ownAddresses(), Timeout: sendTime, TLS: trust, Resolver: r.resolver,
	})
	r.pushing.services = &http.Client{Timeout: sendTime, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4, IdleConnTimeout: sendTime,
	}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	senders = map[wire.PushKind]push.Sender{}
	if !p.Webhook.Off {
		senders[wire.PushWebhook] = webhook.New(webhook.Config{Client: r.pushing.guard})
	}
	if err := errors.Join(r.addFCM(senders), r.addAPNs(senders)); err != nil {
		return "", nil, err
	}
	reason, err = r.addWeb(senders)
	return reason, senders, err
}

// addWeb adds Web Push, or returns why there is none. Its key follows from the log's own secret: so
// it is the same on all nodes, is made once, and is in each backup.
func (r *running) addWeb(to map[wire.PushKind]push.Sender) (wire.PushReason, error) {
	switch {
	case r.cfg.Push.Subject() == "":
		return wire.PushNoPublicURL, nil
	case !r.log.Keyed():
		r.logger.Warn("browsers get no notifications: the log was made by an early version, and has no key for them")
		return wire.PushNoKey, nil
	}
	key, err := webpush.DeriveKey(r.log.Derive)
	if err != nil {
		return "", err
	}
	sender, err := webpush.New(webpush.Config{Client: r.pushing.guard, Key: key, Subject: r.cfg.Push.Subject()})
	if err != nil {
		return "", fmt.Errorf("set push.public_url, or push.contact: %w", err)
	}
	r.pushing.key, to[wire.PushWeb] = key, sender
	return "", nil
}

func (r *running) addFCM(to map[wire.PushKind]push.Sender) error {
	c := &r.cfg.Push.FCM
	if c.KeyFile == "" {
		return nil
	}
	account, err := os.ReadFile(c.KeyFile) // the operator says which
	if err != nil {
		return fmt.Errorf("fcm.key_file: %w", err)
	}
	sender, err := fcm.New(fcm.Config{Client: r.pushing.services, Host: cmp.Or(c.Host, fcm.Host), Account: account})
	to[wire.PushFCM] = sender
	return err
}

func (r *running) addAPNs(to map[wire.PushKind]push.Sender) error {
	c := &r.cfg.Push.APNs
	if c.KeyFile == "" {
		return nil
	}
	key, err := os.ReadFile(c.KeyFile) // the operator says which
	if err != nil {
		return fmt.Errorf("apns.key_file: %w", err)
	}
	sender, err := apns.New(apns.Config{Client: r.pushing.services, Host: hostOfAPNs(c), Key: key, KeyID: c.KeyID, Team: c.Team, App: c.Topic})
	to[wire.PushAPNs] = sender
	return err
}

func hostOfAPNs(c *config.APNs) string {
	switch {
	case c.Host != "":
		return c.Host
	case c.Sandbox:
		return apnsSandboxHost
	default:
		return apnsHost
	}
}

// ports returns the ports that users may name.
func ports(p *config.Push) []uint16 {
	all := []uint16{443}
	for _, port := range p.Ports {
		all = append(all, uint16(port))
	}
	return all
}

// roots returns the certificates by which servers are trusted: the system's, and those of a file.
func roots(file string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(file) //nolint:gosec // the operator says which
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	if cfg.RootCAs, err = x509.SystemCertPool(); err != nil {
		cfg.RootCAs = x509.NewCertPool()
	}
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("ca: the file has no certificate in PEM")
	}
	return cfg, nil
}

// ownAddresses returns the addresses of this machine's network interfaces. If they are public, the
// guard would allow them otherwise, and services that listen on them may trust their own machine.
// An address that the operator allows by its own name stays allowed.
func (r *running) ownAddresses() (own []netip.Prefix) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		r.logger.Warn("the addresses of this machine could not be read, so users may name its public addresses as receivers", "error", err)
		return nil
	}
	for _, a := range addrs {
		network, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, ok := netip.AddrFromSlice(network.IP)
		if !ok {
			continue
		}
		addr = addr.Unmap()
		allows := func(p netip.Prefix) bool { return p.Contains(addr) }
		if !slices.ContainsFunc(r.cfg.Push.Allowed, allows) {
			own = append(own, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return own
}

// endPush closes the connections to receivers. No sender is used any more.
func (r *running) endPush() error {
	if r.pushing.guard != nil {
		r.pushing.guard.Close()
	}
	if r.pushing.services != nil {
		r.pushing.services.CloseIdleConnections()
	}
	return nil
}
