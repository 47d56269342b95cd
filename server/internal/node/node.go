package node

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"natterjack/embed"
	"natterjack/server/internal/auth"
	"natterjack/server/internal/config"
	"natterjack/server/internal/datadir"
	"natterjack/server/internal/secrets"
)

// Node is a node that has not been started. Run may be called once; Close is called after Run,
// or instead of it.
type Node struct {
	cfg    *config.Config
	base   *slog.Logger // for the parts; each adds its own name
	logger *slog.Logger
	dir    *datadir.Dir
	keys   *auth.Keys // nil if only an identity provider is trusted
	auth   *auth.Authenticator
	secret string // of the development sign-in; empty if there is none
	engine *embed.Server
	cert   *certificate // nil if HTTPS is left to a proxy
	files  files
	offers []binder // parts that answer operations, besides the parts of the node

	resolver *net.Resolver // for addresses that users name; nil for the system's, except in tests
}

// New opens the data directory, makes the secrets that are missing there, and builds everything
// that does not need a running NATS server. It starts nothing.
func New(cfg *config.Config, logger *slog.Logger) (n *Node, err error) {
	n = &Node{cfg: cfg, base: logger, logger: logger.With("component", "node")}
	for _, w := range cfg.Warnings {
		n.logger.Warn("configuration", "warning", w)
	}
	if n.dir, err = datadir.Open(cfg.Data); err != nil {
		return nil, err
	}
	if err := n.admit(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if err := errors.Join(n.divide(), n.passwords(), n.openKeys(), n.openCertificate()); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if n.engine, err = embed.New(embed.Options{NATS: cfg.NATS, Logger: logger}); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// admit returns an error if the directory is not this node's, before the NATS server opens it.
func (n *Node) admit() error {
	store, err := embed.LookAt(n.cfg.NATS.StoreDir)
	if err != nil {
		return err
	}
	return n.dir.Admit(n.cfg.NATS.ServerName, n.cfg.NATS.Cluster.Name, datadir.Store(store))
}

// Close releases the data directory.
func (n *Node) Close() error { return n.dir.Close() }

// passwords sets the missing passwords of the NATS server's users.
func (n *Node) passwords() error {
	store := secrets.Dir(n.dir.Secrets())
	return n.cfg.Passwords(func(name string) (string, error) {
		password, made, err := store.Password(name)
		if made {
			n.logger.Info("made a password", "user", name, "file", store.Path(name))
		}
		return password, err
	})
}

// openKeys loads the signing keys. It makes a key only if none is configured: a mistyped path
// on one node of a cluster must not give that node a key of its own.
func (n *Node) openKeys() (err error) {
	made := false
	switch a := n.cfg.Auth; {
	case a.Key != "":
		n.keys, err = auth.LoadKeys(a.Key)
	case a.Issuer == "":
		n.keys, made, err = auth.LoadOrMakeKeys(n.signIn().SigningKey())
	}
	if err != nil {
		return err
	}
	if made {
		n.logger.Info("made a key that signs tokens", "file", n.signIn().SigningKey())
	}
	if n.cfg.SignIn && n.keys.CanSign() {
		if n.secret, _, err = n.signIn().Password(secrets.SignIn); err != nil {
			return err
		}
	}
	n.auth, err = auth.New(auth.Config{Keys: n.keys, OIDC: n.provider(), Logger: n.base})
	return err
}

// signIn returns the directory of the secret and the key with which users sign in.
func (n *Node) signIn() secrets.Dir {
	return secrets.Dir(cmp.Or(n.cfg.Auth.SignInDir, n.dir.Secrets()))
}

func (n *Node) provider() *auth.OIDC {
	a := n.cfg.Auth
	if a.Issuer == "" {
		return nil
	}
	p := n.cfg.Profiles
	return &auth.OIDC{Issuer: a.Issuer, Audience: a.Audience, UserClaim: a.Claim, NameClaim: p.NameClaim, ZoneClaim: p.ZoneClaim, Mail: n.cfg.Push.SMTP.Host != ""}
}

func (n *Node) openCertificate() (err error) {
	if n.cfg.TLS.Cert == "" {
		return nil
	}
	if n.cert, err = loadCertificate(n.cfg.TLS.Cert, n.cfg.TLS.Key, n.logger); err != nil {
		return fmt.Errorf("tls: %w", err)
	}
	return nil
}
