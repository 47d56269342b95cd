package search

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"natterjack/search/index"
	"natterjack/server/wire"
)

// CursorLabel names the key of cursors among all keys that are derived from the log's.
const CursorLabel = "natterjack search cursors 1"

// cursors seals the places where searches go on. Such a place may belong to a message that the user
// may not see. So a cursor tells its owner nothing, not even by its length, and other users cannot
// use it. Its methods may be called concurrently.
type cursors struct {
	seal   cipher.AEAD
	nonces []byte // a key
}

// newCursors returns cursors under a key that only the nodes of the cluster have.
func newCursors(key []byte) *cursors {
	block, err := aes.NewCipher(derive(key, "seal"))
	if err != nil {
		panic(err) // only of a key of another size
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only of a block of another size
	}
	return &cursors{seal: seal, nonces: derive(key, "nonces")}
}

func derive(key []byte, label string) []byte {
	derived, err := hkdf.Key(sha256.New, key, nil, label, sha256.Size)
	if err != nil {
		panic(err) // only a length beyond 255 hashes is an error
	}
	return derived
}

// cursorBytes is the size of all cursors before they are sealed. The names of channels differ in
// length.
const cursorBytes = 256

// encoding is strict, so that there is one spelling of a cursor.
var encoding = base64.RawURLEncoding.Strict()

var errLongCursor = errors.New("the cursor of a search is too long")

// encode returns a cursor as its user gets it, and gives it back.
func (c *cursors) encode(user string, at *index.Cursor) (string, error) {
	if at == nil {
		return "", nil
	}
	data, err := json.Marshal(at)
	if err == nil && len(data) > cursorBytes {
		err = errLongCursor
	}
	if err != nil {
		return "", fmt.Errorf("encrypt the cursor of a search: %w", err)
	}
	data = append(data, bytes.Repeat([]byte(" "), cursorBytes-len(data))...)
	nonce := c.nonce(user, data)
	return encoding.EncodeToString(c.seal.Seal(nonce, nonce, data, []byte(user))), nil
}

// nonce returns one that only the same cursor of the same user has too. So however many cursors
// there are, no two of them share a nonce by chance.
func (c *cursors) nonce(user string, data []byte) []byte {
	mac := hmac.New(sha256.New, c.nonces)
	fmt.Fprintf(mac, "%s\n%s", user, data)
	return mac.Sum(nil)[:c.seal.NonceSize()]
}

// decode returns a cursor that encode has made for the user.
func (c *cursors) decode(user, s string) (at index.Cursor, err error) {
	if s == "" {
		return at, nil
	}
	data, err := encoding.DecodeString(s)
	if err != nil || len(data) < c.seal.NonceSize() {
		return at, wire.InvalidCursor()
	}
	nonce, sealed := data[:c.seal.NonceSize()], data[c.seal.NonceSize():]
	opened, err := c.seal.Open(nil, nonce, sealed, []byte(user))
	if err == nil {
		err = json.Unmarshal(opened, &at)
	}
	if err != nil {
		return index.Cursor{}, wire.InvalidCursor()
	}
	return at, nil
}
