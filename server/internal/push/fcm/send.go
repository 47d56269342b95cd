package fcm

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"natterjack/server/internal/push"
)

// Host is the host of the service.
const Host = "https://fcm.googleapis.com"

const (
	// reasonToken says that the operator's account gets no token, or that it is not taken.
	reasonToken = "access_token"

	// maxData is the largest data that the service takes. The rest of a message is not counted.
	maxData = 4096
	// maxTarget is the longest token of a device.
	maxTarget = 4096
	// quota is how long the service wants to be left alone beyond its quota if it does not say.
	quota = time.Minute
)

// Config says how a [Sender] sends.
type Config struct {
	Client  push.Client      // asks the service, in bounded time
	Host    string           // such as [Host]
	Account []byte           // the JSON of a service account
	Now     func() time.Time // nil for time.Now
}

// Sender tells users by Firebase Cloud Messaging. It may be used concurrently.
type Sender struct {
	client push.Client
	url    string
	tokens *tokens
	now    func() time.Time
}

var _ push.Sender = (*Sender)(nil)

// New returns a sender.
func New(cfg Config) (*Sender, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	account, err := parseAccount(cfg.Account)
	if err != nil {
		return nil, err
	}
	tokens, err := newTokens(cfg.Client, account, cfg.Now)
	if err != nil {
		return nil, err
	}
	send := strings.TrimSuffix(cfg.Host, "/") + "/v1/projects/" + url.PathEscape(account.Project) + "/messages:send"
	return &Sender{client: cfg.Client, url: send, tokens: tokens, now: cfg.Now}, nil
}

// Send implements [push.Sender]. A notification that is too large is sent without its texts.
func (s *Sender) Send(ctx context.Context, t push.Target, n push.Notification) push.Outcome {
	return push.Fitting(n, func(n push.Notification) push.Outcome { return s.try(ctx, t, n) })
}

func (s *Sender) try(ctx context.Context, t push.Target, n push.Notification) push.Outcome {
	ttl := n.Expires.Sub(s.now())
	switch {
	case ttl <= 0:
		return push.Outcome{Result: push.Refused, Reason: push.ReasonExpired}
	case t.Address == "" || len(t.Address) > maxTarget:
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTarget}
	}
	body, err := encode(t.Address, n, ttl)
	if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonMalformed}
	} else if len(body)-len(t.Address) > maxData {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTooLarge}
	}
	token, failed := s.tokens.token(ctx)
	if token == "" {
		return failed
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTarget}
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := push.Ask(s.client, r)
	if err != nil {
		return push.Failed(err)
	}
	if answer.Code == http.StatusUnauthorized {
		s.tokens.drop(token)
		return push.Outcome{Result: push.Again, Reason: reasonToken}
	}
	return judge(answer, s.now())
}

// judge returns the outcome of an answer, by the code that the service adds to its errors.
func judge(a push.Answer, now time.Time) push.Outcome {
	o := push.Answered(a, now)
	switch code := codeOf(a.Body); {
	case o.Result == push.Sent:
	case code == "UNREGISTERED":
		return push.Outcome{Result: push.Gone, Reason: push.ReasonGone}
	case code == "SENDER_ID_MISMATCH":
		return push.Outcome{Result: push.Refused, Reason: "sender_id_mismatch"}
	case o.Result == push.Gone: // the service says of the path, or of the project, that it is gone
		return push.Outcome{Result: push.Refused, Reason: "status_" + strconv.Itoa(a.Code)}
	case a.Code == http.StatusTooManyRequests && o.After == 0:
		o.After = quota
	}
	return o
}

// codeOf returns the code of an error, or none.
func codeOf(body []byte) string {
	var failed struct {
		Error struct {
			Details []struct {
				Type string `json:"@type"`
				Code string `json:"errorCode"`
			} `json:"details"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &failed) // without a code, the status decides
	for _, d := range failed.Error.Details {
		if d.Type == "type.googleapis.com/google.firebase.fcm.v1.FcmError" {
			return d.Code
		}
	}
	return ""
}
