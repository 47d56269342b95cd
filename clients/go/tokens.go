package natter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"natterjack/server/wire"
)

// TokenSource returns tokens of one user. It is asked at each attempt to connect and some time
// before a token expires, by one goroutine at a time. After an error it is asked again later,
// unless the error is an [ErrFatal].
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// TokenFunc makes a function a [TokenSource].
type TokenFunc func(ctx context.Context) (string, error)

// Token implements [TokenSource].
func (f TokenFunc) Token(ctx context.Context) (string, error) { return f(ctx) }

// StaticToken is one token that is used until it expires.
type StaticToken string

// Token implements [TokenSource].
func (t StaticToken) Token(context.Context) (string, error) { return string(t), nil }

// SignIn is the development sign-in. It gets a token for any name from a server that only this
// machine can reach.
type SignIn struct {
	User       string
	URLs       []string     // tried in turn
	HTTPClient *http.Client // http.DefaultClient if nil
}

// Token implements [TokenSource].
func (s SignIn) Token(ctx context.Context) (string, error) {
	if !wire.ValidUser(s.User) {
		return "", fatal(wire.Errorf(wire.CodeInvalid, "a user is 1 to %d of a-z, 0-9, '_' and '-'", wire.MaxUserLen))
	}
	err := errors.New("natter: sign-in: no URL")
	for i, url := range s.URLs {
		var token string
		if token, err = s.in(ctx, len(s.URLs)-i, strings.TrimRight(url, "/")); err == nil {
			return token, nil
		}
	}
	return "", err
}

// in asks one of several servers. It waits only for that server's share of the remaining time,
// because a frozen server never answers.
func (s SignIn) in(ctx context.Context, several int, url string) (string, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(several))
		defer cancel()
	}
	return s.at(ctx, url)
}

func (s SignIn) at(ctx context.Context, url string) (string, error) {
	body, err := json.Marshal(map[string]string{"user": s.User})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+wire.PathSignIn, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	client := s.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("natter: sign-in: %w", err)
	}
	defer resp.Body.Close()
	return signedIn(resp)
}

func signedIn(resp *http.Response) (string, error) {
	if resp.StatusCode != http.StatusOK {
		err := fmt.Errorf("natter: sign-in: %w", refusal(resp, nil))
		if resp.StatusCode >= 400 && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
			return "", fatal(err) // sign-in is not offered, or not to this name
		}
		return "", err
	}
	var answer struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&answer); err != nil || answer.Token == "" {
		return "", protocolErrorf("the answer to sign-in holds no token")
	}
	return answer.Token, nil
}
