package node

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// TestPeople_signedOutStaysOut signs a session out as a back end does, and starts the node
// again. The token stays refused.
func TestPeople_signedOutStaysOut(t *testing.T) {
	cfg := load(t)
	a, stop := start(t, cfg)
	token := signIn(t, a, "alice")
	ws, resp, err := websocket.Dial(t.Context(), strings.Replace(a.HTTP, "http", "ws", 1)+wire.PathWebSocket, nil)
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, resp)
	}
	defer func() { _ = ws.CloseNow() }()
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"connect","v":1,"token":"`+token+`"}`)); err != nil {
		t.Fatal(err)
	}
	_, data, err := ws.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var welcome wire.Welcome
	if err := json.Unmarshal(data, &welcome); err != nil || welcome.Session == "" {
		t.Fatalf("welcomed with %s: %v", data, err)
	}
	conn, _ := connect(t, a, cfg.Data, "service")
	if f := request(t, conn, "api.bob.sign_out", `{"session":"`+welcome.Session+`"}`); f.Code != string(wire.CodeInvalid) {
		t.Errorf("by another: %+v", f)
	}
	began := time.Now()
	if f := request(t, conn, "api.alice.sign_out", `{"session":"`+welcome.Session+`"}`); f.Type != "done" {
		t.Fatalf("sign out: %+v", f)
	}
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusCode(wire.CloseSignedOut) {
		t.Errorf("closed with %v", err)
	}
	t.Logf("closed %v after it was asked for", time.Since(began))
	mustBeOut(t, a, token)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	again, _ := start(t, cfg)
	mustBeOut(t, again, token)
	if status, body := ask(t, again, signIn(t, again, "alice")); status != http.StatusOK {
		t.Errorf("with a new token: %d %s", status, body)
	}
}

func mustBeOut(t *testing.T, a Addresses, token string) {
	t.Helper()
	if status, body := ask(t, a, token); status != http.StatusUnauthorized {
		t.Errorf("with the token that was signed out: %d %s", status, body)
	}
}

func ask(t *testing.T, a Addresses, token string) (status int, body string) {
	t.Helper()
	return post(t, a.HTTP+wire.PathFrames, `{"type":"list_channels"}`, "Authorization", "Bearer "+token)
}

func signIn(t *testing.T, a Addresses, user string) (token string) {
	t.Helper()
	_, body := post(t, a.HTTP+wire.PathSignIn, `{"user":"`+user+`","secret":"`+a.Secret+`"}`, "Content-Type", "application/json")
	var answer struct{ Token string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Token == "" {
		t.Fatalf("sign in: %s", body)
	}
	return answer.Token
}

func post(t *testing.T, url, body, header, value string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(header, value)
	resp, err := client(t, nil).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}
