package auth

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/go-json-experiment/json"

	"natterjack/server/wire"
)

// maxToken bounds the bytes of a token. Providers that put all groups of a user into the token
// make tokens of some 10 KiB.
const maxToken = 16 << 10

// leeway is how far the clock of the token's issuer may be ahead of ours. It does not apply to
// exp: a session ends there.
const leeway = time.Minute

// Config configures an [Authenticator]. At least one of Keys and OIDC is set.
type Config struct {
	Keys   *Keys // of our own tokens
	OIDC   *OIDC // an identity provider
	Logger *slog.Logger
}

// Authenticator verifies tokens. All methods may be called concurrently.
type Authenticator struct {
	keys     *Keys
	provider *provider
	algs     []jose.SignatureAlgorithm
	cache    *cache
	told     atomic.Pointer[func(user string, said Claims)]
}

// Claims are the facts that an identity provider gives about a user besides their id.
type Claims struct {
	Name, Zone string
	// Mail is an address that the provider has verified. It is private. Unverified says that the
	// provider tells an address that it has not verified, so that no earlier one counts any more.
	Mail       string
	Unverified bool
	Language   string // such as ja or en-GB
}

// String keeps addresses out of logs.
func (Claims) String() string { return "(claims)" }

// GoString keeps addresses out of logs.
func (Claims) GoString() string { return "(claims)" }

// WatchClaims registers f, in place of an earlier function. It is called with the claims of an
// identity provider about a user, if there are any, whenever a token is verified that is not in the
// cache. F must not block.
func (a *Authenticator) WatchClaims(f func(user string, said Claims)) { a.told.Store(&f) }

// New makes an authenticator. It does not contact the identity provider yet: a server must be
// able to start while the provider cannot be reached.
func New(cfg Config) (*Authenticator, error) {
	a := &Authenticator{keys: cfg.Keys, cache: newCache()}
	if cfg.Keys == nil && cfg.OIDC == nil {
		return nil, errors.New("auth: neither a key nor an identity provider is configured, so no user could sign in")
	}
	if cfg.Keys != nil {
		a.algs = append(a.algs, jose.EdDSA)
	}
	if cfg.OIDC != nil {
		p, err := newProvider(*cfg.OIDC, cfg.Logger.With("component", "auth"))
		if err != nil {
			return nil, err
		}
		a.provider = p
		for _, alg := range p.algs {
			if !slices.Contains(a.algs, alg) {
				a.algs = append(a.algs, alg)
			}
		}
	}
	return a, nil
}

// Authenticate returns the user of a token and the time until which the token is valid. Errors
// are [*wire.Error]s: expired for a token that was valid before, unauthorized for a token that
// does not verify, unavailable while the identity provider cannot be reached.
func (a *Authenticator) Authenticate(ctx context.Context, token string) (user string, expires time.Time, err error) {
	switch {
	case token == "":
		return "", time.Time{}, unauthorized("is missing; sign in and send one")
	case len(token) > maxToken:
		return "", time.Time{}, wire.Errorf(wire.CodeUnauthorized, "token: %d bytes, at most %d are read", len(token), maxToken)
	}
	digest := digestOf(token)
	proof, known := a.cache.Get(digest)
	if !known {
		if proof, err = a.verify(ctx, token); err != nil {
			return "", time.Time{}, err
		}
	}
	now := time.Now()
	if !now.Before(proof.expires) {
		return "", time.Time{}, expired(proof.expires)
	}
	if now.Add(leeway).Before(proof.begins) {
		return "", time.Time{}, notYet()
	}
	if !known {
		if f := a.told.Load(); f != nil && proof.said != (Claims{}) {
			(*f)(proof.user, proof.said)
		}
		proof.said = Claims{}
		a.cache.Add(digest, proof)
	}
	return proof.user, proof.expires, nil
}

