package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"natterjack/server/wire"
)

// SignIn gets a token for each user by the development sign-in of the server at base, whose
// secret is in the data directory. It returns a connect frame for each user.
func SignIn(ctx context.Context, base, data string, users []string) ([][]byte, error) {
	secret, err := os.ReadFile(filepath.Join(data, "secrets", "sign-in")) //nolint:gosec // a directory of our own
	if err != nil {
		return nil, err
	}
	frames := make([][]byte, len(users))
	transport := &http.Transport{MaxIdleConnsPerHost: dialsAtOnce}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(dialsAtOnce / 2)
	for i, user := range users {
		group.Go(func() error {
			token, err := signIn(ctx, client, base, user, strings.TrimSpace(string(secret)))
			if err != nil {
				return fmt.Errorf("sign in as %s: %w", user, err)
			}
			frame, err := wire.Append(nil, wire.Connect{Version: wire.Version, Token: token})
			frames[i] = Text(frame)
			return err
		})
	}
	return frames, group.Wait()
}

func signIn(ctx context.Context, client *http.Client, base, user, secret string) (token string, err error) {
	body := fmt.Appendf(nil, `{"user":%q,"secret":%q}`, user, secret)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+wire.PathSignIn, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %.300s", resp.Status, answer)
	}
	var out struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return "", err
	}
	return out.Token, nil
}
