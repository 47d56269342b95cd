package auth

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Keys are the keys of this server's own tokens. All of them verify; the first private one
// signs. A file with only public keys is for nodes whose tokens another service signs. Two keys
// at once allow changing the key without signing anyone out. Keys are immutable and may be used
// concurrently.
type Keys struct {
	verify []verifyKey
	signer jose.Signer // nil without a private key
}

type verifyKey struct {
	id     string // RFC 7638 thumbprint, base64url
	public ed25519.PublicKey
}

// ParseKeys reads PEM blocks: "PRIVATE KEY" (PKCS #8) and "PUBLIC KEY" (PKIX), both Ed25519, as
// `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them.
func ParseKeys(data []byte) (*Keys, error) {
	keys := new(Keys)
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if err := keys.add(block); err != nil {
			return nil, err
		}
	}
	if len(keys.verify) == 0 {
		return nil, errors.New("auth: no PEM block with an Ed25519 key")
	}
	return keys, nil
}

// CanSign reports whether there is a private key, so that [Keys.Mint] can work.
func (k *Keys) CanSign() bool { return k.signer != nil }

func (k *Keys) add(block *pem.Block) error {
	switch block.Type {
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return errors.New("auth: the private key is not PKCS #8") // x509's error may quote the key
		}
		private, ok := key.(ed25519.PrivateKey)
		if !ok {
			return fmt.Errorf("auth: the private key is %T, Ed25519 is needed", key)
		}
		return k.addPrivate(private)
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return fmt.Errorf("auth: public key: %w", err)
		}
		public, ok := key.(ed25519.PublicKey)
		if !ok {
			return fmt.Errorf("auth: the public key is %T, Ed25519 is needed", key)
		}
		_, err = k.addPublic(public)
		return err
	default:
		return fmt.Errorf("auth: a PEM block of type %q is neither a private nor a public key", block.Type)
	}
}

func (k *Keys) addPrivate(private ed25519.PrivateKey) error {
	id, err := k.addPublic(private.Public().(ed25519.PublicKey))
	if err != nil || k.signer != nil {
		return err
	}
	k.signer, err = jose.NewSigner(
		jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: private, KeyID: id}},
		new(jose.SignerOptions).WithType("JWT"),
	)
	return err
}

func (k *Keys) addPublic(public ed25519.PublicKey) (id string, err error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("auth: key id: %w", err)
	}
	id = base64.RawURLEncoding.EncodeToString(sum)
	k.verify = append(k.verify, verifyKey{id: id, public: public})
	return id, nil
}

// candidates returns the keys that may have signed a token: the key that the token names, or
// all keys if it names none.
func (k *Keys) candidates(id string) []verifyKey {
	if id == "" {
		return k.verify
	}
	for i := range k.verify {
		if k.verify[i].id == id {
			return k.verify[i : i+1]
		}
	}
	return nil
}
