package auth

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"natterjack/server/wire"
)

func newPrivate(tb testing.TB) ed25519.PrivateKey {
	tb.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return private
}

func privatePEM(tb testing.TB, key any) []byte {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func publicPEM(tb testing.TB, key any) []byte {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func parseKeys(tb testing.TB, blocks ...[]byte) *Keys {
	tb.Helper()
	keys, err := ParseKeys(bytes.Join(blocks, []byte("\n")))
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

func newAuthenticator(tb testing.TB, cfg Config) *Authenticator {
	tb.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	a, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// sign makes a token of any shape, as an attacker or a careless service would.
func sign(tb testing.TB, alg jose.SignatureAlgorithm, key any, keyID, claims string) string {
	tb.Helper()
	opts := new(jose.SignerOptions)
	if keyID != "" {
		opts.WithHeader("kid", keyID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, opts)
	if err != nil {
		tb.Fatal(err)
	}
	signed, err := signer.Sign([]byte(claims))
	if err != nil {
		tb.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// wantRefusal checks that err is the given error.
func wantRefusal(tb testing.TB, err error, code wire.Code, message string) {
	tb.Helper()
	e, ok := errors.AsType[*wire.Error](err)
	if !ok {
		tb.Fatalf("got %v, want an error of code %s", err, code)
	}
	if e.Code != code || message != "" && e.Message != message {
		tb.Errorf("got %v, want %s: %s", e, code, message)
	}
}

// capture is a logger whose output can be searched.
type capture struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.Write(p)
}

func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.String()
}

func (c *capture) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
