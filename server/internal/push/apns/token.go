package apns

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// tokenUse is how long a token is used. The service refuses tokens that are an hour old, and tokens
// that change more often than every 20 minutes.
const tokenUse = 45 * time.Minute

var errKey = errors.New("apns: the key must be a private key for P-256 in PEM, as Apple's .p8 files have it")

// tokens holds the token that names this server's operator.
type tokens struct {
	signer jose.Signer
	team   string
	now    func() time.Time

	mu   sync.Mutex // protects the following
	text string
	made time.Time
}

type claims struct {
	Issuer   string           `json:"iss"`
	IssuedAt *jwt.NumericDate `json:"iat"`
}

func newTokens(cfg *Config) (*tokens, error) {
	block, _ := pem.Decode(cfg.Key)
	if block == nil {
		return nil, errKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || private.Curve != elliptic.P256() {
		return nil, errKey
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: private}, (&jose.SignerOptions{}).WithHeader(jose.HeaderKey("kid"), cfg.KeyID))
	if err != nil {
		return nil, fmt.Errorf("apns: the key cannot sign: %w", err)
	}
	return &tokens{signer: signer, team: cfg.Team, now: cfg.Now}, nil
}

// token returns the token to be used now.
func (t *tokens) token() (string, error) {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text != "" && now.Sub(t.made).Abs() < tokenUse {
		return t.text, nil
	}
	text, err := jwt.Signed(t.signer).Claims(claims{t.team, jwt.NewNumericDate(now)}).Serialize()
	if err != nil {
		return "", fmt.Errorf("apns: sign: %w", err)
	}
	t.text, t.made = text, now
	return text, nil
}

// drop forgets a token that the service has refused, so that the next try has a new one. A token
// that is younger than some minutes stays: the service refuses servers that make many.
func (t *tokens) drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now().Sub(t.made).Abs() >= minTokenUse {
		t.text = ""
	}
}

const minTokenUse = 20 * time.Minute
