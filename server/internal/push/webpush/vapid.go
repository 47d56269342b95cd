package webpush

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"natterjack/server/internal/guard"
)

const (
	// tokenTTL is how long a token is valid. Push services take a day at most.
	tokenTTL = 12 * time.Hour
	// tokenUse is how long a token is used. So a clock that is some hours off does no harm.
	tokenUse = 6 * time.Hour
	// maxTokens bounds the tokens in memory: users name the origins that need them.
	maxTokens = 1024
)

var errSubject = errors.New("webpush: the subject must be an https URL or a mailto address by which the operators of push services " +
	"can reach you; some refuse one that names no public host")

// tokens holds the tokens that were signed, for each origin of push services.
type tokens struct {
	signer  jose.Signer
	subject string
	now     func() time.Time

	mu sync.Mutex // protects the following
	of map[string]token
}

type token struct {
	text string
	made time.Time
}

// claims are the claims of RFC 8292. The audience is a string: some services take no list.
type claims struct {
	Audience string           `json:"aud"`
	Expiry   *jwt.NumericDate `json:"exp"`
	Subject  string           `json:"sub"`
}

func newTokens(key *Key, subject string, now func() time.Time) (*tokens, error) {
	if err := checkSubject(subject); err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key.private}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("webpush: the key cannot sign: %w", err)
	}
	return &tokens{signer: signer, subject: subject, now: now, of: make(map[string]token)}, nil
}

// checkSubject refuses subjects that push services refuse: Apple's answers 403 to a subject at
// localhost.
func checkSubject(subject string) error {
	host, isMail := strings.CutPrefix(subject, "mailto:")
	if isMail {
		addr, err := mail.ParseAddress(host)
		if err != nil || addr.Name != "" || addr.Address != host {
			return errSubject
		}
		host = "https://" + host[strings.LastIndexByte(host, '@')+1:]
	} else {
		u, err := url.Parse(subject)
		if err != nil || u.Scheme != "https" {
			return errSubject
		}
		host = "https://" + u.Hostname()
	}
	if _, err := guard.New(guard.Config{}).URL(host); err != nil {
		return errSubject
	}
	return nil
}

// forOrigin returns a token for an origin, such as https://push.example.com.
func (t *tokens) forOrigin(origin string) (string, error) {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if have, ok := t.of[origin]; ok && now.Sub(have.made).Abs() < tokenUse {
		return have.text, nil
	}
	text, err := jwt.Signed(t.signer).Claims(claims{origin, jwt.NewNumericDate(now.Add(tokenTTL)), t.subject}).Serialize()
	if err != nil {
		return "", fmt.Errorf("webpush: sign: %w", err)
	}
	if len(t.of) >= maxTokens {
		clear(t.of)
	}
	t.of[origin] = token{text: text, made: now}
	return text, nil
}
