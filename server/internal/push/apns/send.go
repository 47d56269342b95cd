package apns

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"natterjack/server/internal/push"
)

// The hosts of the service.
const (
	Production = "https://api.push.apple.com"
	Sandbox    = "https://api.sandbox.push.apple.com" // for applications that are being developed
)

// maxTarget is the longest token of a device, in hexadecimal digits. Apple names no length.
const maxTarget = 400

// Config says how a [Sender] sends.
type Config struct {
	// Client asks the service, over HTTP/2, in bounded time.
	Client push.Client
	Host   string // such as Production
	Key    []byte // the .p8 file
	KeyID  string
	Team   string
	App    string           // the bundle ID
	Now    func() time.Time // nil for time.Now
}

// Sender tells users by Apple's service. It may be used concurrently.
type Sender struct {
	client push.Client
	host   string
	app    string
	tokens *tokens
	now    func() time.Time
}

var _ push.Sender = (*Sender)(nil)

// New returns a sender.
func New(cfg Config) (*Sender, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.KeyID == "" || cfg.Team == "" || cfg.App == "" || cfg.Host == "" {
		return nil, errors.New("apns: host, key ID, team and application must be configured")
	}
	tokens, err := newTokens(&cfg)
	if err != nil {
		return nil, err
	}
	return &Sender{client: cfg.Client, host: strings.TrimSuffix(cfg.Host, "/"), app: cfg.App, tokens: tokens, now: cfg.Now}, nil
}

// Send implements [push.Sender]. A notification that is too large is sent without its texts.
func (s *Sender) Send(ctx context.Context, t push.Target, n push.Notification) push.Outcome {
	return push.Fitting(n, func(n push.Notification) push.Outcome { return s.try(ctx, t, n) })
}

func (s *Sender) try(ctx context.Context, t push.Target, n push.Notification) push.Outcome {
	if !s.now().Before(n.Expires) {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonExpired}
	}
	if !IsToken(t.Address) {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTarget}
	}
	body, err := encode(n)
	if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonMalformed}
	} else if len(body) > maxPayload {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTooLarge}
	}
	token, err := s.tokens.token()
	if err != nil {
		return push.Outcome{Result: push.Again, Reason: push.ReasonSigning}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.host+"/3/device/"+t.Address, bytes.NewReader(body))
	if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTarget}
	}
	r.Header.Set("Authorization", "bearer "+token)
	s.head(r.Header, n)
	answer, err := push.Ask(s.client, r)
	if err != nil {
		return push.Failed(err)
	}
	return s.judge(answer, t)
}

func (s *Sender) head(h http.Header, n push.Notification) {
	h.Set("Content-Type", "application/json")
	h.Set("Apns-Topic", s.app)
	h.Set("Apns-Push-Type", "alert")
	h.Set("Apns-Id", uuid.NewSHA1(uuid.NameSpaceOID, []byte(n.ID)).String())
	h.Set("Apns-Expiration", strconv.FormatInt(n.Expires.Unix(), 10))
	h.Set("Apns-Priority", "5")
	if n.Urgent {
		h.Set("Apns-Priority", "10")
	}
	if n.Collapse != "" {
		sum := sha256.Sum256([]byte(n.Collapse))
		h.Set("Apns-Collapse-Id", hex.EncodeToString(sum[:])) // 64 bytes, the longest that is allowed
	}
}

// judge returns the outcome of an answer. A 404 is not about the device here, but about the path.
func (s *Sender) judge(a push.Answer, t push.Target) push.Outcome {
	var failed struct {
		Reason    string `json:"reason"`
		Timestamp int64  `json:"timestamp"` // Unix milliseconds
	}
	_ = json.Unmarshal(a.Body, &failed) // without a reason, the code decides
	switch failed.Reason {
	case "BadDeviceToken":
		return push.Outcome{Result: push.Gone, Reason: push.ReasonGone}
	case "ExpiredProviderToken", "InvalidProviderToken":
		s.tokens.drop()
		if failed.Reason == "ExpiredProviderToken" {
			return push.Outcome{Result: push.Again, Reason: "provider_token"}
		}
		return push.Outcome{Result: push.Refused, Reason: "provider_token"}
	case "TooManyProviderTokenUpdates":
		return push.Outcome{Result: push.Again, Reason: push.ReasonTooFast, After: minTokenUse}
	}
	switch {
	case a.Code == http.StatusNotFound:
		return push.Outcome{Result: push.Refused, Reason: "status_404"}
	case a.Code == http.StatusGone && failed.Timestamp > 0 && t.Registered.After(time.UnixMilli(failed.Timestamp)):
		return push.Outcome{Result: push.Refused, Reason: "registered_since"}
	}
	return push.Answered(a, s.now())
}

// IsToken reports whether a token of a device can be part of a path.
func IsToken(text string) bool {
	return text != "" && len(text) <= maxTarget && strings.Trim(text, "0123456789abcdefABCDEF") == ""
}
