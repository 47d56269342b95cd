package webpush

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"natterjack/server/internal/push"
)

// maxTTL is the longest time for which push services keep a message.
const maxTTL = 28 * 24 * time.Hour

// Config says how a [Sender] sends.
type Config struct {
	Client push.Client // a guard, since users name the endpoints
	Key    *Key
	// Subject is where the operators of push services reach the operator of this server: an https
	// URL, or mailto:.
	Subject string
	Now     func() time.Time // nil for time.Now
}

// Sender tells users by Web Push. It may be used concurrently.
type Sender struct {
	client push.Client
	key    *Key
	tokens *tokens
	now    func() time.Time
}

var _ push.Sender = (*Sender)(nil)

// New returns a sender. It refuses a subject that push services would refuse.
func New(cfg Config) (*Sender, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	tokens, err := newTokens(cfg.Key, cfg.Subject, cfg.Now)
	if err != nil {
		return nil, err
	}
	return &Sender{client: cfg.Client, key: cfg.Key, tokens: tokens, now: cfg.Now}, nil
}

// Send implements [push.Sender]. A notification that is too large, or that the receiver calls so,
// is sent without its texts.
func (s *Sender) Send(ctx context.Context, t push.Target, n push.Notification) push.Outcome {
	padded := maxPlain
	return push.Fitting(n, func(n push.Notification) push.Outcome {
		defer func() { padded = smallPlain }()
		return s.try(ctx, t, n, padded)
	})
}

// try sends a notification once, padded to the given length.
func (s *Sender) try(ctx context.Context, t push.Target, n push.Notification, padded int) push.Outcome {
	ttl := n.Expires.Sub(s.now())
	if ttl <= 0 {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonExpired}
	}
	plain, err := n.Payload()
	if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonMalformed}
	}
	body, err := encrypt(plain, t.Key, t.Auth, padded)
	if errors.Is(err, errTooLarge) {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTooLarge}
	} else if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTarget}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.Address, bytes.NewReader(body))
	if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTarget}
	}
	token, err := s.tokens.forOrigin(origin(r.URL))
	if err != nil {
		return push.Outcome{Result: push.Again, Reason: push.ReasonSigning}
	}
	r.Header.Set("Authorization", "vapid t="+token+", k="+s.key.Public())
	r.Header.Set("Content-Encoding", "aes128gcm")
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("TTL", strconv.FormatInt(int64((min(ttl, maxTTL)+time.Second-1)/time.Second), 10))
	r.Header.Set("Urgency", urgency(n))
	if n.Collapse != "" {
		r.Header.Set("Topic", topic(t, n.Collapse))
	}
	answer, err := push.Ask(s.client, r)
	if err != nil {
		return push.Failed(err)
	}
	return push.Answered(answer, s.now())
}

// origin returns the origin of a URL (RFC 6454): push services compare it byte by byte.
func origin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	return u.Scheme + "://" + host
}

// urgency returns how soon a device must show a notification. It is never low: a message that is
// not worth showing at once is not sent.
func urgency(n push.Notification) string {
	if n.Urgent {
		return "high"
	}
	return "normal"
}

// topic returns, in 32 characters, the name under which a newer notification replaces an older one
// at the push service. It is keyed by the subscription, so that a push service cannot tell which
// users share a channel.
func topic(t push.Target, collapse string) string {
	mac := hmac.New(sha256.New, t.Auth)
	_, _ = mac.Write([]byte(collapse)) // it never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:24])
}
