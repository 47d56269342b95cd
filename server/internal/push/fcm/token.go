package fcm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"natterjack/server/internal/push"
)

const (
	scope        = "https://www.googleapis.com/auth/firebase.messaging"
	assertionTTL = time.Hour
	// early is how long before its end a token is not used any more.
	early = 5 * time.Minute
)

// tokens gets tokens for a service account, and keeps the last one.
type tokens struct {
	client  push.Client
	account *account
	signer  jose.Signer
	now     func() time.Time

	// lock protects the following. It is a channel, so that who waits for it heeds a context: it is
	// held while the token is asked for, because all others need that token, too.
	lock chan struct{}
	text string
	ends time.Time
}

type claims struct {
	Issuer   string           `json:"iss"`
	Scope    string           `json:"scope"`
	Audience string           `json:"aud"`
	IssuedAt *jwt.NumericDate `json:"iat"`
	Expiry   *jwt.NumericDate `json:"exp"`
}

func newTokens(client push.Client, a *account, now func() time.Time) (*tokens, error) {
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader(jose.HeaderKey("kid"), a.KeyID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: a.private}, options)
	if err != nil {
		return nil, fmt.Errorf("fcm: the key cannot sign: %w", err)
	}
	return &tokens{client: client, account: a, signer: signer, now: now, lock: make(chan struct{}, 1)}, nil
}

// token returns the token to be used now, or the outcome if there is none.
func (t *tokens) token(ctx context.Context) (string, push.Outcome) {
	select {
	case t.lock <- struct{}{}:
		defer func() { <-t.lock }()
	case <-ctx.Done():
		return "", push.Failed(ctx.Err())
	}
	if t.text != "" && t.now().Before(t.ends.Add(-early)) {
		return t.text, push.Outcome{}
	}
	return t.ask(ctx)
}

// ask asks for a token (RFC 7523).
func (t *tokens) ask(ctx context.Context) (string, push.Outcome) {
	now := t.now()
	assertion, err := jwt.Signed(t.signer).Claims(claims{
		t.account.Email, scope, t.account.TokenURI, jwt.NewNumericDate(now), jwt.NewNumericDate(now.Add(assertionTTL)),
	}).Serialize()
	if err != nil {
		return "", push.Outcome{Result: push.Again, Reason: push.ReasonSigning}
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.account.TokenURI, strings.NewReader(form.Encode()))
	if err != nil {
		return "", push.Outcome{Result: push.Refused, Reason: reasonToken}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := push.Ask(t.client, r)
	if err != nil {
		return "", push.Failed(err)
	}
	var given struct {
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	o := push.Answered(answer, now)
	switch {
	case o.Result == push.Again:
		return "", o
	case o.Result != push.Sent || json.Unmarshal(answer.Body, &given) != nil || given.Token == "":
		// Not a word about the device: the target is not gone.
		return "", push.Outcome{Result: push.Refused, Reason: reasonToken}
	}
	t.text, t.ends = given.Token, now.Add(time.Duration(given.Seconds)*time.Second)
	return t.text, push.Outcome{}
}

// drop forgets a token that the service has refused.
func (t *tokens) drop(text string) {
	t.lock <- struct{}{}
	defer func() { <-t.lock }()
	if t.text == text {
		t.text = ""
	}
}
