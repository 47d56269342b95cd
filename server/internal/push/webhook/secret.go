package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The lengths of secrets in bytes: the bounds of Standard Webhooks, and the length of the secrets
// made here.
const (
	minSecret = 24
	maxSecret = 64
	newSecret = 32

	secretPrefix = "whsec_"
)

var errSecret = errors.New("webhook: the secret must be whsec_ and 24 to 64 bytes in base64")

// NewSecret makes a secret. The text is the form in which receivers take it.
func NewSecret() (secret []byte, text string) {
	secret = make([]byte, newSecret)
	_, _ = rand.Read(secret) // it never fails
	return secret, secretPrefix + base64.StdEncoding.EncodeToString(secret)
}

// ParseSecret reads a secret in the form that receivers take.
func ParseSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || !valid(secret) {
		return nil, errSecret
	}
	return secret, nil
}

func valid(secret []byte) bool { return len(secret) >= minSecret && len(secret) <= maxSecret }

// sign returns the header webhook-signature.
func sign(secret []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte(id + "." + seconds(at) + ".")) // it never fails
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// seconds returns the header webhook-timestamp.
func seconds(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
