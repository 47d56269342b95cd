package webhook

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"natterjack/server/internal/push"
)

// Config says how a [Sender] sends.
type Config struct {
	Client push.Client      // a guard, since users name the URLs
	Now    func() time.Time // nil for time.Now
}

// Sender tells users by their webhooks. It may be used concurrently.
type Sender struct {
	client push.Client
	now    func() time.Time
}

var _ push.Sender = (*Sender)(nil)

// New returns a sender.
func New(cfg Config) *Sender {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Sender{client: cfg.Client, now: cfg.Now}
}

// Send implements [push.Sender]. A notification that the receiver calls too large is sent without
// its texts.
func (s *Sender) Send(ctx context.Context, t push.Target, n push.Notification) push.Outcome {
	return push.Fitting(n, func(n push.Notification) push.Outcome { return s.try(ctx, t, n) })
}

func (s *Sender) try(ctx context.Context, t push.Target, n push.Notification) push.Outcome {
	now := s.now()
	if !now.Before(n.Expires) {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonExpired}
	}
	body, err := n.Payload()
	if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonMalformed}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.Address, bytes.NewReader(body))
	if err != nil || !valid(t.Key) {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTarget}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Natterjack")
	r.Header.Set("Webhook-Id", n.ID)
	r.Header.Set("Webhook-Timestamp", seconds(now))
	r.Header.Set("Webhook-Signature", sign(t.Key, n.ID, now, body))
	answer, err := push.Ask(s.client, r)
	if err != nil {
		return push.Failed(err)
	}
	return push.Answered(answer, s.now())
}
