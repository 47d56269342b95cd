package natter

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
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

// SignIn is the development sign-in. It gets a token for any name from a server on this machine,
// with the secret that the server made at its first start.
type SignIn struct {
	User string
	URLs []string // tried in turn

	// Data is the data directory of the server, from which the secret is read. If it is empty,
	// it is the one that the variable NATTERJACK_DATA names, or else ./data.
	Data       string
	Secret     string       // if set, nothing is read
	HTTPClient *http.Client // http.DefaultClient if nil
}

// Token implements [TokenSource].
func (s SignIn) Token(ctx context.Context) (string, error) {
	if !wire.ValidUser(s.User) {
		return "", fatal(wire.Errorf(wire.CodeInvalid, "user: a user name has 1 to %d characters of a-z, 0-9, '_' and '-'", wire.MaxUserLen))
	}
	err := errors.New("natter: sign-in: no URL")
	for i, at := range s.URLs {
		var token string
		if token, err = s.in(ctx, len(s.URLs)-i, strings.TrimRight(at, "/")); err == nil {
			return token, nil
		}
	}
	return "", err
}

// in asks one of several servers. It waits only for that server's share of the remaining time,
// because a frozen server never answers.
func (s SignIn) in(ctx context.Context, several int, at string) (string, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(several))
		defer cancel()
	}
	return s.at(ctx, at)
}

func (s SignIn) at(ctx context.Context, server string) (string, error) {
	secret, err := s.secret(server)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"user": s.User, "secret": secret})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server+wire.PathSignIn, bytes.NewReader(body))
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

// secret returns the secret for a server. It does not give the secret of the server on this
// machine to any other.
func (s SignIn) secret(at string) (string, error) {
	if s.Secret != "" {
		return s.Secret, nil
	}
	if u, err := url.Parse(at); err != nil || !loopback(u.Hostname()) {
		return "", fatal(fmt.Errorf("natter: sign-in: %s is not on this machine; use a token", at))
	}
	file := filepath.Join(cmp.Or(s.Data, os.Getenv("NATTERJACK_DATA"), "data"), "secrets", "sign-in")
	secret, err := os.ReadFile(file) //nolint:gosec // the caller says where
	if err != nil {
		return "", fatal(fmt.Errorf("natter: sign-in: the server's secret cannot be read: %w; name the data directory of the server, or use a token", err))
	}
	return strings.TrimSpace(string(secret)), nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
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
