package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"natterjack/server/wire"
)

// OIDC names an OpenID Connect provider whose tokens are accepted.
type OIDC struct {
	Issuer   string // its URL; https, or http on loopback
	Audience string // the client id that its tokens are made for
	// UserClaim is the claim with the user's name; empty means "sub". Its value has to satisfy
	// [wire.ValidUser], and users must not be able to choose it themselves.
	UserClaim string
	Algs      []string // signature algorithms; empty means RS256, PS256, ES256 and EdDSA
}

// asymmetric are the algorithms that may be configured. HS256 and "none" are not among them:
// with HS256 the public key would serve as the secret.
var asymmetric = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// discoveryPause is how long discovery is not repeated after it has failed.
const discoveryPause = 5 * time.Second

// provider verifies the tokens of one identity provider. It runs discovery when it gets the
// first token of that provider.
type provider struct {
	OIDC
	algs   []jose.SignatureAlgorithm
	client *http.Client
	logger *slog.Logger

	// turn holds one token. It is a lock that respects contexts, because it is held during
	// discovery. It guards the following.
	turn     chan struct{}
	keys     oidc.KeySet
	nextTry  time.Time
	lastFail error
}

func newProvider(cfg OIDC, logger *slog.Logger) (*provider, error) {
	if cfg.UserClaim == "" {
		cfg.UserClaim = "sub"
	}
	if len(cfg.Algs) == 0 {
		cfg.Algs = []string{oidc.RS256, oidc.PS256, oidc.ES256, oidc.EdDSA}
	}
	p := &provider{OIDC: cfg, logger: logger, client: newClient(logger), turn: make(chan struct{}, 1)}
	for _, alg := range cfg.Algs {
		if !slices.Contains(asymmetric, alg) {
			return nil, fmt.Errorf("auth: oidc: %q is not one of the algorithms %v", alg, asymmetric)
		}
		p.algs = append(p.algs, jose.SignatureAlgorithm(alg))
	}
	if cfg.Audience == "" {
		return nil, errors.New("auth: oidc: the audience is missing; without it a token made for any other service would do")
	}
	if err := checkURL(cfg.Issuer); err != nil {
		return nil, fmt.Errorf("auth: oidc: issuer: %w", err)
	}
	return p, nil
}

func checkURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.Host == "" || u.User != nil:
		return errors.New("must be a URL with a host and without a password")
	case u.Scheme == "https", u.Scheme == "http" && loopbackHost(u.Host):
		return nil
	default:
		return errors.New("must be https")
	}
}

// check verifies a token of the provider, including its expiry.
func (p *provider) check(ctx context.Context, token string) (proof, error) {
	remote, err := p.keySet(ctx)
	if err != nil {
		return proof{}, unreachable()
	}
	keys := &watchedKeys{KeySet: remote}
	id, err := oidc.NewVerifier(p.Issuer, keys, &oidc.Config{
		ClientID: p.Audience, SupportedSigningAlgs: p.Algs,
	}).Verify(ctx, token)
	if err != nil {
		return proof{}, p.refuse(err, keys.err)
	}
	user, err := p.userOf(id)
	if err != nil {
		return proof{}, err
	}
	return proof{user: user, expires: expiryOf(id.Expiry)}, nil
}

func (p *provider) userOf(id *oidc.IDToken) (string, error) {
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return "", notClaims()
	}
	user, ok := claims[p.UserClaim].(string)
	if !ok || !wire.ValidUser(user) {
		return "", notAUser(p.UserClaim)
	}
	return user, nil
}

// refuse returns the error to answer with. It distinguishes cases that go-oidc's errors do not.
func (p *provider) refuse(err, keysErr error) error {
	if old, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		if old.Expiry.Unix() <= 0 {
			return noExpiry()
		}
		return expired(old.Expiry)
	}
	switch {
	case keysErr == nil:
		return unauthorized("is not for this server (aud), or not valid yet (nbf)")
	case errors.Unwrap(keysErr) != nil: // go-oidc wraps only the errors of fetching keys
		return unreachable()
	default:
		return unauthorized("its signature is not by a key of its issuer; sign in again")
	}
}

func unreachable() error {
	return wire.Errorf(wire.CodeUnavailable, "token: the identity provider cannot be asked for its keys; try again").After(discoveryPause)
}

// watchedKeys keeps the error of the key set during one verification, because go-oidc turns it
// into plain text.
type watchedKeys struct {
	oidc.KeySet
	err error
}

// VerifySignature implements [oidc.KeySet].
func (w *watchedKeys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := w.KeySet.VerifySignature(ctx, token)
	w.err = err
	return payload, err
}

// keySet returns the provider's keys. It discovers the provider once. Callers wait for each
// other here: only one of them at a time asks the provider, and after a failure the provider is
// not asked again for a while.
func (p *provider) keySet(ctx context.Context) (oidc.KeySet, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p.keys != nil {
		return p.keys, nil
	}
	if time.Now().Before(p.nextTry) {
		return nil, p.lastFail
	}
	// The client that comes first may hang up. The discovery that it started continues for the
	// others.
	p.keys, p.lastFail = p.discover(oidc.ClientContext(context.WithoutCancel(ctx), p.client))
	if p.lastFail != nil {
		p.nextTry = time.Now().Add(discoveryPause)
		p.logger.WarnContext(ctx, "the identity provider cannot be discovered", "issuer", p.Issuer, "error", p.lastFail)
		return nil, p.lastFail
	}
	return p.keys, nil
}

func (p *provider) discover(ctx context.Context) (oidc.KeySet, error) {
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	var doc struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := found.Claims(&doc); err != nil {
		return nil, err
	}
	if err := checkURL(doc.JWKS); err != nil {
		return nil, fmt.Errorf("jwks_uri: %w", err)
	}
	return oidc.NewRemoteKeySet(ctx, doc.JWKS), nil
}

// loopbackHost reports whether a host, with or without a port, names this machine.
func loopbackHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(trimBrackets(host))
	return ip != nil && ip.IsLoopback()
}

func trimBrackets(host string) string {
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
