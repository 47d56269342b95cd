package webpush

import (
	"crypto/ecdh"
	"encoding/base64"
	"strings"

	"natterjack/server/internal/push"
)

// Subscription is the subscription of a browser, or of an application with UnifiedPush: the JSON of
// a PushSubscription has these members.
type Subscription struct {
	Endpoint string // a URL, which a guard has to judge
	P256DH   string // the public key, in base64url
	Auth     string // the authentication secret, in base64url
}

// String keeps a subscription out of logs.
func (Subscription) String() string { return "(subscription)" }

// GoString keeps a subscription out of logs.
func (Subscription) GoString() string { return "(subscription)" }

// Target returns the subscription as a target. It refuses keys with which nothing can be encrypted.
func (s Subscription) Target() (push.Target, error) {
	public, err := decodeKey(s.P256DH)
	if err != nil {
		return push.Target{}, errSubscription
	}
	auth, err := decodeKey(s.Auth)
	if err != nil || len(auth) != authLen {
		return push.Target{}, errSubscription
	}
	if _, err := ecdh.P256().NewPublicKey(public); err != nil {
		return push.Target{}, errSubscription
	}
	return push.Target{Address: s.Endpoint, Key: public, Auth: auth}, nil
}

// decodeKey decodes base64url. Some applications pad it, and some use the other alphabet.
func decodeKey(text string) ([]byte, error) {
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	return base64.RawURLEncoding.DecodeString(text)
}
