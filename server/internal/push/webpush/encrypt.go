package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	saltLen   = 16
	publicLen = 65
	authLen   = 16
	tagLen    = 16
	headerLen = saltLen + 4 + 1 + publicLen

	// recordSize is the size of a record in the header of a body. All of a body is in one record.
	recordSize = 4096
	// maxBody is the largest body that each push service must take (RFC 8030, section 7.2).
	maxBody = 4096
	// maxPlain is the largest payload: the rest are header, tag, and the delimiter.
	maxPlain = maxBody - headerLen - tagLen - 1
	// smallPlain is the length of the payload and its padding for a receiver that has said that
	// maxBody is too large. A notification without its texts fits in.
	smallPlain = 1024
)

var (
	errSubscription = errors.New("webpush: the subscription's keys are malformed")
	errTooLarge     = errors.New("webpush: the payload is too large")
)

// encrypt encrypts a payload for a subscription (RFC 8291), padded to the given length.
func encrypt(plain, public, auth []byte, padded int) ([]byte, error) {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("webpush: make a key: %w", err)
	}
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // it never fails
	return seal(plain, public, auth, padded, private, salt)
}

// seal encrypts as encrypt does, with a given key and salt.
func seal(plain, public, auth []byte, padded int, private *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	receiver, err := ecdh.P256().NewPublicKey(public)
	if err != nil || len(auth) != authLen {
		return nil, errSubscription
	}
	if len(plain) > padded || padded > maxPlain {
		return nil, errTooLarge
	}
	shared, err := private.ECDH(receiver)
	if err != nil {
		return nil, errSubscription
	}
	own := private.PublicKey().Bytes()
	aead, nonce, err := derive(shared, auth, salt, public, own)
	if err != nil {
		return nil, err
	}
	body := make([]byte, headerLen, headerLen+padded+1+tagLen)
	copy(body, salt)
	binary.BigEndian.PutUint32(body[saltLen:], recordSize)
	body[saltLen+4] = publicLen
	copy(body[saltLen+5:], own)
	record := make([]byte, padded+1)
	copy(record, plain)
	record[len(plain)] = 2 // the delimiter of the last record (RFC 8188); zeros follow
	return aead.Seal(body, nonce, record, nil), nil
}

// derive derives the key and the nonce (RFC 8291, section 3.4).
func derive(shared, auth, salt, receiver, sender []byte) (cipher.AEAD, []byte, error) {
	info := "WebPush: info\x00" + string(receiver) + string(sender)
	ikm, err := hkdf.Key(sha256.New, shared, auth, info, sha256.Size)
	if err != nil {
		return nil, nil, fmt.Errorf("webpush: derive a key: %w", err)
	}
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, nil, fmt.Errorf("webpush: derive a key: %w", err)
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, nil, fmt.Errorf("webpush: derive a nonce: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, fmt.Errorf("webpush: derive a key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	return aead, nonce, err
}
