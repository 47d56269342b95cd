package jetstream

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// Keyed reports whether the log has a secret key that lasts. A log that was made by an early
// version has none: keys that are derived from it hold until this node stops.
func (l *Log) Keyed() bool { return l.layout.keyed }

// Derive returns 32 bytes that depend on the secret key of this log and on a label. They are the
// same on every node, and tell nothing about the key.
func (l *Log) Derive(label string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(l.layout.key), nil, label, sha256.Size)
	if err != nil {
		panic(err) // only a length beyond 255 hashes is an error
	}
	return key
}
