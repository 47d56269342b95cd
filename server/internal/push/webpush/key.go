package webpush

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
)

// Key signs the tokens by which push services know this server (VAPID).
type Key struct {
	private *ecdsa.PrivateKey
	public  string
}

var errKey = errors.New("webpush: the key must be the 32 bytes of a private key for P-256, in base64url")

// NewKey makes a key.
func NewKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("webpush: make a key: %w", err)
	}
	return keyOf(private)
}

// ParseKey reads a key that [Key.Secret] has returned. Other tools for Web Push use the same form.
func ParseKey(secret string) (*Key, error) {
	raw, err := base64.RawURLEncoding.DecodeString(secret)
	if err != nil {
		return nil, errKey // err may quote the key
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return nil, errKey
	}
	return keyOf(private)
}

// DeriveKey returns the key that follows from secret bytes, which derive returns for a label. The
// same secret gives the same key, on every node, and nothing has to be stored or agreed on.
func DeriveKey(derive func(label string) []byte) (*Key, error) {
	const tries = 16 // one in four billion fails: bytes that are no number below the curve's order
	for i := range tries {
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), derive("web push, VAPID key "+strconv.Itoa(i)))
		if err == nil {
			return keyOf(private)
		}
	}
	return nil, errors.New("webpush: no key can be derived from the secret")
}

func keyOf(private *ecdsa.PrivateKey) (*Key, error) {
	public, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("webpush: the public key: %w", err)
	}
	return &Key{private: private, public: base64.RawURLEncoding.EncodeToString(public)}, nil
}

// Secret returns the private key in base64url, to be stored.
func (k *Key) Secret() (string, error) {
	raw, err := k.private.Bytes()
	if err != nil {
		return "", fmt.Errorf("webpush: the private key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// Public returns the public key in base64url. A browser wants it as applicationServerKey.
func (k *Key) Public() string { return k.public }

// String returns the public key: the private one must not be in a log.
func (k *Key) String() string { return k.public }

// GoString returns the public key.
func (k *Key) GoString() string { return k.public }
