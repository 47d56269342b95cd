package unsubscribe

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"natterjack/server/wire"
)

// Label names the key of these tokens among all keys that are derived from the same secret.
const Label = "natterjack unsubscribe 1"

// Tokens seals and opens tokens. Its methods may be called concurrently.
type Tokens struct {
	seal   cipher.AEAD
	nonces []byte
}

// NewTokens returns tokens of a key of 32 bytes that only the nodes of the cluster have.
func NewTokens(key []byte) (*Tokens, error) {
	block, err := aes.NewCipher(sum(key, "seal"))
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Tokens{seal: seal, nonces: sum(key, "nonces")}, nil
}

func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(text)) // it never fails
	return mac.Sum(nil)
}

// encoding is strict, so that there is one spelling of a token, except for line breaks, which no
// path of a request has.
var encoding = base64.RawURLEncoding.Strict()

// Issue returns the token of a user. It is the same each time, because its nonce depends on the
// user: nothing else is ever sealed with that nonce.
func (t *Tokens) Issue(user string) string {
	nonce := sum(t.nonces, user)[:t.seal.NonceSize()]
	padded := make([]byte, wire.MaxUserLen) // so that its length tells nothing of the name
	copy(padded, user)
	return encoding.EncodeToString(t.seal.Seal(nonce, nonce, padded, nil))
}

// Open returns the user of a token.
func (t *Tokens) Open(token string) (user string, ok bool) {
	if len(token) > encoding.EncodedLen(t.seal.NonceSize()+wire.MaxUserLen+t.seal.Overhead()) {
		return "", false
	}
	data, err := encoding.DecodeString(token)
	if err != nil || len(data) < t.seal.NonceSize() {
		return "", false
	}
	nonce, sealed := data[:t.seal.NonceSize()], data[t.seal.NonceSize():]
	padded, err := t.seal.Open(nil, nonce, sealed, nil)
	if err != nil {
		return "", false
	}
	user = string(bytes.TrimRight(padded, "\x00"))
	return user, wire.ValidUser(user)
}