// TokenEndpoint returns the URL at which the pages of this server get tokens of the identity
// provider, as the provider has told it. It is empty if there is no provider. It is safe to be put
// into a policy of content.
func (a *Authenticator) TokenEndpoint(ctx context.Context) (string, error) {
	if a.provider == nil {
		return "", nil
	}
	found, err := a.provider.known(ctx)
	return found.token, err
}

// verify checks everything except whether a token of our own has expired.
func (a *Authenticator) verify(ctx context.Context, token string) (proof, error) {
	parsed, err := jose.ParseSignedCompact(token, a.algs)
	if err != nil {
		return proof{}, a.unreadable(err)
	}
	var unverified struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(parsed.UnsafePayloadWithoutVerification(), &unverified) != nil {
		return proof{}, notClaims()
	}
	switch {
	case a.keys != nil && unverified.Issuer == Issuer:
		return a.keys.check(parsed)
	case a.provider != nil && unverified.Issuer == a.provider.Issuer:
		return a.provider.check(ctx, token)
	default:
		return proof{}, unauthorized("its issuer is not one that this server trusts")
	}
}

func (a *Authenticator) unreadable(err error) error {
	if _, ok := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); ok {
		return wire.Errorf(wire.CodeUnauthorized, "token: is signed with an algorithm other than %v", a.algs)
	}
	return unauthorized("is not a JWT in compact form")
}

// check verifies a token of our own.
func (k *Keys) check(token *jose.JSONWebSignature) (proof, error) {
	header := token.Signatures[0].Header
	// A provider beside us may allow other algorithms, our keys do not.
	if header.Algorithm != string(jose.EdDSA) {
		return proof{}, unauthorized("of this server must be signed with EdDSA")
	}
	payload, ok := k.payload(token, header.KeyID)
	if !ok {
		return proof{}, unauthorized("its signature is not by a key of this server; sign in again")
	}
	var claims jwt.Claims
	if json.Unmarshal(payload, &claims) != nil {
		return proof{}, notClaims()
	}
	switch {
	case claims.Issuer != Issuer:
		return proof{}, unauthorized("its issuer is not one that this server trusts")
	case !claims.Audience.Contains(Audience):
		return proof{}, unauthorized("its audience (aud) must be " + Audience)
	case claims.Expiry == nil:
		return proof{}, noExpiry()
	case !wire.ValidUser(claims.Subject):
		return proof{}, notAUser("sub")
	}
	begins := max(or0(claims.NotBefore), or0(claims.IssuedAt))
	return proof{user: claims.Subject, expires: expiryOf(claims.Expiry.Time()), begins: expiryOf(begins.Time())}, nil
}

func or0(n *jwt.NumericDate) jwt.NumericDate {
	if n == nil {
		return 0
	}
	return *n
}

// payload returns the payload if one of the keys signed it.
func (k *Keys) payload(token *jose.JSONWebSignature, keyID string) ([]byte, bool) {
	for _, key := range k.candidates(keyID) {
		if payload, err := token.Verify(key.public); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// expiryOf limits times to values that Unix milliseconds, timers and readers can handle.
func expiryOf(t time.Time) time.Time {
	if last := time.Unix(253_402_300_799, 0); t.After(last) { // the end of the year 9999
		return last
	}
	return t
}

func unauthorized(what string) *wire.Error {
	return wire.Errorf(wire.CodeUnauthorized, "token: %s", what)
}

func notYet() *wire.Error {
	return unauthorized("is not valid yet; compare the clocks of its issuer and of this server")
}

func notClaims() *wire.Error { return unauthorized("is not a JWT whose payload is a set of claims") }

func noExpiry() *wire.Error { return unauthorized("has no expiry (exp)") }

func notAUser(claim string) *wire.Error {
	return wire.Errorf(wire.CodeUnauthorized, "token: its %s is not a user name; a user name has 1 to %d characters of a-z, 0-9, '_' and '-'", claim, wire.MaxUserLen)
}

func expired(at time.Time) *wire.Error {
	return wire.Errorf(wire.CodeExpired, "token: expired at %s; get a new one", at.UTC().Format(time.RFC3339))
}
