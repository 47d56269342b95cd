package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
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
	// NameClaim and ZoneClaim are the claims with the user's display name and time zone. Empty
	// means that they are not read.
	NameClaim, ZoneClaim string
	// Mail says whether to read the user's address (email, email_verified) and language (locale).
	Mail bool
	Algs []string // signature algorithms; empty means RS256, PS256, ES256 and EdDSA
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
	found    discovery
	nextTry  time.Time
	lastFail error
}

// discovery is the part of a provider's discovery document that is used here.
type discovery struct {
	keys  oidc.KeySet // nil before discovery
	token string      // the URL at which pages get tokens; empty if it is not fit for that
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
		return nil, errors.New("auth: oidc: the audience is missing; without it, tokens made for any other service would be accepted")
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
	found, err := p.known(ctx)
	if err != nil {
		return proof{}, unreachable()
	}
	keys := &watchedKeys{KeySet: found.keys}
	id, err := oidc.NewVerifier(p.Issuer, keys, &oidc.Config{
		ClientID: p.Audience, SupportedSigningAlgs: p.Algs,
	}).Verify(ctx, token)
	if err != nil {
		return proof{}, p.refuse(err, keys.err)
	}
	user, said, err := p.read(id)
	if err != nil {
		return proof{}, err
	}
	return proof{user: user, expires: expiryOf(id.Expiry), said: said}, nil
}

// read returns the user of a token, and its other claims about them. A claim that is no text says
// nothing.
func (p *provider) read(id *oidc.IDToken) (user string, said Claims, err error) {
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return "", said, notClaims()
	}
	user, ok := claims[p.UserClaim].(string)
	if !ok || !wire.ValidUser(user) {
		return "", said, notAUser(p.UserClaim)
	}
	text := func(claim string) string {
		if claim == "" {
			return ""
		}
		value, _ := claims[claim].(string)
		return value
	}
	said = Claims{Name: text(p.NameClaim), Zone: text(p.ZoneClaim)}
	if address := text("email"); p.Mail && address != "" {
		said.Language = text("locale")
		if said.Unverified = !verified(claims["email_verified"]); !said.Unverified {
			said.Mail = address
		}
	}
	return user, said, nil
}

// verified reports whether a provider says that an address is the user's. Some say it as text.
func verified(claim any) bool { return claim == true || claim == "true" }

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
	return wire.Errorf(wire.CodeUnavailable, "token: the keys of the identity provider cannot be fetched; try again").After(discoveryPause)
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

// known returns the discovery of the provider. It discovers the provider once. Callers wait for
// each other here: only one of them at a time asks the provider, and after a failure the provider
// is not asked again for a while.
func (p *provider) known(ctx context.Context) (discovery, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return discovery{}, ctx.Err()
	}
	if p.found.keys != nil {
		return p.found, nil
	}
	if time.Now().Before(p.nextTry) {
		return discovery{}, p.lastFail
	}
	// The client that comes first may hang up. The discovery that it started continues for the
	// others.
	p.found, p.lastFail = p.discover(oidc.ClientContext(context.WithoutCancel(ctx), p.client))
	if p.lastFail != nil {
		p.nextTry = time.Now().Add(discoveryPause)
		p.logger.WarnContext(ctx, "the identity provider cannot be discovered", "issuer", p.Issuer, "error", p.lastFail)
		return discovery{}, p.lastFail
	}
	return p.found, nil
}

func (p *provider) discover(ctx context.Context) (discovery, error) {
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return discovery{}, err
	}
	var doc struct {
		JWKS  string `json:"jwks_uri"`
		Token string `json:"token_endpoint"`
	}
	if err := found.Claims(&doc); err != nil {
		return discovery{}, err
	}
	if err := checkURL(doc.JWKS); err != nil {
		return discovery{}, fmt.Errorf("jwks_uri: %w", err)
	}
	if err := checkEndpoint(doc.Token); err != nil {
		p.logger.WarnContext(ctx, "pages cannot get tokens of the identity provider", "issuer", p.Issuer, "token_endpoint", err)
		doc.Token = ""
	}
	return discovery{oidc.NewRemoteKeySet(ctx, doc.JWKS), doc.Token}, nil
}

// endpoint is a URL that a policy of content can name as a source, and that names nothing else
// there: it has no space, quote, semicolon or comma, and neither query nor fragment.
var endpoint = regexp.MustCompile(`^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~%!$&()*+=:@/-]*)?$`)

func checkEndpoint(raw string) error {
	if err := checkURL(raw); err != nil {
		return err
	}
	if !endpoint.MatchString(raw) {
		return errors.New("has characters that a Content-Security-Policy cannot contain")
	}
	return nil
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
